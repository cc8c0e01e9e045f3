internal import KafkaProtocol

/// SyncGroup (14).
enum SyncGroupAPI: BrokerAPI {
    /// As Kafka 4.3, for what librdkafka concludes from it.
    static let leastAnnounced: Int16? = 0

    static func answer(_ request: SyncGroupRequest, _ call: Call, _ broker: inout Broker) {
        guard request.assignments.count <= JoinGroupAPI.maximumMembers,
            request.assignments.allSatisfy({ $0.assignment.count <= JoinGroupAPI.maximumMetadata })
        else {
            return refuse(request, .invalidRequest, call, &broker)
        }
        let asked = broker.ask(request.groupId, call.pending) { group, now in
            group.sync(request, ticket: call.pending.ticket, now: now)
        }
        if !asked { refuse(request, .unknownMemberId, call, &broker) }
    }

    static func refusal(_ request: SyncGroupRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> SyncGroupResponse
    {
        var response = SyncGroupResponse()
        response.errorCode = code
        return response
    }
}
