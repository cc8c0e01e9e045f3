import KafkaProtocol
import Testing

@testable import KafkaClient

/// Heartbeats beyond their interval, and member ids that nobody owns.
@Suite struct GroupMachineHeartbeatTests {
    @Test func `a heartbeat that is asked for goes out at once`() throws {
        var story = GroupStory()
        try story.becomeStable()
        story.take(story.machine.heartbeatNow(now: second))
        #expect(story.requests.count == 1)
        // One is under way.
        story.take(story.machine.heartbeatNow(now: 2 * second))
        #expect(story.requests.isEmpty)
    }

    @Test func `heartbeats that are asked for come every 50 ms at most, and none is later for it`() throws {
        var story = GroupStory()
        try story.becomeStable()
        story.take(story.machine.heartbeatNow(now: second))
        let token = try #require(story.requests.first?.token)
        story.take(story.machine.heartbeatAnswered(token: token, .success(.none), now: second + 1))
        story.take(story.machine.heartbeatNow(now: second + 2))
        #expect(story.requests.isEmpty)
        #expect(story.machine.nextDeadline == second + second / 20)
        story.take(story.machine.advance(to: second + second / 20))
        #expect(story.requests.count == 1)
    }

    @Test func `nobody asks before there is a membership`() throws {
        var story = GroupStory()
        _ = try story.join()
        #expect(story.machine.heartbeatNow(now: second).isEmpty)
    }

    @Test func `heartbeats go on through a round where the owner wants it`() throws {
        for isWanted in [true, false] {
            var story = GroupStory(beatsWhileJoining: isWanted)
            try story.becomeStable()
            try story.heartbeat(.rebalanceInProgress, at: 3 * second)
            _ = try story.rejoin(now: 3 * second)
            story.take(story.machine.advance(to: 6 * second))
            #expect(story.requests.count == (isWanted ? 1 : 0))
        }
    }

    @Test(arguments: [ErrorCode.illegalGeneration, .unknownMemberId])
    func `a heartbeat that came after the end of the round says nothing before the join is answered`(
        code: ErrorCode
    ) throws {
        var story = GroupStory(beatsWhileJoining: true)
        try story.becomeStable()
        try story.heartbeat(.rebalanceInProgress, at: 3 * second)
        let join = try story.rejoin(now: 3 * second)
        try story.heartbeat(code, at: 6 * second)
        #expect(story.rest.isEmpty)
        #expect(story.machine.identity != nil)
        var answer = GroupStory.joined(leader: "other")
        answer.generation = 6
        story.joinAnswered(join, answer, now: 6 * second)
        #expect(story.machine.generation == 6)
    }

    @Test func `a right that is missing for a heartbeat may come back`() throws {
        var story = GroupStory()
        try story.becomeStable()
        try story.heartbeat(.groupAuthorizationFailed, at: 3 * second)
        #expect(story.rest.isEmpty)
        #expect(story.machine.state == .stable)
        let due = try #require(story.machine.nextDeadline)
        #expect(due < 6 * second)
        // It was given back in time.
        try story.heartbeat(.none, at: due)
        story.take(story.machine.advance(to: 10 * second))
        #expect(story.machine.state == .stable)
    }

    @Test func `a right that is missing for a whole session ends the membership`() throws {
        var story = GroupStory()
        try story.becomeStable()
        var now: UInt64 = 0
        while case let due = try #require(story.machine.nextDeadline), due < 10 * second {
            now = due
            try story.heartbeat(.groupAuthorizationFailed, at: now)
        }
        story.take(story.machine.advance(to: 10 * second))
        guard case .failed(.groupAuthorizationFailed, _)? = story.rest.last else { throw Missing() }
        #expect(story.machine.state == .failed)
        #expect(story.machine.nextDeadline == nil)
    }

    @Test func `a coordinator that may not be looked up ends the membership`() throws {
        var story = GroupStory()
        try story.becomeStable()
        story.take(story.machine.advance(to: 3 * second))
        let token = try #require(story.requests.first?.token)
        let refusal = RequestFault.refused(.groupAuthorizationFailed, "no right to look the coordinator up")
        story.take(story.machine.heartbeatAnswered(token: token, .failure(refusal), now: 3 * second))
        #expect(story.rest == [.failed(.groupAuthorizationFailed, "no right to look the coordinator up")])
        #expect(story.machine.state == .failed)
    }

    @Test func `a member that expires while it joins gives back the id that it gets`() throws {
        var story = GroupStory()
        let join = try story.join()
        story.take(story.machine.applicationOwesPoll(since: 0, now: 0))
        story.take(story.machine.advance(to: 60 * second))
        #expect(story.machine.state == .expired)
        #expect(story.requests.isEmpty)
        story.joinAnswered(join, GroupJoinAnswer(error: .memberIdRequired, memberID: "me"), now: 61 * second)
        guard case .leave(let leave)? = story.requests.first?.body else { throw Missing() }
        #expect(leave.memberID == "me")
        #expect(story.machine.state == .expired)
        // Once.
        story.joinAnswered(join, GroupJoinAnswer(error: .memberIdRequired, memberID: "me"), now: 61 * second)
        #expect(story.requests.isEmpty)
    }

    @Test func `the id of an expired join is given back even while another one is under way`() throws {
        var story = GroupStory()
        let orphan = try story.join()
        story.take(story.machine.applicationOwesPoll(since: 0, now: 0))
        story.take(story.machine.advance(to: 60 * second))
        story.take(story.machine.applicationOwesPoll(since: nil, now: 61 * second))
        let join = try story.rejoin(now: 61 * second)
        story.joinAnswered(orphan, GroupJoinAnswer(error: .memberIdRequired, memberID: "old"), now: 62 * second)
        guard case .leave(let leave)? = story.requests.first?.body else { throw Missing() }
        #expect(leave.memberID == "old")
        story.joinAnswered(join, GroupJoinAnswer(error: .memberIdRequired, memberID: "new"), now: 62 * second)
        #expect(story.machine.memberID == "new")
    }

    @Test func `a member that leaves while it joins gives its reason`() throws {
        var story = GroupStory()
        let join = try story.join()
        story.take(story.machine.leave(reason: "the worker stops", now: second))
        story.joinAnswered(join, GroupJoinAnswer(error: .memberIdRequired, memberID: "me"), now: second)
        guard case .leave(let leave)? = story.requests.first?.body else { throw Missing() }
        #expect(leave.reason == "the worker stops")
    }
}
