import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite struct CoordinatorWatchTests {
    private var watch = CoordinatorWatch(patience: 3 * second, sessionTimeout: 10 * second)
    private let heartbeat = GroupRequest.Body.heartbeat(
        GroupHeartbeat(groupID: "g", generation: 1, memberID: "me", instanceID: nil))
    private let join = GroupRequest.Body.join(
        GroupJoin(
            groupID: "g", protocolType: "connect", memberID: "", instanceID: nil, sessionTimeout: 10 * second,
            rebalanceTimeout: 60 * second, protocols: [], reason: ""))

    private mutating func send(_ token: UInt64, _ body: GroupRequest.Body, at now: UInt64) {
        watch.sent(GroupRequest(token: token, timeout: second, body: body), now: now)
    }

    @Test func `a session stands from the sending of what was answered well, not from the answer`() {
        var test = self
        test.send(1, heartbeat, at: 5 * second)
        #expect(test.watch.aliveUntil == 0)
        #expect(test.watch.answered(token: 1, .member, now: 8 * second) == nil)
        #expect(test.watch.aliveUntil == 15 * second)
    }

    @Test func `an older answer does not shorten the session`() {
        var test = self
        test.send(1, join, at: second)
        test.send(2, heartbeat, at: 4 * second)
        _ = test.watch.answered(token: 2, .member, now: 4 * second)
        _ = test.watch.answered(token: 1, .member, now: 5 * second)
        #expect(test.watch.aliveUntil == 14 * second)
    }

    @Test func `after a lost membership only a heartbeat behind the owner's word on the round opens a session`() {
        var test = self
        let sync = GroupRequest.Body.sync(
            GroupSync(
                groupID: "g", protocolType: "connect", protocolName: "p", generation: 2, memberID: "me",
                instanceID: nil,
                assignments: []))
        test.send(1, heartbeat, at: second)
        test.watch.expelled()
        #expect(test.watch.carriedOut() == false, "there was no round yet")
        // What was asked for the old membership says nothing of the new one.
        _ = test.watch.answered(token: 1, .member, now: 2 * second)
        test.send(2, join, at: 2 * second)
        _ = test.watch.answered(token: 2, .member, now: 3 * second)
        test.send(3, heartbeat, at: 3 * second)
        _ = test.watch.answered(token: 3, .member, now: 3 * second)
        #expect(test.watch.aliveUntil == 0)
        test.send(4, sync, at: 4 * second)
        test.send(5, heartbeat, at: 4 * second)
        _ = test.watch.answered(token: 4, .member, now: 5 * second)
        _ = test.watch.answered(token: 5, .member, now: 5 * second)
        #expect(test.watch.aliveUntil == 0)
        test.send(6, heartbeat, at: 6 * second)
        test.send(7, heartbeat, at: 7 * second)
        _ = test.watch.answered(token: 6, .member, now: 7 * second)
        #expect(test.watch.aliveUntil == 0)
        #expect(test.watch.carriedOut() == true)
        #expect(test.watch.carriedOut() == false, "once is enough")
        _ = test.watch.answered(token: 7, .member, now: 8 * second)
        #expect(test.watch.aliveUntil == 0, "asked before the owner's word")
        test.send(8, heartbeat, at: 8 * second)
        _ = test.watch.answered(token: 8, .member, now: 9 * second)
        #expect(test.watch.aliveUntil == 18 * second)
    }

    @Test(arguments: [CoordinatorWatch.Verdict.present, .loading, .absent])
    func `an answer that does not know the member keeps no session`(verdict: CoordinatorWatch.Verdict) {
        var test = self
        test.send(1, heartbeat, at: second)
        _ = test.watch.answered(token: 1, verdict, now: second)
        #expect(test.watch.aliveUntil == 0)
    }

    @Test func `a heartbeat without an answer for its interval loses the coordinator, a late answer finds it`() {
        var test = self
        test.send(1, heartbeat, at: second)
        #expect(test.watch.nextDeadline == 4 * second)
        #expect(test.watch.advance(to: 4 * second - 1, isConnected: true) == nil)
        #expect(test.watch.advance(to: 4 * second, isConnected: true) == .lost)
        #expect(test.watch.advance(to: 9 * second, isConnected: true) == nil)
        #expect(test.watch.nextDeadline == nil)
        #expect(test.watch.answered(token: 1, .member, now: 10 * second) == .found)
        #expect(test.watch.nextDeadline == nil)
    }

    @Test func `a heartbeat beside a join that the broker holds back has its whole interval`() {
        var test = self
        test.send(1, join, at: second)
        test.send(2, heartbeat, at: 4 * second - 1)
        #expect(test.watch.advance(to: 4 * second, isConnected: true) == nil)
        #expect(test.watch.nextDeadline == 7 * second - 1)
        #expect(test.watch.advance(to: 7 * second - 1, isConnected: true) == .lost)
    }

    @Test func `heartbeats that fail beside a join count from the first`() {
        var test = self
        test.send(1, join, at: second)
        for token in 2...4 as ClosedRange<UInt64> {
            test.send(token, heartbeat, at: token * second)
            _ = test.watch.answered(token: token, .absent, now: token * second)
        }
        test.send(5, heartbeat, at: 5 * second - 1)
        #expect(test.watch.advance(to: 5 * second, isConnected: true) == .lost)
    }

    @Test func `attempts that fail one after the other count from the first`() {
        var test = self
        for token in 1...4 as ClosedRange<UInt64> {
            test.send(token, heartbeat, at: token * second / 2)
            _ = test.watch.answered(token: token, .absent, now: token * second / 2)
        }
        #expect(test.watch.nextDeadline == second / 2 + 3 * second)
        #expect(test.watch.advance(to: 4 * second, isConnected: true) == .lost)
    }

    @Test func `a connection that breaks between heartbeats starts the clock`() {
        var test = self
        test.send(1, heartbeat, at: second)
        _ = test.watch.answered(token: 1, .member, now: second)
        #expect(test.watch.nextDeadline == nil)
        test.watch.connectionLost(now: 2 * second)
        #expect(test.watch.advance(to: 5 * second, isConnected: false) == .lost)
    }

    @Test func `a join that is held back is no silence while the coordinator is connected`() {
        var test = self
        test.send(1, join, at: 0)
        #expect(test.watch.advance(to: 3 * second, isConnected: true) == nil)
        #expect(test.watch.nextDeadline == 6 * second)
        #expect(test.watch.advance(to: 6 * second, isConnected: false) == .lost)
    }

    @Test func `a join that is held back hides no heartbeat without an answer`() {
        var test = self
        test.send(1, join, at: 0)
        test.send(2, heartbeat, at: second)
        #expect(test.watch.advance(to: 4 * second, isConnected: true) == .lost)
    }

    @Test func `a coordinator that loads is not lost, and not found either`() {
        var test = self
        test.send(1, heartbeat, at: 0)
        _ = test.watch.answered(token: 1, .loading, now: second)
        #expect(test.watch.nextDeadline == nil)
        test.send(2, heartbeat, at: second)
        #expect(test.watch.advance(to: 4 * second, isConnected: true) == .lost)
        #expect(test.watch.answered(token: 2, .loading, now: 5 * second) == nil)
        #expect(test.watch.isLost)
        test.send(3, heartbeat, at: 5 * second)
        #expect(test.watch.answered(token: 3, .present, now: 5 * second) == .found)
    }

    @Test func `who has left owes nothing, and late answers mean nothing`() {
        var test = self
        test.send(1, heartbeat, at: 0)
        test.watch.stop()
        #expect(test.watch.nextDeadline == nil)
        #expect(test.watch.answered(token: 1, .member, now: second) == nil)
        #expect(test.watch.aliveUntil == 0)
    }

    @Test func `an expelled member has no session before its next round has ended and a heartbeat was answered`() {
        var test = self
        let sync = GroupRequest.Body.sync(
            GroupSync(
                groupID: "g", protocolType: "connect", protocolName: "p", generation: 2, memberID: "me",
                instanceID: nil, assignments: []))
        test.send(1, heartbeat, at: 0)
        _ = test.watch.answered(token: 1, .member, now: 0)
        test.watch.expelled()
        #expect(test.watch.aliveUntil == 0)
        test.send(2, join, at: second)
        _ = test.watch.answered(token: 2, .member, now: 2 * second)
        #expect(test.watch.aliveUntil == 0, "what it held may run elsewhere")
        test.send(3, sync, at: 3 * second)
        _ = test.watch.answered(token: 3, .member, now: 3 * second)
        #expect(test.watch.carriedOut() == true)
        test.send(4, heartbeat, at: 4 * second)
        _ = test.watch.answered(token: 4, .member, now: 5 * second)
        #expect(test.watch.aliveUntil == 14 * second)
    }

    @Test func `what the answers say`() {
        typealias Verdict = CoordinatorWatch.Verdict
        let codes: [(ErrorCode, join: Verdict, heartbeat: Verdict)] = [
            (.none, .member, .member), (.rebalanceInProgress, .present, .member),
            (.unknownMemberId, .present, .present),
            (.illegalGeneration, .present, .present), (.memberIdRequired, .present, .present),
            (.coordinatorLoadInProgress, .loading, .loading), (.coordinatorNotAvailable, .absent, .absent),
            (.notCoordinator, .absent, .absent),
        ]
        for (code, join, heartbeat) in codes {
            #expect(Verdict(.success(GroupJoinAnswer(error: code))) == join)
            #expect(Verdict(.success(GroupSyncAnswer(error: code))) == join)
            #expect(Verdict(.success(code)) == heartbeat)
        }
        #expect(Verdict(Result<ErrorCode, RequestFault>.failure(.transport)) == .absent)
    }
}
