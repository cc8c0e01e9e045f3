import ClusterCore
import ConnectModel
import Testing

private let second: UInt64 = 1_000_000_000

/// A worker `m` at `http://m:8083/`.
private struct Story {
    var machine: WorkerMachine
    var generation: Int32 = 0

    init(_ mode: ConnectProtocolMode = .sessioned, maximumDelay: Int32 = 50_000) {
        machine = WorkerMachine(
            settings: .init(
                url: "http://m:8083/", mode: mode, maximumDelay: maximumDelay, syncTimeout: 3 * second,
                unsyncBackoff: 300 * second))
    }

    /// A round up to what the group answers.
    mutating func round(
        assigned: String = "", revoked: String = "", delay: Int32 = 0, offset: Int64 = 10, own: Int64 = 10,
        leader: String = "l", error: Int16 = 0, now: UInt64 = 0
    ) throws -> [WorkerMachine.Action] {
        _ = machine.preparing(configOffset: own)
        _ = machine.quiet(configOffset: own)
        generation += 1
        let name = machine.protocolVersion == 0 ? "default" : "sessioned"
        let assignment = WorkerAssignment(
            version: machine.protocolVersion, error: error, leaderID: leader, leaderURL: "http://\(leader):8083/",
            configOffset: offset, assigned: work(assigned), revoked: work(revoked), delay: delay)
        return machine.assigned(
            .init(generation: generation, memberID: "m", protocolName: name, bytes: try assignment.encode()),
            configOffset: own, now: now)
    }
}

@Suite struct WorkerMachineTests {
    @Test func `nothing is offered before what was given up has stopped`() throws {
        var story = Story()
        #expect(story.machine.preparing(configOffset: 3) == [.awaitQuiet])
        #expect(story.machine.preparing(configOffset: 3) == [.awaitQuiet], "a round that begins again")
        let offers = try WorkerMetadata.offers(.sessioned, url: "http://m:8083/", configOffset: 4, holding: nil)
        #expect(story.machine.quiet(configOffset: 4) == [.offer(offers)])
        #expect(story.machine.quiet(configOffset: 4) == [], "once")
    }

    @Test func `an assignment is carried out and told with the next round`() throws {
        var story = Story()
        let actions = try story.round(assigned: "A A-0")
        #expect(actions == [.run(work("A A-0"), offset: 10), .settled])
        #expect(story.machine.isSettled)
        #expect(!story.machine.isLeader)
        #expect(story.machine.leaderURL == "http://l:8083/")
        _ = story.machine.preparing(configOffset: 10)
        guard case .offer(let offers)? = story.machine.quiet(configOffset: 10).first else {
            Issue.record("no offer")
            return
        }
        let metadata = try offers.map { try WorkerMetadata($0.metadata) }
        #expect(metadata.map(\.version) == [2, 1, 0])
        #expect(metadata.map { sortedText($0.held) } == ["A A-0", "A A-0", ""])
    }

