@testable import KafkaClient
import KafkaProtocol
import Testing

/// A membership with its requests: what the tests of the machine tell and ask.
struct GroupStory {
    var machine: GroupMachine
    var requests: [GroupRequest] = []
    var rest: [GroupMachine.Action] = []
    let offers = [GroupProtocol(name: "range", metadata: [1])]

    init(instanceID: String? = nil, beatsWhileJoining: Bool = false) {
        machine = GroupMachine(
            settings: GroupMachine.Settings(
                groupID: "g", protocolType: "consumer", instanceID: instanceID, sessionTimeout: 10 * second,
                rebalanceTimeout: 60 * second, heartbeatInterval: 3 * second, requestTimeout: 30 * second,
                retryBackoff: Backoff(initial: second / 10, maximum: second), beatsWhileJoining: beatsWhileJoining),
            seed: 7)
    }

    mutating func take(_ actions: [GroupMachine.Action]) {
        rest = []
        requests = []
        for action in actions {
            if case .send(let request) = action { requests.append(request) } else { rest.append(action) }
        }
    }

    /// Starts and prepares; the token of the JoinGroup.
    mutating func join(now: UInt64 = 0) throws -> UInt64 {
        take(machine.start(now: now))
        #expect(rest == [.prepareJoin])
        return try rejoin(now: now)
    }

    mutating func rejoin(now: UInt64) throws -> UInt64 {
        take(machine.prepared(protocols: offers, now: now))
        return try #require(requests.first?.token)
    }

    mutating func joinAnswered(_ token: UInt64, _ answer: GroupJoinAnswer, now: UInt64 = 0) {
        take(machine.joinAnswered(token: token, .success(answer), now: now))
    }

    /// Becomes a follower of generation 5.
    mutating func becomeStable(now: UInt64 = 0) throws {
        let token = try join(now: now)
        joinAnswered(token, Self.joined(leader: "other"), now: now)
        let sync = try #require(requests.first?.token)
        take(machine.syncAnswered(token: sync, .success(GroupSyncAnswer(error: .none, assignment: [9])), now: now))
        #expect(machine.state == .stable)
    }

    mutating func heartbeat(_ code: ErrorCode, at now: UInt64) throws {
        take(machine.advance(to: now))
        let token = try #require(requests.first?.token)
        take(machine.heartbeatAnswered(token: token, .success(code), now: now))
    }

    static func joined(leader: String, members: [GroupMember] = []) -> GroupJoinAnswer {
        GroupJoinAnswer(
            error: .none, generation: 5, memberID: "me", leaderID: leader, protocolType: "consumer",
            protocolName: "range", members: members)
    }
}

@Suite struct GroupMachineTests {
    @Test func `joins in two steps: the id from the first refusal comes back in the second request`() throws {
        var story = GroupStory()
        let first = try story.join()
        story.joinAnswered(first, GroupJoinAnswer(error: .memberIdRequired, memberID: "me"))
        #expect(story.rest == [.prepareJoin])
        _ = try story.rejoin(now: 0)
        guard case .join(let join)? = story.requests.first?.body else { throw Missing() }
        #expect(join.memberID == "me")
        #expect(join.protocols == story.offers)
    }

