@testable import KafkaClient
import KafkaProtocol
import Testing

@Suite struct CommitMachineTests {
    private let id = partition("t", 0)
    private let other = partition("t", 1)
    private let five = GroupIdentity(generation: 5, memberID: "me", instanceID: nil)
    private let six = GroupIdentity(generation: 6, memberID: "me", instanceID: nil)

    private func machine(isMember: Bool = true) -> CommitMachine {
        CommitMachine(
            isMember: isMember, apiTimeout: 60 * second, retryBackoff: Backoff(initial: second / 10, maximum: second),
            seed: 1)
    }

    private func offset(_ offset: Int64, _ id: TopicPartition? = nil) -> CommitMachine.Offset {
        CommitMachine.Offset(partition: id ?? self.id, offset: offset)
    }

    /// The token and offsets of the one commit in the actions.
    private func sent(_ actions: [CommitMachine.Action]) throws -> (token: UInt64, offsets: [CommitMachine.Offset]) {
        for case .commit(let token, _, let offsets) in actions { return (token, offsets) }
        throw Missing()
    }

    @Test func `one request at a time, and what waits goes out together with the newest offset of each partition`()
        throws
    {
        var machine = machine()
        #expect(machine.commit(id: 1, [offset(10)], now: 0).isEmpty)
        let first = try sent(machine.plan(identity: five, now: 0))
        _ = machine.commit(id: 2, [offset(20), offset(7, other)], now: 0)
        _ = machine.commit(id: 3, [offset(30)], now: 0)
        #expect(machine.plan(identity: five, now: 0).isEmpty)
        #expect(
            machine.answered(token: first.token, .success([(id, .none)]), identity: five, isJoining: false, now: 0)
                == [.done(id: 1, .committed)])
        let second = try sent(machine.plan(identity: five, now: 0))
        #expect(second.offsets == [offset(30), offset(7, other)])
        #expect(
            machine.answered(
                token: second.token, .success([(id, .none), (other, .none)]), identity: five, isJoining: false, now: 0)
                == [.done(id: 2, .committed), .done(id: 3, .committed)])
        #expect(machine.isIdle)
    }

    @Test func `negative offsets never reach the broker, which would store them`() {
        var machine = machine()
        guard case .done(1, .refused(.invalidRequest, _))? = machine.commit(id: 1, [offset(-1)], now: 0).first else {
            Issue.record("a negative offset was taken")
            return
        }
        #expect(machine.plan(identity: five, now: 0).isEmpty)
    }

    @Test(arguments: [ErrorCode.coordinatorLoadInProgress, .unknownTopicOrPartition, .notCoordinator, .requestTimedOut])
    func `what passes is tried again after a pause`(code: ErrorCode) throws {
        var machine = machine()
        _ = machine.commit(id: 1, [offset(10)], now: 0)
        let first = try sent(machine.plan(identity: five, now: 0))
        let actions = machine.answered(
            token: first.token, .success([(id, code)]), identity: five, isJoining: false, now: 0)
        #expect(actions.contains(.forgetCoordinator) == (code == .notCoordinator || code == .requestTimedOut))
        #expect(machine.plan(identity: five, now: 0).isEmpty)
        let retry = try #require(machine.nextDeadline(after: 0))
        #expect(try sent(machine.plan(identity: five, now: retry)).offsets == [offset(10)])
    }

    @Test func `during a round a commit waits for its end and goes on under the new generation`() throws {
        var machine = machine()
        _ = machine.commit(id: 1, [offset(10)], now: 0)
        let first = try sent(machine.plan(identity: five, now: 0))
        _ = machine.answered(
            token: first.token, .success([(id, .rebalanceInProgress)]), identity: five, isJoining: true, now: 0)
        #expect(machine.plan(identity: five, now: 5 * second).isEmpty)
        #expect(machine.rebalanced { _ in true }.isEmpty)
        guard case .commit(_, six, _)? = machine.plan(identity: six, now: 5 * second).first else { throw Missing() }
    }

    @Test func `what was given to another member in the round is refused`() throws {
        var machine = machine()
        _ = machine.commit(id: 1, [offset(10)], now: 0)
        let first = try sent(machine.plan(identity: five, now: 0))
        _ = machine.answered(
            token: first.token, .success([(id, .illegalGeneration)]), identity: five, isJoining: true, now: 0)
        guard case .done(1, .refused(.illegalGeneration, _))? = machine.rebalanced(owned: { _ in false }).first else {
            throw Missing()
        }
    }

    @Test func `an unknown member's commit fails and says so to the membership`() throws {
        var machine = machine()
        _ = machine.commit(id: 1, [offset(10)], now: 0)
        let first = try sent(machine.plan(identity: five, now: 0))
        let actions = machine.answered(
            token: first.token, .success([(id, .unknownMemberId)]), identity: five, isJoining: false, now: 0)
        #expect(actions.last == .membershipRefused(.unknownMemberId, generation: 5))
        guard case .done(1, .refused(.unknownMemberId, _))? = actions.first else { throw Missing() }
    }

    @Test func `without a membership nothing is sent: an empty group would take it`() throws {
        var machine = machine()
        _ = machine.commit(id: 1, [offset(10)], now: 0)
        guard case .done(1, .refused(.unknownMemberId, _))? = machine.plan(identity: nil, now: 0).first else {
            throw Missing()
        }
        var free = self.machine(isMember: false)
        _ = free.commit(id: 1, [offset(10)], now: 0)
        guard case .commit(_, nil, _)? = free.plan(identity: nil, now: 0).first else { throw Missing() }
    }

    @Test func `a commit under way when the membership is lost is never sent again under the next one`() throws {
        var machine = machine()
        _ = machine.commit(id: 1, [offset(10)], now: 0)
        let first = try sent(machine.plan(identity: five, now: 0))
        #expect(machine.membershipLost().isEmpty)
        let actions = machine.answered(
            token: first.token, .failure(.transport), identity: six, isJoining: false, now: 0)
        guard case .done(1, .refused(.unknownMemberId, _))? = actions.first else { throw Missing() }
        #expect(machine.plan(identity: six, now: 60 * second).isEmpty)
    }

    @Test func `a commit that is never confirmed ends in time`() throws {
        var machine = machine()
        _ = machine.commit(id: 1, [offset(10)], now: 0)
        let first = try sent(machine.plan(identity: five, now: 0))
        _ = machine.answered(token: first.token, .failure(.transport), identity: five, isJoining: false, now: 0)
        #expect(machine.advance(to: 59 * second).isEmpty)
        #expect(machine.advance(to: 60 * second) == [.done(id: 1, .timedOut)])
    }

    @Test func `a partition that the answer leaves out counts as refused`() throws {
        var machine = machine()
        _ = machine.commit(id: 1, [offset(10), offset(3, other)], now: 0)
        let first = try sent(machine.plan(identity: five, now: 0))
        let actions = machine.answered(
            token: first.token, .success([(id, .none)]), identity: five, isJoining: false, now: 0)
        guard case .done(1, .refused(.unknownServerError, _))? = actions.first else { throw Missing() }
    }

    @Test func `a commit that may not be sent now waits in its place and goes out before later ones are lost`() throws {
        var machine = machine()
        _ = machine.commit(id: 1, [offset(10)], now: 0)
        let first = try sent(machine.plan(identity: five, now: 0))
        #expect(machine.hold(token: first.token, now: 0).isEmpty)
        _ = machine.commit(id: 2, [offset(20)], now: second)
        #expect(machine.plan(identity: five, now: second).isEmpty)
        machine.release()
        let second = try sent(machine.plan(identity: five, now: 2 * KafkaClientTests.second))
        #expect(second.offsets == [offset(20)])
        #expect(
            machine.answered(token: second.token, .success([(id, .none)]), identity: five, isJoining: false, now: 0)
                == [.done(id: 1, .committed), .done(id: 2, .committed)])
    }

    @Test func `a commit that is held back ends when its time is up or the membership is lost`() throws {
        var late = machine()
        _ = late.commit(id: 1, [offset(10)], now: 0)
        _ = late.hold(token: try sent(late.plan(identity: five, now: 0)).token, now: 0)
        #expect(late.nextDeadline(after: 0) == 60 * second)
        #expect(late.advance(to: 60 * second) == [.done(id: 1, .timedOut)])

        var lost = machine()
        _ = lost.commit(id: 1, [offset(10)], now: 0)
        _ = lost.hold(token: try sent(lost.plan(identity: five, now: 0)).token, now: 0)
        guard case .done(1, .refused(.unknownMemberId, _))? = lost.membershipLost().first else { throw Missing() }
        #expect(lost.isIdle)
    }
}
