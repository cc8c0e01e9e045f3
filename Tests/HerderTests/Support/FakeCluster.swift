import ClusterCore
import ConnectModel
import Synchronization

@testable import Herder

/// An internal topic in memory, which several herders read. Thread-safe.
final class MemoryTopic: ClusterLog {
    private struct State {
        var records: [LogRecord] = []
        var observers: [@Sendable ([LogRecord]) -> Void] = []
        var appendError: ConnectError?
        var longestValue = Int.max
        var reads = (all: 0, behindWrites: 0)
    }

    private let state = Mutex(State())

    /// From now on nothing can be written; nil: it can again.
    func failToAppend(_ error: ConnectError?) { state.withLock { $0.appendError = error } }

    /// From now on longer values are refused as Kafka refuses them: what was sent with them may be stored all the same.
    func refuseValues(longerThan length: Int) { state.withLock { $0.longestValue = length } }

    /// Keys in the order of the log.
    var keys: [String] { state.withLock { $0.records.map { String(decoding: $0.key ?? [], as: UTF8.self) } } }

    /// The newest value of each key is left.
    var values: [String: String] {
        state.withLock { state in
            var values: [String: String] = [:]
            for record in state.records {
                values[String(decoding: record.key ?? [], as: UTF8.self)] =
                    record.value.map { String(decoding: $0, as: UTF8.self) }
            }
            return values
        }
    }

    func start(_ observer: @escaping @Sendable ([LogRecord]) -> Void, done: @escaping @Sendable (ConnectError?) -> Void)
    {
        // Under the lock: a herder only takes records into its loop here, and must get them in the order of the log.
        state.withLock { state in
            observer(state.records)
            state.observers.append(observer)
        }
        done(nil)
    }

    func append(_ entries: [LogEntry], inSession: Bool, done: @escaping @Sendable (ConnectError?) -> Void) {
        let error: ConnectError? = state.withLock { state in
            if let error = state.appendError { return error }
            var fresh: [LogRecord] = []
            var refused = false
            for entry in entries {
                guard entry.value?.count ?? 0 <= state.longestValue else {
                    refused = true
                    continue
                }
                let offset = Int64(state.records.count + fresh.count)
                fresh.append(LogRecord(partition: 0, offset: offset, key: entry.key, value: entry.value))
            }
            state.records += fresh
            for observer in state.observers { observer(fresh) }
            return refused ? ConnectError(.recordTooLarge, "too large") : nil
        }
        done(error)
    }

    /// How it was read to its end: how often, and how often behind its own writes.
    var reads: (all: Int, behindWrites: Int) { state.withLock { $0.reads } }

    func readToEnd(afterOwnWrites: Bool, _ done: @escaping @Sendable (ConnectError?) -> Void) {
        state.withLock { state in
            state.reads.all += 1
            if afterOwnWrites { state.reads.behindWrites += 1 }
        }
        done(nil)
    }
    func close(_ done: @escaping @Sendable () -> Void) { done() }
}

/// A coordinator with one group: rounds as Kafka's classic protocol has them, without time. Thread-safe.
final class FakeCoordinator: Sendable {
    private struct Member {
        let observer: @Sendable (WorkerGroupEvent) -> Void
        var offers: [GroupOffer]?
        var wasAsked = false
    }

    private struct State {
        var members: [String: Member] = [:]
        var generation: Int32 = 0
        var next = 1
        var leader = ""
        /// Offered while the leader computes: another round follows.
        var isAssigning = false
    }

    private let state = Mutex(State())
    var generation: Int32 { state.withLock { $0.generation } }

    func join(_ id: String, _ observer: @escaping @Sendable (WorkerGroupEvent) -> Void) {
        state.withLock { state in
            state.members[id] = Member(observer: observer)
            Self.begin(&state)
        }
    }

    func leave(_ id: String) {
        state.withLock { state in
            guard state.members.removeValue(forKey: id) != nil else { return }
            Self.begin(&state)
        }
    }

    func rejoin() { state.withLock { Self.begin(&$0) } }

    func tell(_ event: WorkerGroupEvent, to id: String) { state.withLock { $0.members[id]?.observer(event) } }

    func prepared(_ id: String, _ offers: [GroupOffer]) {
        state.withLock { state in
            state.members[id]?.offers = offers
            Self.elect(&state)
        }
    }

