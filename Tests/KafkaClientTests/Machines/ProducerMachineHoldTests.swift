import Testing

@testable import KafkaClient

/// A producer whose worker may not write for a while.
@Suite struct ProducerMachineHoldTests {
    private func commands(_ actions: [ProducerAction]) -> [ProduceCommand] {
        actions.compactMap { if case .send(let command) = $0 { command } else { nil } }
    }

    @Test func `what could not be sent goes out first, as it was, when it may`() throws {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        let first = try #require(commands(bench.identify()).first)
        bench.machine.hold(request: first.request)
        #expect(commands(bench.seal()).isEmpty)
        #expect(commands(bench.wait(5_000)).isEmpty)
        bench.machine.release(now: bench.now)
        let again = try #require(commands(bench.machine.takeActions()).first)
        #expect(again.parts == first.parts)
        #expect(again.request != first.request)
        // Nothing was lost by it: the answer goes on to the next in sequence.
        let next = try #require(commands(bench.answer(again.request)).first)
        #expect(next.parts.map(\.batch) == [2])
        #expect(next.parts.first?.stamp?.baseSequence == 10)
    }

    @Test func `several requests come back in their order`() throws {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        let first = try #require(commands(bench.identify()).first)
        _ = bench.answer(first.request)
        let second = try #require(commands(bench.seal()).first)
        let third = try #require(commands(bench.seal()).first)
        bench.machine.hold(request: second.request)
        bench.machine.hold(request: third.request)
        bench.machine.release(now: bench.now)
        let again = commands(bench.machine.takeActions())
        #expect(again.map { $0.parts.map(\.batch) } == [[2], [3]])
        #expect(again.map { $0.parts.first?.stamp?.baseSequence } == [10, 20])
    }

    @Test func `no attempt is counted, no pause begun`() throws {
        var bench = ProducerBench.ready { $0.retries = 1 }
        _ = bench.seal()
        var command = try #require(commands(bench.identify()).first)
        for _ in 0..<3 {
            bench.machine.hold(request: command.request)
            bench.machine.release(now: bench.now)
            command = try #require(commands(bench.machine.takeActions()).first)
        }
        // The one retry is still there.
        #expect(bench.answer(command.request, 7).allSatisfy { if case .complete = $0 { false } else { true } })
        command = try #require(commands(bench.wait(1_000)).first)
        guard case .complete(1, .acknowledged)? = bench.answer(command.request).first else { throw Missing() }
    }

    @Test func `a batch that is held back still expires, and nobody spins until then`() throws {
        var bench = ProducerBench.ready { $0.deliveryTimeout = 1_000_000_000 }
        let start = bench.now
        _ = bench.seal()
        let command = try #require(commands(bench.identify()).first)
        bench.machine.hold(request: command.request)
        #expect(bench.machine.nextDeadline(now: bench.now) == start + 1_000_000_000)
        guard case .complete(1, .failed(let reason))? = bench.wait(1_000).first else { throw Missing() }
        #expect(reason.reason == .deliveryTimedOut)
    }
}
