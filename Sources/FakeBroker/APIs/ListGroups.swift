internal import KafkaProtocol

/// ListGroups (16).
enum ListGroupsAPI: BrokerAPI {
    static func answer(_ request: ListGroupsRequest, _ call: Call, _ broker: inout Broker) {
        broker.advanceGroups()
        var response = ListGroupsResponse()
        let states = Set(request.statesFilter.map { $0.lowercased() })
        let types = Set(request.typesFilter.map { $0.lowercased() })
        for group in broker.groups.groups {
            guard states.isEmpty || states.contains(group.state.name.lowercased()),
                types.isEmpty || types.contains("classic")
            else { continue }
            var entry = ListGroupsResponse.ListedGroup()
            entry.groupId = group.groupID
            entry.protocolType = group.protocolType
            entry.groupState = group.state.name
            entry.groupType = "classic"
            response.groups.append(entry)
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: ListGroupsRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> ListGroupsResponse
    {
        var response = ListGroupsResponse()
        response.errorCode = code
        return response
    }
}