    func assign(_ assignments: [MemberAssignment]) {
        state.withLock { state in
            state.isAssigning = false
            for assignment in assignments {
                state.members[assignment.memberID]?.observer(
                    .assigned(
                        generation: state.generation, memberID: assignment.memberID, leaderID: state.leader,
                        protocolName: "sessioned", bytes: assignment.bytes))
            }
        }
    }

    private static func begin(_ state: inout State) {
        for id in state.members.keys.sorted() {
            state.members[id]?.offers = nil
            state.members[id]?.observer(.preparing)
        }
    }

    private static func elect(_ state: inout State) {
        let ids = state.members.keys.sorted()
        guard let leader = ids.first, ids.allSatisfy({ state.members[$0]?.offers != nil }) else { return }
        state.generation += 1
        state.leader = leader
        let members = ids.map { id in
            GroupMemberMetadata(id: id, metadata: state.members[id]?.offers?.first?.metadata ?? [])
        }
        state.members[leader]?.observer(
            .elected(generation: state.generation, memberID: leader, protocolName: "sessioned", members: members))
    }
}

/// One worker's membership at a ``FakeCoordinator``.
final class FakeGroup: WorkerGroup {
    let id: String
    private let coordinator: FakeCoordinator

    init(_ id: String, _ coordinator: FakeCoordinator) {
        self.id = id
        self.coordinator = coordinator
    }

    func join(_ observer: @escaping @Sendable (WorkerGroupEvent) -> Void) { coordinator.join(id, observer) }
    func prepared(_ offers: [GroupOffer]) { coordinator.prepared(id, offers) }
    func assign(_ assignments: [MemberAssignment]) { coordinator.assign(assignments) }
    func carriedOut(generation: Int32, memberID: String) {}
    func settled(generation: Int32) {}
    func rejoin(reason: String) { coordinator.rejoin() }
    func heartbeatNow() {}
    func leave(reason: String, done: @escaping @Sendable () -> Void) {
        coordinator.leave(id)
        done()
    }
}

/// What workers of one cluster share.
final class FakeCluster: PeerClient {
    let config = MemoryTopic()
    let status = MemoryTopic()
    let coordinator = FakeCoordinator()
    private let workers = Mutex<[String: Herder]>([:])
    private let refusal = Mutex<ConnectError?>(nil)
    private let handed = Mutex<[String]>([])
    private let settled = Mutex<[[String]]>([])

    /// Leaders that were handed task configurations, in order.
    var handedTo: [String] { handed.withLock { $0 } }
    /// From now on leaders take no task configurations; nil: they do again.
    func refuseTasks(_ error: ConnectError?) { refusal.withLock { $0 = error } }

    func parts(_ name: String) -> ClusterDependencies {
        ClusterDependencies(
            configLog: config, statusLog: status, openOffsets: { $0(nil) }, group: FakeGroup(name, coordinator),
            peers: self,
            membership: WorkerMachine.Settings(url: Self.url(name), mode: .sessioned, maximumDelay: 0),
            rotation: SessionKeyRotation(algorithm: "HmacSHA256", size: 3, lifetime: 3_600_000),
            makeSessionKey: { (now) throws(ConnectError) in
                SessionKey(base64: "aGV5", algorithm: "HmacSHA256", createdAt: now)
            })
    }

    func add(_ herder: Herder, _ name: String) { workers.withLock { $0[Self.url(name)] = herder } }

    func putTaskConfigs(
        _ configs: [ConfigMap], of connector: String, leader url: String, key: SessionKey?,
        _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        handed.withLock { $0.append(url) }
        if let error = refusal.withLock({ $0 }) { return done(error) }
        guard let herder = workers.withLock({ $0[url] }) else {
            return done(ConnectError(.requestConflict, "nobody is at \(url)"))
        }
        herder.submit(.putTaskConfigs(name: connector, configs)) { result in
            if case .failure(let error) = result { done(error) } else { done(nil) }
        }
    }

    func groupSettled(_ workers: [String]) { settled.withLock { $0.append(workers) } }
    /// Who may still answer, as each settled round told each worker.
    var answering: [[String]] { settled.withLock { $0 } }

    static func url(_ name: String) -> String { "http://\(name):8083/" }
}