    @Test func `what is revoked stops at once, and another round is asked for`() throws {
        var story = Story()
        _ = try story.round(assigned: "A A-0 A-1 B")
        let actions = try story.round(assigned: "C", revoked: "A-1 B")
        #expect(
            actions == [
                .run(work("A A-0"), offset: 10), .run(work("A A-0 C"), offset: 10), .settled,
                .rejoin(reason: "what was revoked has stopped"),
            ])
    }

    @Test func `a leader is one by the coordinator's word, between two rounds only`() throws {
        var story = Story()
        #expect(try story.round(leader: "m").first == .lead)
        #expect(story.machine.isLeader)
        _ = story.machine.preparing(configOffset: 10)
        #expect(!story.machine.isLeader)
        _ = try story.round(leader: "m")
        _ = story.machine.membershipLost(now: 0)
        #expect(!story.machine.isLeader, "the coordinator knows it no more")
    }

    @Test func `an assignment from more of the log than was read waits for the rest`() throws {
        var story = Story()
        #expect(try story.round(assigned: "A", offset: 12, own: 10) == [.readToEnd(attempt: 1)])
        #expect(!story.machine.isSettled)
        #expect(
            story.machine.readToEnd(attempt: 1, error: nil, configOffset: 12, now: second) == [
                .run(work("A"), offset: 12), .settled,
            ])
    }

    @Test(arguments: [Int16(0), WorkerAssignment.configMismatch])
    func `a log that ends before what others have read of it costs the membership for a while`(error: Int16) throws {
        var story = Story()
        #expect(try story.round(offset: 12, own: 10, leader: "m", error: error).contains(.readToEnd(attempt: 1)))
        let actions = story.machine.readToEnd(attempt: 1, error: nil, configOffset: 11, now: second)
        #expect(actions.contains(.leave(reason: "the config topic could not be read in time")))
        #expect(
            actions.contains { if case .warn(let text) = $0 { text.contains("config.storage.topic") } else { false } })
        #expect(try #require(story.machine.nextDeadline) > second)
    }

    @Test func `an assignment from less of the log is carried out, and another round is asked for`() throws {
        var story = Story()
        #expect(
            try story.round(assigned: "A", offset: 10, own: 13) == [
                .run(work("A"), offset: 10), .settled,
            ])
        let at = try #require(story.machine.nextDeadline)
        #expect(
            story.machine.advance(to: at, configOffset: 13) == [.rejoin(reason: "the config topic has moved on")])
    }

    @Test func `a log that cannot be read in time costs the membership, and is read before the next`() throws {
        var story = Story()
        _ = try story.round(assigned: "A", offset: 12, own: 10)
        #expect(story.machine.nextDeadline == 3 * second)
        let actions = story.machine.advance(to: 3 * second, configOffset: 10)
        #expect(actions.contains(.leave(reason: "the config topic could not be read in time")))
        #expect(!actions.contains { if case .run = $0 { true } else { false } }, "the work goes on for a while")
        // A tenth of the longest delay, a fifth of that for the first of five attempts.
        #expect(story.machine.nextDeadline == 4 * second)
        #expect(story.machine.advance(to: 4 * second, configOffset: 10) == [.readToEnd(attempt: 2)])
        #expect(
            story.machine.readToEnd(attempt: 1, error: nil, configOffset: 12, now: 5 * second) == [], "an old answer")
        #expect(story.machine.readToEnd(attempt: 2, error: nil, configOffset: 12, now: 5 * second) == [.join])
    }

    @Test func `after five failed attempts nothing runs any more`() throws {
        var story = Story()
        _ = try story.round(assigned: "A", offset: 12, own: 10)
        var now: UInt64 = 0
        var failures = 0
        while !story.machine.work.isEmpty, failures < 20 {
            now = try #require(story.machine.nextDeadline)
            let actions = story.machine.advance(to: now, configOffset: 10)
            if actions.contains(where: { if case .warn = $0 { true } else { false } }) { failures += 1 }
        }
        #expect(failures == 6)
    }

    @Test func `who is told that the leader is behind reads on, then asks again`() throws {
        var leader = Story()
        #expect(
            try leader.round(offset: 12, own: 12, leader: "m", error: WorkerAssignment.configMismatch) == [
                .readToEnd(attempt: 1)
            ], "what it takes for removed may be new")
        #expect(
            leader.machine.readToEnd(attempt: 1, error: nil, configOffset: 12, now: 0) == [
                .rejoin(reason: "the config topic was read to its end")
            ])
        var follower = Story()
        #expect(
            try follower.round(offset: 12, own: 12, error: WorkerAssignment.configMismatch) == [
                .rejoin(reason: "the leader had not read the config topic to its end")
            ])
    }

    @Test func `who is told again and again that the leader is behind asks after pauses that grow`() throws {
        var story = Story()
        var now: UInt64 = 0
        func answer() throws -> [WorkerMachine.Action] {
            try story.round(offset: 12, own: 12, error: WorkerAssignment.configMismatch, now: now)
        }
        func isRejoin(_ actions: [WorkerMachine.Action]) -> Bool {
            actions.count == 1 && actions.contains { if case .rejoin = $0 { true } else { false } }
        }
        #expect(isRejoin(try answer()))
        var pauses: [UInt64] = []
        for _ in 0..<6 {
            #expect(try answer() == [])
            let at = try #require(story.machine.nextDeadline)
            pauses.append((at - now) / 1_000_000)
            #expect(story.machine.advance(to: at - 1, configOffset: 12) == [])
            #expect(isRejoin(story.machine.advance(to: at, configOffset: 12)))
            now = at
        }
        #expect(pauses == [100, 200, 400, 800, 1000, 1000])
        // The leader's own round comes first.
        _ = try answer()
        #expect(try story.round(assigned: "A", own: 10, now: now) == [.run(work("A"), offset: 10), .settled])
        #expect(story.machine.nextDeadline == nil)
        #expect(isRejoin(try answer()), "once things went well it may be at once again")
    }

    @Test func `nonsense of a leader is not asked for again at once`() throws {
        var story = Story()
        _ = story.machine.preparing(configOffset: 1)
        _ = story.machine.quiet(configOffset: 1)
        let answer = WorkerMachine.Answer(generation: 1, memberID: "m", protocolName: "sessioned", bytes: [])
        let actions = story.machine.assigned(answer, configOffset: 1, now: 0)
        #expect(!actions.contains { if case .rejoin = $0 { true } else { false } })
        #expect(story.machine.nextDeadline == second)
        #expect(story.machine.advance(to: second, configOffset: 1) == [.rejoin(reason: "scheduled rebalance")])
        #expect(try story.round(offset: -1, own: 5, error: WorkerAssignment.configMismatch, now: 0) == [])
        #expect(story.machine.nextDeadline == second)
    }

    @Test func `a delay ends with another round, and a round in between ends the delay`() throws {
        var story = Story()
        _ = try story.round(assigned: "A", delay: 5_000, now: second)
        #expect(story.machine.nextDeadline == 6 * second)
        #expect(story.machine.advance(to: 6 * second - 1, configOffset: 10) == [])
        #expect(story.machine.advance(to: 6 * second, configOffset: 10) == [.rejoin(reason: "scheduled rebalance")])
        _ = try story.round(delay: 5_000, now: second)
        _ = try story.round(delay: 0, now: second)
        #expect(story.machine.nextDeadline == nil)
    }

    @Test func `without a coordinator nothing may run, and with it another round is asked for`() throws {
        var story = Story()
        _ = try story.round(assigned: "A A-0")
        let actions = story.machine.coordinatorLost(configOffset: 11)
        #expect(actions.last == .run(WorkSet(), offset: 11))
        #expect(story.machine.coordinatorLost(configOffset: 11) == [], "once")
        #expect(story.machine.absence == "waiting for the group's coordinator")
        #expect(story.machine.coordinatorFound() == [.rejoin(reason: "the coordinator was lost for a while")])
        #expect(story.machine.absence == nil)
        #expect(story.machine.coordinatorFound() == [])
        #expect(story.machine.work.isEmpty, "nothing is told as held")
    }

    @Test func `who is no member for longer than a session says so until there is a round`() throws {
        var story = Story()
        _ = try story.round(assigned: "A A-0")
        _ = story.machine.membershipLost(now: 5 * second)
        _ = story.machine.membershipLost(now: 7 * second)
        #expect(story.machine.nextDeadline == 15 * second)
        #expect(story.machine.advance(to: 15 * second - 1, configOffset: 10) == [])
        #expect(story.machine.absence == nil, "a round may be about to give it back")
        #expect(story.machine.advance(to: 15 * second, configOffset: 10) == [])
        #expect(story.machine.absence == "waiting for a membership in the group")
        #expect(story.machine.nextDeadline == nil)
        _ = try story.round(assigned: "A A-0")
        #expect(story.machine.absence == nil)
        _ = story.machine.membershipLost(now: 20 * second)
        _ = try story.round(assigned: "A A-0")
        _ = story.machine.advance(to: 40 * second, configOffset: 10)
        #expect(story.machine.absence == nil, "it came back in time")
    }

    @Test func `a round that ends while the coordinator was thought lost settles that`() throws {
        var story = Story()
        _ = try story.round(assigned: "A")
        _ = story.machine.coordinatorLost(configOffset: 10)
        #expect(try story.round(assigned: "A") == [.run(work("A"), offset: 10), .settled])
        #expect(story.machine.coordinatorFound() == [])
    }

    @Test func `eager members give everything up in each round`() throws {
        var story = Story(.eager)
        _ = try story.round(assigned: "A A-0")
        #expect(story.machine.preparing(configOffset: 10) == [.run(WorkSet(), offset: 10), .awaitQuiet])
        #expect(try story.round(assigned: "B") == [.run(work("B"), offset: 10), .settled])
    }

    @Test func `changes of the config log lead to a round where there is a membership`() throws {
        var story = Story()
        #expect(story.machine.configChanged(reason: "x", now: 0) == [])
        #expect(story.machine.nextDeadline == nil)
        _ = try story.round()
        #expect(story.machine.configChanged(reason: "x", now: 0) == [])
        let at = try #require(story.machine.nextDeadline)
        #expect(at <= second / 100)
        #expect(story.machine.advance(to: at - 1, configOffset: 10) == [])
        #expect(story.machine.advance(to: at, configOffset: 10) == [.rejoin(reason: "x")])
        #expect(story.machine.nextDeadline == nil)
    }

    @Test
    func `changes of the config log that come together lead to one round, and not later than a tenth of a second`()
        throws
    {
        var story = Story()
        _ = try story.round()
        var rounds: [UInt64] = []
        for millisecond in UInt64(0)..<250 {
            let now = millisecond * second / 1000
            if !story.machine.advance(to: now, configOffset: 10).isEmpty { rounds.append(millisecond) }
            if millisecond % 5 == 0 { _ = story.machine.configChanged(reason: "x", now: now) }
        }
        #expect(rounds == [100, 200])
    }

    @Test func `a round that begins takes the changes before it along`() throws {
        var story = Story()
        _ = try story.round()
        _ = story.machine.configChanged(reason: "x", now: 0)
        _ = try story.round()
        #expect(story.machine.nextDeadline == nil)
    }

    @Test func `what another worker gives up has the coordinator asked at once and for a second`() throws {
        var story = Story()
        _ = try story.round()
        #expect(story.machine.otherReleased(now: 0) == [.heartbeat])
        #expect(story.machine.otherReleased(now: 1) == [], "asked already")
        var beats = 0
        while let at = story.machine.nextDeadline { beats += story.machine.advance(to: at, configOffset: 10).count }
        #expect(beats == 11)
    }

    @Test func `a leader whose members make no sense answers all of them`() throws {
        var story = Story()
        let members = [GroupMemberMetadata(id: "m", metadata: [1]), GroupMemberMetadata(id: "n", metadata: [])]
        let election = WorkerMachine.Election(
            generation: 1, memberID: "m", protocolName: "sessioned", members: members)
        let actions = story.machine.elected(election, work: configured("A:1"), wallMilliseconds: 0)
        guard case .assign(let answers)? = actions.last else {
            Issue.record("nobody is answered")
            return
        }
        #expect(answers.map(\.memberID) == ["m", "n"])
        #expect(try answers.map { try WorkerAssignment($0.bytes).error } == [1, 1])
    }

    @Test func `a leader that is behind its members tells all so`() throws {
        var story = Story()
        let members = try ["m": 5, "n": 9].sorted { $0.key < $1.key }.map { id, offset in
            GroupMemberMetadata(
                id: id,
                metadata: try WorkerMetadata(
                    version: 2, url: "http://\(id):8083/", configOffset: Int64(offset), allocation: nil
                ).encode())
        }
        let election = WorkerMachine.Election(generation: 1, memberID: "m", protocolName: "sessioned", members: members)
        func errors(_ offset: Int64) throws -> [Int16] {
            guard
                case .assign(let answers)? = story.machine.elected(
                    election, work: configured("A:1", offset: offset), wallMilliseconds: 0
                ).last
            else { return [] }
            return try answers.map { try WorkerAssignment($0.bytes).error }
        }
        #expect(try errors(5) == [1, 1])
        #expect(try errors(9) == [0, 0])
    }
}
