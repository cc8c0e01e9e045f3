import Synchronization
import Testing

@testable import KafkaClient

@Suite struct SessionGateTests {
    private final class Count: Sendable {
        let value = Atomic(0)
        var now: Int { value.load(ordering: .relaxed) }
        func add() { value.add(1, ordering: .relaxed) }
    }

    @Test func `is closed before there was a session and after it`() {
        let gate = SessionGate()
        #expect(!gate.allows(0))
        gate.open(until: 10 * second, now: second)
        #expect(gate.allows(10 * second - 1))
        #expect(!gate.allows(10 * second))
        gate.open(until: 20 * second, now: 11 * second)
        #expect(gate.allows(11 * second))
        gate.shut()
        #expect(!gate.allows(11 * second))
    }

    @Test func `a session is over until its owner has settled in the next one, open or not`() {
        let gate = SessionGate()
        #expect(!gate.isOver)
        gate.open(until: 10 * second, now: 0)
        gate.shut()
        #expect(gate.isOver)
        gate.open(until: 20 * second, now: 0)
        #expect(gate.isOver)
        gate.renew()
        #expect(!gate.isOver)
    }

    @Test func `an older answer does not shorten it`() {
        let gate = SessionGate()
        gate.open(until: 10 * second, now: 0)
        gate.open(until: 5 * second, now: 0)
        #expect(gate.allows(9 * second))
        gate.open(until: .max, now: 0)
        #expect(gate.allows(.max - 1))
    }

    @Test func `who waits is called once, when it opens, and has the coordinator asked`() {
        let (gate, calls, questions) = (SessionGate(), Count(), Count())
        gate.onWait { questions.add() }
        gate.whenOpen { calls.add() }
        #expect(questions.now == 1)
        #expect(gate.isAwaited)
        #expect(calls.now == 0)
        gate.open(until: 10 * second, now: 0)
        gate.open(until: 11 * second, now: 0)
        #expect(calls.now == 1)
        #expect(!gate.isAwaited)
    }

    @Test func `an answer from before a long stop opens nothing`() {
        let (gate, calls) = (SessionGate(), Count())
        gate.whenOpen { calls.add() }
        gate.open(until: 10 * second, now: 60 * second)
        #expect(calls.now == 0)
        #expect(gate.isAwaited)
        #expect(!gate.allows(60 * second))
    }
}
