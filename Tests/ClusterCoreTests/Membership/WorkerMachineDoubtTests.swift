import ClusterCore
import ConnectModel
import Testing

@Suite struct WorkerMachineDoubtTests {
    private static let second: UInt64 = 1_000_000_000
    private var machine = WorkerMachine(
        settings: WorkerMachine.Settings(url: "http://me:8083/", mode: .sessioned, maximumDelay: 10_000))

    private func answer(
        generation: Int32 = 1, offset: Int64 = 1, assigned: String = "", revoked: String = "", delay: Int32 = 0,
        version: Int16 = 2, error: Int16 = 0
    ) throws -> WorkerMachine.Answer {
        let assignment = WorkerAssignment(
            version: version, error: error, leaderID: "leader", leaderURL: "http://leader:8083/", configOffset: offset,
            assigned: work(assigned), revoked: work(revoked), delay: delay)
        return WorkerMachine.Answer(
            generation: generation, memberID: "me", protocolName: version == 0 ? "default" : "sessioned",
            bytes: try assignment.encode())
    }

    /// Joins and is given work.
    private mutating func settle(with assigned: String) throws {
        _ = machine.preparing(configOffset: 1)
        _ = machine.quiet(configOffset: 1)
        _ = machine.assigned(try answer(assigned: assigned), configOffset: 1, now: 0)
    }

    private func rejoins(_ actions: [WorkerMachine.Action]) -> Bool {
        actions.contains { if case .rejoin = $0 { true } else { false } }
    }

    @Test func `what was given up after it was offered is told in another round`() throws {
        var test = self
        try test.settle(with: "A A-0")
        _ = test.machine.preparing(configOffset: 1)
        _ = test.machine.quiet(configOffset: 1)
        // The group believes by now that A runs here.
        #expect(test.machine.coordinatorLost(configOffset: 1).contains(.run(WorkSet(), offset: 1)))
        _ = test.machine.coordinatorFound()
        let actions = test.machine.assigned(
            try answer(generation: 2, assigned: "B"), configOffset: 1, now: Self.second)
        #expect(test.machine.work == work("B"))
        #expect(test.rejoins(actions))
        // And once is enough.
        _ = test.machine.preparing(configOffset: 1)
        _ = test.machine.quiet(configOffset: 1)
        #expect(!test.rejoins(test.machine.assigned(try answer(generation: 3), configOffset: 1, now: Self.second)))
    }

    @Test func `a delay that ends while the config topic is read still asks for a round`() throws {
        var test = self
        _ = test.machine.preparing(configOffset: 1)
        _ = test.machine.quiet(configOffset: 1)
        _ = test.machine.assigned(try answer(offset: 5, delay: 1_000), configOffset: 1, now: 0)
        #expect(test.rejoins(test.machine.advance(to: Self.second, configOffset: 1)))
    }

    @Test func `a group that falls back to the eager protocol takes at once what it gives to others`() throws {
        var test = self
        try test.settle(with: "A A-0 A-1")
        _ = test.machine.preparing(configOffset: 1)
        _ = test.machine.quiet(configOffset: 1)
        // The config topic was not read that far here, so that nothing new may start.
        let actions = test.machine.assigned(
            try answer(generation: 2, offset: 5, assigned: "B A-1", version: 0), configOffset: 1, now: 0)
        #expect(actions.first == .run(work("A-1"), offset: 1))
        #expect(!test.machine.isSettled)
    }

    @Test func `a round without an assignment does not confirm what was held through a lost membership`() throws {
        var test = self
        try test.settle(with: "A A-0")
        _ = test.machine.membershipLost(now: 0)
        _ = test.machine.preparing(configOffset: 1)
        _ = test.machine.quiet(configOffset: 1)
        let actions = test.machine.assigned(
            try answer(generation: 2, offset: 5, error: WorkerAssignment.configMismatch), configOffset: 1, now: 0)
        #expect(actions.first == .run(WorkSet(), offset: 1))
        #expect(test.machine.work.isEmpty)
    }

    @Test func `a round without an assignment does not confirm what was held while the group was left`() throws {
        var test = self
        try test.settle(with: "A A-0")
        _ = test.machine.preparing(configOffset: 1)
        _ = test.machine.quiet(configOffset: 1)
        _ = test.machine.assigned(try answer(generation: 2, offset: 5), configOffset: 1, now: 0)
        let left = test.machine.advance(to: 3 * Self.second, configOffset: 1)
        #expect(left.contains { if case .leave = $0 { true } else { false } })
        _ = test.machine.advance(to: 60 * Self.second, configOffset: 1)
        #expect(test.machine.readToEnd(attempt: 2, error: nil, configOffset: 5, now: 60 * Self.second) == [.join])
        _ = test.machine.preparing(configOffset: 5)
        _ = test.machine.quiet(configOffset: 5)
        #expect(test.machine.work == work("A A-0"), "until then it runs on")
        let actions = test.machine.assigned(
            try answer(generation: 3, offset: 6, error: WorkerAssignment.configMismatch), configOffset: 5, now: 0)
        #expect(actions.first == .run(WorkSet(), offset: 5))
        #expect(test.machine.work.isEmpty)
    }

    @Test func `a round without an assignment leaves a member what it has`() throws {
        var test = self
        try test.settle(with: "A A-0")
        _ = test.machine.preparing(configOffset: 1)
        _ = test.machine.quiet(configOffset: 1)
        _ = test.machine.assigned(
            try answer(generation: 2, offset: 5, error: WorkerAssignment.configMismatch), configOffset: 1, now: 0)
        #expect(test.machine.work == work("A A-0"))
    }

    @Test func `a round that began before the group was left does not end the wait`() throws {
        var test = self
        _ = test.machine.preparing(configOffset: 1)
        _ = test.machine.quiet(configOffset: 1)
        _ = test.machine.assigned(try answer(offset: 5), configOffset: 1, now: 0)
        let late = 3 * Self.second
        #expect(
            test.machine.advance(to: late, configOffset: 1).contains { if case .leave = $0 { true } else { false } })
        #expect(test.machine.preparing(configOffset: 1).isEmpty)
        #expect(test.machine.nextDeadline != nil)
    }
}
