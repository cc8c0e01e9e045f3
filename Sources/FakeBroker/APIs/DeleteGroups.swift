internal import KafkaProtocol

/// DeleteGroups (42): groups without members.
enum DeleteGroupsAPI: BrokerAPI {
    static func answer(_ request: DeleteGroupsRequest, _ call: Call, _ broker: inout Broker) {
        broker.advanceGroups()
        var response = DeleteGroupsResponse()
        for name in request.groupsNames {
            var entry = DeleteGroupsResponse.DeletableGroupResult()
            entry.groupId = name
            if let group = broker.groups[name] {
                if group.members.isEmpty {
                    broker.groups.remove(name)
                } else {
                    entry.errorCode = ErrorCode.nonEmptyGroup.rawValue
                }
            } else {
                entry.errorCode = ErrorCode.groupIdNotFound.rawValue
            }
            response.results.append(entry)
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: DeleteGroupsRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> DeleteGroupsResponse
    {
        var response = DeleteGroupsResponse()
        response.results = request.groupsNames.map { name in
            var entry = DeleteGroupsResponse.DeletableGroupResult()
            entry.groupId = name
            entry.errorCode = code
            return entry
        }
        return response
    }
}
