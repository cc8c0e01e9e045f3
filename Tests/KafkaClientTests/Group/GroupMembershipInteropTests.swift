import EventLoop
import KafkaProtocol
import Synchronization
import Testing

@testable import KafkaClient

/// Members of type `connect` and what their session permits, against a real broker of Apache's release.
@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: TestBroker.missing == nil, "needs a real broker: \(TestBroker.missing ?? "")"))
struct GroupMembershipInteropTests {
    @Test func `two members share a group, and each hears when the other comes and goes`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        let first = await TestMember(bench, "first")
        first.join()
        try await first.until("alone") { $0.members == ["first"] }
        let second = await TestMember(bench, "second")
        second.join()
        try await second.until("both") { $0.members == ["first", "second"] }
        try await first.until("both") { $0.members == ["first", "second"] }
        #expect(first.state.generation == second.state.generation)
        #expect(first.state.memberID.hasPrefix("connect-first-"))
        #expect(first.state.leaderID == second.state.leaderID)

        await second.leave()
        try await first.until("alone again") { $0.members == ["first"] }
        second.join()
        try await second.until("both again") { $0.members == ["first", "second"] }
        try await first.until("both again") { $0.members == ["first", "second"] }

        let before = first.state.generation
        // A follower with unchanged metadata is handed its assignment again; only a leader begins a round thereby.
        let leader = first.state.leaderID == first.state.memberID ? first : second
        leader.membership.rejoin(reason: "the test wants it")
        try await first.until("a further round") { $0.generation > before }
        try await second.until("a further round") { $0.generation > before }
        #expect(first.state.isFailed == false && first.state.losses == 0)
        await first.leave()
        await second.leave()
    }

    @Test func `a killed broker is told as lost within a heartbeat, and found when it is back`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let gate = SessionGate()
        let bench = try ClientBench(broker.address, gate: gate)
        defer { bench.close() }
        // Long enough to tell a lost connection from a heartbeat that was due.
        let member = await TestMember(bench, "one", heartbeat: 2, session: 10, gate: gate)
        member.join()
        try await member.until("stable") { $0.members == ["one"] }
        #expect(gate.allows(EventLoop.now()))
        try broker.kill()
        let killed = EventLoop.now()
        try await member.until("lost") { $0.isLost }
        // Far below the session's 10 s, which is when others would be given its work.
        #expect(EventLoop.now() - killed < 6 * second)
        try broker.restart()
        try await member.until("found") { !$0.isLost }
        member.membership.rejoin(reason: "back")
        let before = member.state.generation
        try await member.until("stable") { $0.generation > before || $0.losses > 0 && $0.generation > 0 }
        #expect(gate.allows(EventLoop.now()))
        await member.leave()
        #expect(!gate.allows(EventLoop.now()))
    }

    @Test func `a broker that hangs is told as lost within a heartbeat`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        let member = await TestMember(bench, "one", heartbeat: 1, session: 30)
        member.join()
        try await member.until("stable") { $0.members == ["one"] }
        try broker.pause()
        let paused = EventLoop.now()
        try await member.until("lost") { $0.isLost }
        // One interval until the next heartbeat, one until its answer is overdue.
        #expect(EventLoop.now() - paused < 2_700_000_000)
        try broker.resume()
        try await member.until("found") { !$0.isLost }
    }

    @Test func `whoever waits at a closed gate has the coordinator asked at once`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let gate = SessionGate()
        let bench = try ClientBench(broker.address, gate: gate)
        defer { bench.close() }
        let member = await TestMember(bench, "one", heartbeat: 20, session: 30, gate: gate)
        member.join()
        try await member.until("stable") { $0.members == ["one"] }
        // As after a stop that was longer than the session.
        gate.shut()
        #expect(gate.isOver)
        member.membership.settled(generation: member.state.generation + 1)
        #expect(await bench.ask { _, done in done(gate.isOver) }, "that was another round")
        member.membership.settled(generation: member.state.generation)
        #expect(await bench.ask { _, done in done(!gate.isOver) })
        let shut = EventLoop.now()
        let source = try NumberedSource(bench, topic: "late", partitions: 1, total: 10, size: 20, keys: [:])
        try await until("the records are there") { source.confirmed == 10 }
        #expect(EventLoop.now() - shut < 10 * second)
        #expect(gate.allows(EventLoop.now()))
        await member.leave()
    }

    @Test func `records wait while the gate is closed and come in order when it opens`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let gate = SessionGate()
        let bench = try ClientBench(broker.address, gate: gate)
        defer { bench.close() }
        let total = 50_000
        let source = try NumberedSource(
            bench, topic: "gated", partitions: 1, total: total, size: 20,
            keys: ["batch.size": "2000", "buffer.memory": "100000"])
        try await until("somebody waits") { gate.isAwaited }
        #expect(source.confirmed == 0)
        while source.confirmed < total {
            // As if each answer let the session stand for a moment only.
            let now = EventLoop.now()
            gate.open(until: now + 2_000_000, now: now)
            try await until("the gate closes under the producer") { gate.isAwaited || source.confirmed == total }
        }
        #expect(source.errors.isEmpty)
        #expect(try await bench.readAll("gated", 0) == Array(0..<total))
    }

    @Test func `a request that reaches a closed gate on the wire's edge never leaves`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address, gate: SessionGate())
        defer { bench.close() }
        let result: Result<Void, ClientError> = await bench.ask { cluster, done in
            cluster.request(ProduceRequest(), to: .leastLoaded) { done($0.map { _ in }) }
        }
        guard case .failure(let error) = result else {
            Issue.record("it left")
            return
        }
        #expect(error.code == .noBroker && error.isRetriable)
        let commit: Result<Void, ClientError> = await bench.ask { cluster, done in
            cluster.request(OffsetCommitRequest(), to: .leastLoaded) { done($0.map { _ in }) }
        }
        #expect(throws: ClientError.self) { try commit.get() }
    }

    @Test func `a commit waits while the gate is closed`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let gate = SessionGate()
        let bench = try ClientBench(broker.address, gate: gate)
        defer { bench.close() }
        let made: Result<TopicCreationOutcome, ClientError> = await bench.ask { cluster, done in
            Admin(cluster: cluster).createTopic(NewTopic(name: "t")) { done($0) }
        }
        #expect(made == .success(.created))
        let reader = try CommittingReader(bench, topic: "t")
        try await until("a commit waits") { gate.isAwaited }
        #expect(reader.outcome == nil)
        gate.open(until: .max, now: EventLoop.now())
        try await until("it is done") { reader.outcome != nil }
        #expect(reader.outcome == true)
    }

    private func until(_ what: String, _ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < end, "gave up waiting: \(what)")
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}

