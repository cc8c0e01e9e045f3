internal import KafkaProtocol

/// JoinGroup (11), without static membership: a `group.instance.id` is not looked at.
enum JoinGroupAPI: BrokerAPI {
    /// As Kafka 4.3, for what librdkafka concludes from it.
    static let leastAnnounced: Int16? = 0
    /// Of all groups together.
    static let maximumMembers = 1000
    /// Bytes that a member may have others know, or be assigned.
    static let maximumMetadata = 1 << 20
    /// That a member may offer.
    private static let maximumProtocols = 100
    /// As Kafka's `group.max.session.timeout.ms`.
    private static let maximumSession: Int32 = 1_800_000

    static func answer(_ request: JoinGroupRequest, _ call: Call, _ broker: inout Broker) {
        if let code = objection(to: request, broker) {
            return refuse(request, code, call, &broker)
        }
        let isThere = broker.groups.make(request.groupId, memberPrefix: broker.memberPrefix)
        let asked =
            isThere
            && broker.ask(request.groupId, call.pending) { group, now in
                group.join(request, ticket: call.pending.ticket, now: now)
            }
        if !asked {
            refuse(request, .groupMaxSizeReached, call, &broker)
        }
    }

    static func refusal(_ request: JoinGroupRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> JoinGroupResponse
    {
        var response = JoinGroupResponse()
        response.errorCode = code
        response.memberId = request.memberId
        return response
    }

    private static func objection(to request: JoinGroupRequest, _ broker: Broker) -> ErrorCode? {
        if request.groupId.isEmpty { return .invalidGroupId }
        if !(1...maximumSession).contains(request.sessionTimeoutMs) { return .invalidSessionTimeout }
        if request.protocolType.isEmpty || request.protocols.isEmpty { return .inconsistentGroupProtocol }
        if request.protocols.count > maximumProtocols { return .invalidRequest }
        if request.protocols.reduce(0, { $0 + $1.metadata.count + $1.name.utf8.count }) > maximumMetadata {
            return .invalidRequest
        }
        if request.memberId.isEmpty, broker.groups.memberCount >= maximumMembers { return .groupMaxSizeReached }
        guard let group = broker.groups[request.groupId] else { return nil }
        let others = group.members.filter { $0.id != request.memberId }
        let isShared = request.protocols.contains { offered in
            others.allSatisfy { $0.protocols.contains { $0.name == offered.name } }
        }
        return isShared ? nil : .inconsistentGroupProtocol
    }
}
