internal import KafkaProtocol

/// Heartbeat (12).
enum HeartbeatAPI: BrokerAPI {
    /// As Kafka 4.3, for what librdkafka concludes from it.
    static let leastAnnounced: Int16? = 0

    static func answer(_ request: HeartbeatRequest, _ call: Call, _ broker: inout Broker) {
        let asked = broker.ask(request.groupId, call.pending) { group, now in
            group.heartbeat(request, ticket: call.pending.ticket, now: now)
        }
        if !asked { refuse(request, .unknownMemberId, call, &broker) }
    }

    static func refusal(_ request: HeartbeatRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> HeartbeatResponse
    {
        var response = HeartbeatResponse()
        response.errorCode = code
        return response
    }
}
