import ConnectConfig
import ConnectModel
import KafkaClient

/// A worker's membership in its group, protocol type `connect`, over Kafka's classic group protocol
/// (Java: `WorkerGroupMember`).
final class KafkaWorkerGroup: WorkerGroup {
    private let membership: GroupMembership

    init(_ membership: GroupMembership) {
        self.membership = membership
    }

    /// What the worker's keys make of its membership.
    ///
    /// - Throws: `config.missing-key` without `group.id`, `config.invalid` for intervals that do not go together.
    static func settings(
        _ worker: WorkerConfig, workerID: String
    ) throws(ConnectError) -> GroupMembershipSettings {
        guard let group = worker.groupID, !group.isEmpty else {
            throw ConnectError(.configMissingKey, "group.id is needed to be a member of a cluster of workers")
        }
        guard worker.heartbeatIntervalMs > 0, worker.heartbeatIntervalMs < worker.sessionTimeoutMs else {
            throw ConnectError(
                .configInvalid, "heartbeat.interval.ms must be above 0 and lower than session.timeout.ms")
        }
        let clientID = worker.clientID.isEmpty ? "connect-\(workerID)" : worker.clientID
        var settings = GroupMembershipSettings(groupID: group, protocolType: "connect", clientID: clientID)
        settings.sessionTimeout = nanoseconds(Int64(worker.sessionTimeoutMs))
        settings.rebalanceTimeout = nanoseconds(Int64(worker.rebalanceTimeoutMs))
        settings.heartbeatInterval = nanoseconds(Int64(worker.heartbeatIntervalMs))
        settings.requestTimeout = nanoseconds(Int64(worker.requestTimeoutMs))
        settings.retryBackoff = Backoff(
            initial: nanoseconds(worker.retryBackoffMs), maximum: nanoseconds(worker.retryBackoffMaxMs))
        return settings
    }

    /// Held within what leaves room to be added to a clock.
    private static func nanoseconds(_ milliseconds: Int64) -> UInt64 {
        UInt64(min(max(milliseconds, 0), Int64(Int32.max))) * 1_000_000
    }

    func join(_ observer: @escaping @Sendable (WorkerGroupEvent) -> Void) {
        membership.join { observer(WorkerGroupEvent($0)) }
    }

    func prepared(_ offers: [GroupOffer]) {
        membership.prepared(offers.map { GroupProtocol(name: $0.name, metadata: $0.metadata) })
    }

    func assign(_ assignments: [MemberAssignment]) {
        membership.assign(assignments.map { GroupAssignment(memberID: $0.memberID, bytes: $0.bytes) })
    }

    func carriedOut(generation: Int32, memberID: String) {
        membership.carriedOut(generation: generation, memberID: memberID)
    }

    func settled(generation: Int32) { membership.settled(generation: generation) }

    func rejoin(reason: String) { membership.rejoin(reason: reason) }

    func heartbeatNow() { membership.heartbeatNow() }

    func leave(reason: String, done: @escaping @Sendable () -> Void) { membership.leave(reason: reason, done: done) }
}

extension WorkerGroupEvent {
    /// What a membership's event means to a worker.
    init(_ event: GroupMembership.Event) {
        switch event {
        case .preparing: self = .preparing
        case .elected(let election):
            self = .elected(
                generation: election.generation, memberID: election.memberID, protocolName: election.protocolName,
                members: election.members.map { GroupMemberMetadata(id: $0.id, metadata: $0.metadata) })
        case .assigned(let answer):
            self = .assigned(
                generation: answer.generation, memberID: answer.memberID, leaderID: answer.leaderID,
                protocolName: answer.protocolName, bytes: answer.assignment)
        case .membershipLost: self = .membershipLost
        case .coordinatorLost(let sessionEnds): self = .coordinatorLost(sessionEnds: sessionEnds)
        case .coordinatorFound: self = .coordinatorFound
        case .failed(let error): self = .failed(ConnectError(error))
        }
    }
}