    @Test func `a follower syncs with nothing and is told its assignment`() throws {
        var story = GroupStory()
        let token = try story.join()
        story.joinAnswered(token, GroupStory.joined(leader: "other"))
        guard case .sync(let sync)? = story.requests.first?.body else { throw Missing() }
        #expect(sync.assignments.isEmpty)
        #expect(sync.generation == 5)
        story.take(
            story.machine.syncAnswered(
                token: try #require(story.requests.first?.token),
                .success(GroupSyncAnswer(error: .none, assignment: [1, 2])), now: 0))
        #expect(
            story.rest == [
                .assigned(
                    GroupAnswer(
                        generation: 5, memberID: "me", leaderID: "other", protocolName: "range", assignment: [1, 2]))
            ])
    }

    @Test func `the leader assigns before it syncs, for all members`() throws {
        var story = GroupStory()
        let members = [GroupMember(id: "me", instanceID: nil, metadata: [1])]
        let token = try story.join()
        story.joinAnswered(token, GroupStory.joined(leader: "me", members: members))
        #expect(story.requests.isEmpty)
        guard case .computeAssignment(let election)? = story.rest.first else { throw Missing() }
        #expect(election.members == members)
        story.take(story.machine.assignmentComputed([GroupAssignment(memberID: "me", bytes: [3])], now: 0))
        guard case .sync(let sync)? = story.requests.first?.body else { throw Missing() }
        #expect(sync.assignments == [GroupAssignment(memberID: "me", bytes: [3])])
    }

    @Test func `a static leader that came back computes nothing, and hears whose topics it has to watch`() throws {
        var story = GroupStory(instanceID: "i1")
        let token = try story.join()
        let members = [GroupMember(id: "other", instanceID: "i2", metadata: [1])]
        var answer = GroupStory.joined(leader: "me", members: members)
        answer.skipAssignment = true
        story.joinAnswered(token, answer)
        guard case .sync(let sync)? = story.requests.first?.body else { throw Missing() }
        #expect(sync.assignments.isEmpty)
        #expect(sync.instanceID == "i1")
        #expect(story.rest == [.assignmentKept(members)])
    }

    @Test(arguments: [
        ErrorCode.inconsistentGroupProtocol, .invalidGroupId, .invalidSessionTimeout, .groupAuthorizationFailed,
        .groupMaxSizeReached, .fencedInstanceId, .unknownServerError,
    ])
    func `refusals that cannot heal end the membership`(code: ErrorCode) throws {
        var story = GroupStory()
        let token = try story.join()
        story.joinAnswered(token, GroupJoinAnswer(error: code))
        guard case .failed(code, _)? = story.rest.first else { throw Missing() }
        #expect(story.machine.state == .failed)
        #expect(story.machine.nextDeadline == nil)
    }

    @Test func `a session timeout that the broker refuses is named by its key`() throws {
        var story = GroupStory()
        let token = try story.join()
        story.joinAnswered(token, GroupJoinAnswer(error: .invalidSessionTimeout))
        guard case .failed(_, let text)? = story.rest.first else { throw Missing() }
        #expect(text.contains("session.timeout.ms=") && text.contains("group.max.session.timeout.ms"))
    }

    @Test(arguments: [ErrorCode.notCoordinator, .coordinatorNotAvailable])
    func `a coordinator that moved is looked up again after a pause`(code: ErrorCode) throws {
        var story = GroupStory()
        let token = try story.join()
        story.joinAnswered(token, GroupJoinAnswer(error: code))
        #expect(story.rest == [.forgetCoordinator])
        let deadline = try #require(story.machine.nextDeadline)
        #expect(deadline > 0)
        story.take(story.machine.advance(to: deadline))
        #expect(story.rest == [.prepareJoin])
    }

    @Test func `a loading coordinator is asked again, without a new look-up`() throws {
        var story = GroupStory()
        let token = try story.join()
        story.joinAnswered(token, GroupJoinAnswer(error: .coordinatorLoadInProgress))
        #expect(story.rest.isEmpty)
        #expect(story.machine.nextDeadline != nil)
    }

    @Test func `an answer that always asks for another try is not followed without pause`() throws {
        var story = GroupStory()
        var token = try story.join()
        for _ in 0..<4 {
            story.joinAnswered(token, GroupJoinAnswer(error: .rebalanceInProgress))
            token = try story.rejoin(now: 0)
        }
        story.joinAnswered(token, GroupJoinAnswer(error: .rebalanceInProgress))
        guard case .backingOff = story.machine.state else { throw Missing() }
    }

    @Test func `heartbeats go out at their interval and one at a time`() throws {
        var story = GroupStory()
        try story.becomeStable()
        story.take(story.machine.advance(to: 3 * second - 1))
        #expect(story.requests.isEmpty)
        story.take(story.machine.advance(to: 3 * second))
        #expect(story.requests.count == 1)
        let token = try #require(story.requests.first?.token)
        story.take(story.machine.advance(to: 4 * second))
        #expect(story.requests.isEmpty)
        story.take(story.machine.heartbeatAnswered(token: token, .success(.none), now: 4 * second))
        #expect(story.machine.nextDeadline == 7 * second)
    }

    @Test func `a rebalance heard in a heartbeat begins a round; during the round it is no news`() throws {
        var story = GroupStory()
        try story.becomeStable()
        try story.heartbeat(.rebalanceInProgress, at: 3 * second)
        #expect(story.rest == [.prepareJoin])
        try story.heartbeat(.rebalanceInProgress, at: 6 * second)
        #expect(story.rest.isEmpty)
        #expect(story.machine.identity != nil)
    }

    @Test func `an unknown member forgets its id, an old generation keeps it; both lose what they held`() throws {
        var story = GroupStory()
        try story.becomeStable()
        try story.heartbeat(.unknownMemberId, at: 3 * second)
        #expect(story.rest == [.membershipLost, .prepareJoin])
        #expect(story.machine.memberID.isEmpty)

        var other = GroupStory()
        try other.becomeStable()
        try other.heartbeat(.illegalGeneration, at: 3 * second)
        #expect(other.rest == [.membershipLost, .prepareJoin])
        #expect(other.machine.memberID == "me")
        #expect(other.machine.identity == nil)
    }

    @Test func `what a commit of an older generation met changes nothing`() throws {
        var story = GroupStory()
        try story.becomeStable()
        #expect(story.machine.membershipRefused(by: .illegalGeneration, generation: 4, now: 0).isEmpty)
        #expect(
            story.machine.membershipRefused(by: .illegalGeneration, generation: 5, now: 0)
                == [.membershipLost, .prepareJoin])
    }

    @Test func `a silent coordinator is looked up again when the session has passed`() throws {
        var story = GroupStory()
        try story.becomeStable()
        story.take(story.machine.advance(to: 3 * second))
        story.take(story.machine.advance(to: 10 * second))
        #expect(story.rest == [.forgetCoordinator])
        // The heartbeat under way counts no longer; a new one goes to whoever is found.
        #expect(story.requests.count == 1)
    }

    @Test func `an application that owes a poll too long leaves, and joins when it is back`() throws {
        var story = GroupStory()
        try story.becomeStable()
        story.take(story.machine.applicationOwesPoll(since: second, now: second))
        story.take(story.machine.advance(to: 61 * second))
        guard case .leave? = story.requests.first?.body else { throw Missing() }
        #expect(story.rest == [.membershipLost, .pollIntervalExceeded])
        #expect(story.machine.state == .expired)
        story.take(story.machine.applicationOwesPoll(since: nil, now: 70 * second))
        #expect(story.rest == [.prepareJoin])
    }

    @Test func `an idle application owes nothing and stays`() throws {
        var story = GroupStory()
        try story.becomeStable()
        story.take(story.machine.applicationOwesPoll(since: second, now: second))
        story.take(story.machine.applicationOwesPoll(since: nil, now: 2 * second))
        story.take(story.machine.advance(to: 9 * second))
        #expect(story.machine.state == .stable)
    }

    @Test func `leaves with a request, a static member silently`() throws {
        var story = GroupStory()
        try story.becomeStable()
        story.take(story.machine.leave(reason: "closing", now: second))
        guard case .leave(let leave)? = story.requests.first?.body else { throw Missing() }
        #expect(leave.memberID == "me")
        #expect(leave.reason == "closing")
        let token = try #require(story.requests.first?.token)
        story.take(story.machine.leaveAnswered(token: token, now: second))
        #expect(story.rest == [.left])

        var fixed = GroupStory(instanceID: "i")
        try fixed.becomeStable()
        fixed.take(fixed.machine.leave(reason: "closing", now: second))
        #expect(fixed.requests.isEmpty)
        #expect(fixed.rest == [.left])
    }

    @Test func `a member that leaves while it joins gives back the id that it gets`() throws {
        var story = GroupStory()
        let join = try story.join()
        story.take(story.machine.leave(reason: "closing", now: second))
        #expect(story.requests.isEmpty)
        #expect(story.rest.isEmpty)
        story.joinAnswered(join, GroupJoinAnswer(error: .memberIdRequired, memberID: "me"), now: second)
        guard case .leave(let leave)? = story.requests.first?.body else { throw Missing() }
        #expect(leave.memberID == "me")
        let token = try #require(story.requests.first?.token)
        story.take(story.machine.leaveAnswered(token: token, now: second))
        #expect(story.rest == [.left])
    }

    @Test func `a member that leaves while it joins waits no longer than a request may take`() throws {
        var story = GroupStory()
        let join = try story.join()
        story.take(story.machine.leave(reason: "closing", now: second))
        story.take(story.machine.joinAnswered(token: join, .failure(.transport), now: second))
        #expect(story.rest == [.left])

        var silent = GroupStory()
        _ = try silent.join()
        silent.take(silent.machine.leave(reason: "closing", now: second))
        silent.take(silent.machine.advance(to: try #require(silent.machine.nextDeadline)))
        #expect(silent.rest == [.left])
    }

    @Test func `a leave that nobody answers ends by itself`() throws {
        var story = GroupStory()
        try story.becomeStable()
        story.take(story.machine.leave(reason: "closing", now: 0))
        story.take(story.machine.advance(to: try #require(story.machine.nextDeadline)))
        #expect(story.rest == [.left])
    }

    @Test func `a wish to rejoin during a round is granted after it`() throws {
        var story = GroupStory()
        let token = try story.join()
        story.take(story.machine.requestRejoin(reason: "topics changed", now: 0))
        #expect(story.rest.isEmpty)
        story.joinAnswered(token, GroupStory.joined(leader: "other"))
        let sync = try #require(story.requests.first?.token)
        story.take(story.machine.syncAnswered(token: sync, .success(GroupSyncAnswer(error: .none)), now: 0))
        #expect(story.rest.last == .prepareJoin)
    }

    @Test func `late answers to earlier requests are ignored`() throws {
        var story = GroupStory()
        let token = try story.join()
        story.joinAnswered(token, GroupJoinAnswer(error: .memberIdRequired, memberID: "me"))
        _ = try story.rejoin(now: 0)
        story.joinAnswered(token, GroupStory.joined(leader: "me"))
        #expect(story.rest.isEmpty)
        #expect(story.machine.generation == -1)
    }

    @Test func `another type of group, or a protocol that was not offered, is refused`() throws {
        var story = GroupStory()
        let token = try story.join()
        var answer = GroupStory.joined(leader: "other")
        answer.protocolType = "connect"
        story.joinAnswered(token, answer)
        guard case .failed(.inconsistentGroupProtocol, _)? = story.rest.first else { throw Missing() }
    }
}

/// What was expected did not come.
struct Missing: Error {}