/// A member that assigns to each the names of all, and takes what it is given.
private final class TestMember: Sendable {
    struct State {
        var members: [String] = []
        var generation: Int32 = -1
        var memberID = ""
        var leaderID = ""
        var isLost = false
        var isFailed = false
        var losses = 0
    }

    let membership: GroupMembership
    private let name: String
    private let story = Mutex(State())

    var state: State { story.withLock { $0 } }

    init(
        _ bench: ClientBench, _ name: String, heartbeat: UInt64? = nil, session: UInt64 = 6, gate: SessionGate? = nil
    ) async {
        self.name = name
        var settings = GroupMembershipSettings(
            groupID: "workers", protocolType: "connect", clientID: "connect-\(name)")
        settings.sessionTimeout = session * second
        settings.heartbeatInterval = heartbeat.map { $0 * second } ?? second / 2
        let settled = settings
        membership = await bench.ask { cluster, done in
            done(GroupMembership(cluster: cluster, settings: settled, gate: gate))
        }
    }

    func join() {
        membership.join { [weak self] event in self?.take(event) }
    }

    func leave() async {
        await withCheckedContinuation { continuation in
            membership.leave(reason: "the test is over") { continuation.resume() }
        }
        story.withLock { $0.members = [] }
    }

    func until(_ what: String, _ condition: (State) -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition(state) {
            try #require(ContinuousClock.now < end, "\(name) gave up waiting: \(what)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func take(_ event: GroupMembership.Event) {
        switch event {
        case .preparing:
            membership.prepared([GroupProtocol(name: "sessioned", metadata: Array(name.utf8))])
        case .elected(let election):
            let names = election.members.map { String(decoding: $0.metadata, as: UTF8.self) }.sorted()
            let bytes = Array(names.joined(separator: ",").utf8)
            membership.assign(election.members.map { GroupAssignment(memberID: $0.id, bytes: bytes) })
        case .assigned(let answer):
            story.withLock {
                $0.members = String(decoding: answer.assignment, as: UTF8.self).split(separator: ",").map(String.init)
                $0.generation = answer.generation
                $0.memberID = answer.memberID
                $0.leaderID = answer.leaderID
            }
        case .membershipLost:
            story.withLock {
                $0.losses += 1
                $0.generation = -1
            }
        case .coordinatorLost: story.withLock { $0.isLost = true }
        case .coordinatorFound: story.withLock { $0.isLost = false }
        case .failed(let error):
            Issue.record(error)
            story.withLock { $0.isFailed = true }
        }
    }
}

/// A consumer that commits once what it is assigned.
private final class CommittingReader: Sendable {
    private let lane: Lane
    private let story = Mutex((consumer: Consumer?.none, outcome: Bool?.none))

    var outcome: Bool? { story.withLock { $0.outcome } }

    init(_ bench: ClientBench, topic: String) throws {
        lane = bench.pool.makeLane("reader")
        let settings = try ClientSettings(
            [
                "bootstrap.servers": "ignored:1", "group.id": "readers", "enable.auto.commit": "false",
                "auto.offset.reset": "earliest",
            ], role: .consumer)
        bench.onLoop { [self] cluster in
            do throws(ClientError) {
                let consumer = try Consumer(cluster: cluster, settings: settings) { [weak self] in
                    self?.lane.submit { self?.work() }
                }
                story.withLock { $0.consumer = consumer }
                consumer.subscribe(topics: [topic])
            } catch {
                Issue.record(error)
            }
        }
    }

    private func work() {
        guard let consumer = story.withLock({ $0.consumer }) else { return }
        while let event = consumer.poll() {
            guard case .assigned(let beginnings) = event, let first = beginnings.first else { continue }
            consumer.commit([(first.partition, first.offset)]) { [weak self] result in
                self?.story.withLock { $0.outcome = (try? result.get()) != nil }
            }
        }
    }
}
