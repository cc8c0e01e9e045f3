import Testing

@testable import KafkaClient

@Suite struct ConnectionMachineTests {
    private func connected(_ now: UInt64 = second) -> ConnectionMachine {
        var machine = ConnectionMachine(configuration: .init(), seed: 1)
        machine.wanted(now: now)
        machine.resolved(addresses: 1, now: now)
        machine.opened(now: now)
        machine.versionsAnswered(errorCode: 0, brokerMaximum: 4, now: now)
        _ = machine.takeActions()
        return machine
    }

    @Test func `resolve, connect, negotiate, ready`() {
        var machine = ConnectionMachine(configuration: .init(), seed: 1)
        machine.wanted(now: second)
        #expect(machine.takeActions() == [.resolve])
        machine.resolved(addresses: 2, now: second)
        guard case .connect(0, let deadline)? = machine.takeActions().first else {
            Issue.record("no attempt")
            return
        }
        #expect(deadline >= 9 * second && deadline <= 13 * second)
        machine.opened(now: second)
        #expect(machine.takeActions() == [.requestVersions(version: 4, correlation: 1)])
        #expect(!machine.canSend(now: second))
        machine.versionsAnswered(errorCode: 0, brokerMaximum: 4, now: second)
        #expect(machine.takeActions() == [.ready])
        #expect(machine.canSend(now: second))
    }

    @Test func `error 35 falls back to the broker's version, or to 0 where none is named`() {
        for (named, expected) in [(3, 3), (nil, 0)] as [(Int16?, Int16)] {
            var machine = ConnectionMachine(configuration: .init(), seed: 1)
            machine.wanted(now: second)
            machine.resolved(addresses: 1, now: second)
            machine.opened(now: second)
            _ = machine.takeActions()
            machine.versionsAnswered(errorCode: 35, brokerMaximum: named, now: second)
            #expect(machine.takeActions() == [.requestVersions(version: expected, correlation: 2)])
        }
    }

    @Test func `error 35 again at version 0 ends the attempt`() {
        var machine = ConnectionMachine(configuration: .init(), seed: 1)
        machine.wanted(now: second)
        machine.resolved(addresses: 1, now: second)
        machine.opened(now: second)
        machine.versionsAnswered(errorCode: 35, brokerMaximum: nil, now: second)
        _ = machine.takeActions()
        machine.versionsAnswered(errorCode: 35, brokerMaximum: nil, now: second)
        #expect(machine.takeActions() == [.close, .lost])
    }

    @Test func `peers that reset on ApiVersions are asked with 3 and then 0`() {
        var machine = ConnectionMachine(configuration: .init(), seed: 1)
        var now = second
        var versions: [Int16] = []
        for _ in 0..<5 {
            machine.wanted(now: now)
            machine.resolved(addresses: 1, now: now)
            machine.opened(now: now)
            for case .requestVersions(let version, _) in machine.takeActions() { versions.append(version) }
            machine.closed(now: now)
            now += 5 * second
        }
        #expect(versions == [4, 4, 3, 0, 0])
    }

    @Test func `back-off grows, tries the next address and resolves again after the last`() {
        var machine = ConnectionMachine(configuration: .init(), seed: 1)
        machine.wanted(now: 0)
        machine.resolved(addresses: 2, now: 0)
        _ = machine.takeActions()
        machine.closed(now: 0)
        #expect(machine.takeActions() == [.lost])
        guard case .waiting(let first) = machine.phase else {
            Issue.record("no back-off")
            return
        }
        #expect(first >= 40_000_000 && first <= 60_000_000)
        machine.wanted(now: first - 1)
        #expect(machine.takeActions().isEmpty)
        machine.wanted(now: first)
        guard case .connect(1, _)? = machine.takeActions().first else {
            Issue.record("the second address was not tried")
            return
        }
        machine.closed(now: first)
        _ = machine.takeActions()
        machine.wanted(now: first + second)
        #expect(machine.takeActions() == [.resolve])
    }

    @Test func `a connection that never opens is given up at its deadline`() throws {
        var machine = ConnectionMachine(configuration: .init(), seed: 1)
        machine.wanted(now: 0)
        machine.resolved(addresses: 1, now: 0)
        machine.opened(now: 0)
        _ = machine.takeActions()
        let deadline = try #require(machine.nextDeadline())
        machine.timePassed(now: deadline - 1)
        #expect(machine.takeActions().isEmpty)
        machine.timePassed(now: deadline)
        #expect(machine.takeActions() == [.close, .lost])
    }

    @Test func `answers must come in the order of the requests`() {
        var machine = connected()
        let first = machine.requestSent(deadline: .max, now: second)
        let other = machine.requestSent(deadline: .max, now: second)
        let inOrder = [first, other].map { machine.answerArrived(correlation: $0, now: second) }
        #expect(inOrder == [true, true])
        let third = machine.requestSent(deadline: .max, now: second)
        let isTaken = machine.answerArrived(correlation: first, now: second)
        #expect(!isTaken)
        #expect(machine.takeActions() == [.close, .fail(correlation: third, .malformed), .lost])
    }

    @Test func `a late answer closes the connection and fails all that is on it`() {
        var machine = connected()
        let first = machine.requestSent(deadline: 5 * second, now: second)
        let other = machine.requestSent(deadline: 9 * second, now: second)
        #expect(machine.nextDeadline() == 5 * second)
        machine.timePassed(now: 5 * second)
        #expect(
            machine.takeActions() == [
                .close, .fail(correlation: first, .timedOut), .fail(correlation: other, .disconnected), .lost,
            ])
    }

    @Test func `throttling keeps requests back and gives those on the wire more time`() {
        var machine = connected()
        _ = machine.requestSent(deadline: 5 * second, now: second)
        machine.throttled(for: 3 * second, now: 2 * second)
        #expect(!machine.canSend(now: 4 * second))
        #expect(machine.canSend(now: 5 * second))
        machine.timePassed(now: 5 * second)
        #expect(machine.takeActions().isEmpty)
        #expect(machine.nextDeadline() == 8 * second)
    }

    @Test func `an idle connection is closed without back-off`() {
        var machine = connected()
        machine.timePassed(now: 600 * second)
        #expect(machine.takeActions() == [.close, .lost])
        #expect(machine.phase == .idle)
    }

    @Test func `the broker's close of an idle connection is no failure either`() {
        var machine = connected()
        machine.closed(now: 2 * second)
        #expect(machine.takeActions() == [.lost])
        #expect(machine.phase == .idle)
    }
}
