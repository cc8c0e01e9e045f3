import ClusterCore
import Testing

/// Changes that meet a round under way.
@Suite struct WorkerMachineRoundTests {
    private var machine = WorkerMachine(
        settings: .init(url: "http://me:8083/", mode: .sessioned, maximumDelay: 0))

    /// A round up to what this worker tells the group.
    private mutating func offer(_ offset: Int64) -> [WorkerMachine.Action] {
        _ = machine.preparing(configOffset: offset)
        return machine.quiet(configOffset: offset)
    }

    /// A round's end with this work in addition, assigned from the config log up to an offset.
    private mutating func assigned(
        _ added: String, at offset: Int64, read: Int64? = nil
    ) throws -> [WorkerMachine.Action] {
        let assignment = WorkerAssignment(
            version: 2, leaderID: "l", leaderURL: "http://l:8083/", configOffset: offset, assigned: work(added))
        let answer = WorkerMachine.Answer(
            generation: 1, memberID: "me", protocolName: "sessioned", bytes: try assignment.encode())
        return machine.assigned(answer, configOffset: read ?? offset, now: 0)
    }

    private func rejoins(_ actions: [WorkerMachine.Action]) -> Bool {
        actions.contains { if case .rejoin = $0 { true } else { false } }
    }

    @Test func `work that is given up after it was told to the group is told again`() throws {
        var test = self
        _ = test.offer(5)
        #expect(!test.rejoins(try test.assigned("A A-0", at: 5)))
        _ = test.offer(5)
        #expect(test.machine.coordinatorLost(configOffset: 5).contains(.run(work(""), offset: 5)))
        #expect(test.machine.coordinatorFound() == [])
        let end = try test.assigned("", at: 5)
        #expect(end.contains(.run(work(""), offset: 5)))
        #expect(test.rejoins(end))
        _ = test.offer(5)
        #expect(!test.rejoins(try test.assigned("", at: 5)))
    }

    @Test func `a change that the assignment on its way was made from asks for no other round`() throws {
        var test = self
        _ = test.offer(5)
        #expect(test.machine.configChanged(reason: "added", now: 0) == [])
        #expect(!test.rejoins(try test.assigned("A", at: 6)))
    }

    @Test func `a change that the assignment on its way was not made from asks for another round`() throws {
        var test = self
        _ = test.offer(5)
        #expect(test.machine.configChanged(reason: "added", now: 0) == [])
        _ = try test.assigned("A", at: 5, read: 6)
        #expect(test.rejoins(test.machine.advance(to: try #require(test.machine.nextDeadline), configOffset: 6)))
    }

    @Test func `what is not configured any more is given up before the offer`() throws {
        var test = self
        _ = test.offer(5)
        _ = try test.assigned("A A-0 A-1 B", at: 5)
        #expect(test.machine.keep(work("A"), configOffset: 6) == [], "only in a round")
        _ = test.machine.preparing(configOffset: 6)
        #expect(test.machine.keep(work("A A-0 C"), configOffset: 6) == [.run(work("A A-0"), offset: 5)])
        #expect(test.machine.keep(work("A A-0 C"), configOffset: 6) == [])
        #expect(sortedText(test.machine.work) == "A A-0")
    }

    @Test func `what was assigned from more of the config topic than was read is kept`() throws {
        var test = self
        _ = test.offer(5)
        _ = try test.assigned("A", at: 8, read: 5)
        _ = test.machine.preparing(configOffset: 5)
        #expect(test.machine.keep(work(""), configOffset: 5) == [])
        #expect(sortedText(test.machine.work) == "A")
    }
}
