import Testing

@testable import KafkaClient

/// Batches of a partition that the topic does not have any more, and of a node that the metadata does not name.
@Suite struct ProducerMachineGoneTests {
    private let minute: UInt64 = 60_000_000_000

    private func commands(_ actions: [ProducerAction]) -> [ProduceCommand] {
        actions.compactMap { if case .send(let command) = $0 { command } else { nil } }
    }

    private func failures(_ actions: [ProducerAction]) -> [Int: ProducerFailure] {
        var result: [Int: ProducerFailure] = [:]
        for case .complete(let batch, .failed(let failure)) in actions { result[batch] = failure }
        return result
    }

    @Test func `what is queued for a partition that is gone fails after a while, with no end to delivery`() throws {
        var bench = ProducerBench.ready { $0.deliveryTimeout = .max }
        _ = bench.seal()
        let sent = try #require(commands(bench.identify()).first)
        _ = bench.seal()
        bench.machine.partitionGone(slot: 0, until: bench.now + minute)
        #expect(bench.machine.takeActions() == [.refreshMetadata(slot: 0)])
        // Said again it is not waited for anew.
        bench.machine.partitionGone(slot: 0, until: bench.now + 2 * minute)
        #expect(commands(bench.answer(sent.request, 3)).isEmpty)
        #expect(failures(bench.wait(59_000)).isEmpty)
        #expect(bench.machine.nextDeadline(now: bench.now) == bench.now + minute / 60)
        #expect(
            failures(bench.wait(1000)) == [1: ProducerFailure(.partitionGone), 2: ProducerFailure(.partitionGone)])
        #expect(bench.machine.outstanding == 0)
        // What the lane had under construction meanwhile.
        _ = bench.seal()
        #expect(try #require(bench.machine.nextDeadline(now: bench.now)) <= bench.now)
        #expect(failures(bench.wait(0)) == [3: ProducerFailure(.partitionGone)])
    }

    @Test func `what is on the wire to a partition that is gone is answered before it is given up`() throws {
        var bench = ProducerBench.ready { $0.deliveryTimeout = .max }
        _ = bench.seal()
        let sent = try #require(commands(bench.identify()).first)
        bench.machine.partitionGone(slot: 0, until: bench.now + minute)
        #expect(failures(bench.wait(61_000)).isEmpty)
        #expect(bench.machine.nextDeadline(now: bench.now) == nil)
        let actions = bench.answer(sent.request, offset: 7)
        #expect(actions.contains(.complete(batch: 1, .acknowledged(baseOffset: 7, appendTime: -1))))
    }

    @Test func `a partition that is back takes what waited for it`() throws {
        var bench = ProducerBench.ready { $0.deliveryTimeout = .max }
        bench.machine.partitionGone(slot: 0, until: bench.now + minute)
        _ = bench.seal()
        #expect(commands(bench.identify()).isEmpty)
        bench.now += minute / 2
        bench.machine.leaderChanged(slot: 0, node: 1, epoch: 0, now: bench.now)
        #expect(commands(bench.machine.takeActions()).map { $0.parts.map(\.batch) } == [[1]])
        #expect(failures(bench.wait(120_000)).isEmpty)
    }

    @Test func `a node that was not known when it was asked for is asked for again`() {
        var bench = ProducerBench()
        bench.machine.leaderChanged(slot: 0, node: 1, epoch: 0, now: bench.now)
        _ = bench.seal()
        #expect(bench.identify() == [.connect(node: 1)])
        bench.machine.nodeUnknown(1)
        #expect(bench.machine.takeActions().isEmpty)
        bench.machine.leaderChanged(slot: 0, node: 1, epoch: 0, now: bench.now)
        #expect(bench.machine.takeActions() == [.connect(node: 1)])
        // Once it is known how that goes, nothing is asked twice.
        bench.machine.leaderChanged(slot: 0, node: 1, epoch: 0, now: bench.now)
        #expect(bench.machine.takeActions().isEmpty)
    }
}
