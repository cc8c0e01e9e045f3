internal import KafkaProtocol

/// DescribeGroups (15).
enum DescribeGroupsAPI: BrokerAPI {
    static func answer(_ request: DescribeGroupsRequest, _ call: Call, _ broker: inout Broker) {
        broker.advanceGroups()
        var response = DescribeGroupsResponse()
        response.groups = request.groups.unique(by: \.self).map { name in
            var entry = DescribeGroupsResponse.DescribedGroup()
            entry.groupId = name
            guard let group = broker.groups[name] else {
                // As Kafka's older versions say it; the newest has an error for it.
                entry.groupState = "Dead"
                if call.version >= 6 { entry.errorCode = ErrorCode.groupIdNotFound.rawValue }
                return entry
            }
            entry.groupState = group.state.name
            entry.protocolType = group.protocolType
            entry.protocolData = group.state == .stable ? group.protocolName : ""
            entry.members = group.members.map { member in
                var described = DescribeGroupsResponse.DescribedGroupMember()
                described.memberId = member.id
                described.clientHost = "/" + broker.settings.host
                described.memberMetadata = member.protocols.first { $0.name == group.protocolName }?.metadata ?? []
                described.memberAssignment = member.assignment
                return described
            }
            return entry
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: DescribeGroupsRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> DescribeGroupsResponse
    {
        var response = DescribeGroupsResponse()
        response.groups = request.groups.map { name in
            var entry = DescribeGroupsResponse.DescribedGroup()
            entry.groupId = name
            entry.errorCode = code
            return entry
        }
        return response
    }
}

extension GroupModel.State {
    /// Kafka's word for it.
    var name: String {
        switch self {
        case .empty: "Empty"
        case .preparing: "PreparingRebalance"
        case .completing: "CompletingRebalance"
        case .stable: "Stable"
        }
    }
}
