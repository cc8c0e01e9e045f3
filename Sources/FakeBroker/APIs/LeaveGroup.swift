internal import KafkaProtocol

/// LeaveGroup (13).
enum LeaveGroupAPI: BrokerAPI {
    static func answer(_ request: LeaveGroupRequest, _ call: Call, _ broker: inout Broker) {
        let asked = broker.ask(request.groupId, call.pending) { group, now in
            group.leave(request, ticket: call.pending.ticket, now: now)
        }
        if asked { return }
        var response = LeaveGroupResponse()
        response.members = request.members.map { identity in
            var entry = LeaveGroupResponse.MemberResponse()
            entry.memberId = identity.memberId
            entry.groupInstanceId = identity.groupInstanceId
            entry.errorCode = ErrorCode.unknownMemberId.rawValue
            return entry
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: LeaveGroupRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> LeaveGroupResponse
    {
        var response = LeaveGroupResponse()
        response.errorCode = code
        return response
    }
}
