import EventLoop
import Glibc
import Synchronization
import Testing

@testable import KafkaClient

/// What becomes of a node's connection when the metadata about that node changes. The metadata is the test's.
@Suite struct KafkaClusterNodeTests {
    private static let keys = [
        "reconnect.backoff.ms": "5", "reconnect.backoff.max.ms": "10", "metadata.recovery.strategy": "none",
    ]

    /// Has the cluster believe that an answer with these brokers came, and that the partitions of topic t have that leader.
    private func learn(
        _ bench: ClientBench, _ brokers: [(id: Int32, broker: StubBroker)], leader: Int32, epoch: Int32,
        partitions: Int32 = 1, errorCode: Int16 = 0
    ) {
        let partitions = (0..<partitions).map {
            MetadataSnapshot.Partition(index: $0, leader: leader, leaderEpoch: epoch)
        }
        let answer = MetadataSnapshot(
            controllerID: 2, brokers: brokers.map { .init(id: $0.id, address: $0.broker.address) },
            topics: [MetadataSnapshot.Topic(name: "t", partitions: partitions)])
        bench.onLoop { cluster in
            // An answer counts only where one is awaited.
            cluster.machine.refreshWanted(now: EventLoop.now() + 3_600_000_000_000)
            _ = cluster.machine.takeActions()
            cluster.machine.answered(answer, errorCode: errorCode, now: EventLoop.now())
            cluster.carryOut()
        }
    }

    /// Waits on this thread: one that suspends may go on a minute later where many tests run, and a record waits no longer than
    /// that for its partition.
    private func waits(_ what: String, _ condition: () -> Bool) {
        for _ in 0..<10_000 {
            if condition() { return }
            usleep(2_000)
        }
        Issue.record("gave up waiting: \(what)")
    }

    private func until(_ what: String, _ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(10)
        while !condition() {
            guard ContinuousClock.now < end else {
                Issue.record("gave up waiting: \(what)")
                return
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// What observers of node 1 were told.
    private final class Told: Sendable {
        private let states = Mutex<[KafkaCluster.NodeState]>([])
        var all: [KafkaCluster.NodeState] { states.withLock { $0 } }

        init(_ bench: ClientBench) {
            bench.onLoop { [self] cluster in
                _ = cluster.observeNodes { node, state in
                    if node == 1 { self.states.withLock { $0.append(state) } }
                }
            }
        }
    }

    enum Change: CaseIterable { case gone, moved, startedOver }

    @Test(arguments: Change.allCases)
    func `a connection that is dropped is told as lost`(change: Change) async throws {
        let (first, other) = (try StubBroker(), try StubBroker())
        defer { for broker in [first, other] { broker.close() } }
        let bench = try ClientBench(
            "\(other.address)", change == .startedOver ? ["metadata.recovery.strategy": "rebootstrap"] : Self.keys)
        defer { bench.close() }
        let told = Told(bench)
        learn(bench, [(1, first), (2, other)], leader: 1, epoch: 0)
        bench.onLoop { $0.connect(node: 1) }
        try await until("the connection") { told.all == [.ready] }
        switch change {
        case .gone: learn(bench, [(2, other)], leader: -1, epoch: 1)
        case .moved: learn(bench, [(1, other), (2, other)], leader: 1, epoch: 1)
        case .startedOver: learn(bench, [], leader: 1, epoch: 1, errorCode: 129)
        }
        try await until("the loss") { told.all.contains(.lost) }
    }

    @Test func `a producer connects again to a broker that left the metadata and came back`() async throws {
        let (first, other) = (try StubBroker(isOpen: false), try StubBroker())
        defer { for broker in [first, other] { broker.close() } }
        let bench = try ClientBench("\(other.address)", Self.keys)
        defer { bench.close() }
        let told = Told(bench)
        // The other one is there for everything else, so that nobody but the producer wants the first.
        learn(bench, [(1, first), (2, other)], leader: 1, epoch: 0)
        bench.onLoop { $0.connect(node: 2) }
        try await until("the other broker") { other.received.filter { $0 == 18 }.count >= 2 }
        let source = try NumberedSource(
            bench, topic: "t", partitions: 1, total: 5, size: 10,
            keys: ["enable.idempotence": "false", "linger.ms": "0"])
        try await until("attempts that fail") { told.all.count > 3 }
        learn(bench, [(2, other)], leader: -1, epoch: 1)
        first.open()
        learn(bench, [(1, first), (2, other)], leader: 1, epoch: 2)
        try await until("the records at the broker that is back") { first.received.contains(0) }
        #expect(source.errors.isEmpty)
    }

    @Test func `a leader that the metadata does not name is asked for no more often than the back-off allows`()
        async throws
    {
        let other = try StubBroker()
        defer { other.close() }
        let bench = try ClientBench("\(other.address)", Self.keys)
        defer { bench.close() }
        learn(bench, [(2, other)], leader: 1, epoch: 0)
        let began = ContinuousClock.now
        let source = try NumberedSource(
            bench, topic: "t", partitions: 1, total: 5, size: 10,
            keys: ["enable.idempotence": "false", "linger.ms": "0"])
        for _ in 0..<50 {
            bench.onLoop { _ in }
            try await Task.sleep(for: .milliseconds(2))
        }
        // A tenth of a second at first, with a fifth of chance.
        let most = 5 + Int((ContinuousClock.now - began) / .milliseconds(80))
        #expect(other.received.filter { $0 == 3 }.count <= most)
        #expect(source.errors.isEmpty)
    }

    @Test func `garbage ends a connection once, however much of it comes`() async throws {
        let frame: [UInt8] = [0, 0, 0, 1, 7]
        let garbage = Array([[UInt8]](repeating: frame, count: 10_000).joined())
        let (broker, other) = (try StubBroker(garbage: garbage), try StubBroker())
        defer { for broker in [broker, other] { broker.close() } }
        let bench = try ClientBench("\(other.address)", Self.keys)
        defer { bench.close() }
        let told = Told(bench)
        learn(bench, [(1, broker), (2, other)], leader: 1, epoch: 0)
        bench.onLoop { $0.connect(node: 1) }
        try await until("further attempts") { broker.connections > 3 }
        #expect(told.all.count <= broker.connections)
    }

    @Test func `a record for a partition that is not known has newer metadata asked for`() throws {
        let broker = try StubBroker()
        defer { broker.close() }
        let bench = try ClientBench("\(broker.address)", Self.keys)
        defer { bench.close() }
        learn(bench, [(2, broker)], leader: 2, epoch: 0)
        let source = try NumberedSource(
            bench, topic: "t", partitions: 2, total: 2, size: 10,
            keys: ["enable.idempotence": "false", "linger.ms": "0"])
        waits("the question for metadata") { broker.received.contains(3) }
        #expect(source.state.withLock { $0.next } == 1)
        learn(bench, [(2, broker)], leader: 2, epoch: 0, partitions: 2)
        waits("the record") { source.state.withLock { $0.next } == 2 }
        #expect(source.errors.isEmpty)
    }
}
