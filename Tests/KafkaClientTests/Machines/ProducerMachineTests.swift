import Testing

@testable import KafkaClient

/// The producer's machine, told what happens in a small vocabulary, with a clock that only moves when told.
struct ProducerBench {
    var machine: ProducerMachine
    var now: UInt64 = 1_000_000_000
    private var lastBatch = 0

    init(_ change: (inout ProducerMachine.Configuration) -> Void = { _ in }) {
        var configuration = ProducerMachine.Configuration()
        change(&configuration)
        machine = ProducerMachine(configuration: configuration, seed: 7)
    }

    /// With partition 0 on node 1, connected, and a producer id.
    static func ready(_ change: (inout ProducerMachine.Configuration) -> Void = { _ in }) -> ProducerBench {
        var bench = ProducerBench(change)
        bench.machine.leaderChanged(slot: 0, node: 1, epoch: 5, now: bench.now)
        bench.machine.nodeReady(1, now: bench.now)
        return bench
    }

    mutating func seal(slot: Int = 0, records: Int32 = 10, bytes: Int = 100) -> [ProducerAction] {
        lastBatch += 1
        let batch = ProducerBatch(
            id: lastBatch, slot: slot, recordCount: records, byteCount: bytes, createdAt: now)
        machine.batchSealed(batch, now: now)
        return machine.takeActions()
    }

    mutating func identify(id: Int64 = 77, epoch: Int16 = 0) -> [ProducerAction] {
        machine.producerIDReceived(ProducerIdentity(id: id, epoch: epoch), now: now)
        return machine.takeActions()
    }

    mutating func answer(
        _ request: Int, _ code: Int16 = 0, slot: Int = 0, offset: Int64 = 0,
        _ change: (inout ProduceAnswer) -> Void = { _ in }
    ) -> [ProducerAction] {
        var answer = ProduceAnswer(slot: slot, errorCode: code, baseOffset: code == 0 ? offset : -1)
        change(&answer)
        machine.produceAnswered(request: request, [answer], now: now)
        return machine.takeActions()
    }

    mutating func wait(_ milliseconds: UInt64) -> [ProducerAction] {
        now += milliseconds * 1_000_000
        machine.timePassed(now: now)
        return machine.takeActions()
    }
}

private func sends(_ actions: [ProducerAction]) -> [ProduceCommand] {
    actions.compactMap { if case .send(let command) = $0 { command } else { nil } }
}

private func completions(_ actions: [ProducerAction]) -> [Int: BatchOutcome] {
    var result: [Int: BatchOutcome] = [:]
    for case .complete(let batch, let outcome) in actions { result[batch] = outcome }
    return result
}

private func stamps(_ actions: [ProducerAction]) -> [Int32] {
    sends(actions).flatMap { $0.parts.map { $0.stamp?.baseSequence ?? -1 } }
}

@Suite struct ProducerMachineTests {
    @Test func `the first batch asks for a producer id and then goes out with sequence 0`() {
        var bench = ProducerBench.ready()
        #expect(bench.seal() == [.requestProducerID])
        let actions = bench.identify()
        #expect(
            actions == [
                .send(
                    ProduceCommand(
                        request: 1, node: 1,
                        parts: [
                            .init(
                                slot: 0, batch: 1,
                                stamp: ProducerStamp(
                                    identity: ProducerIdentity(id: 77, epoch: 0), baseSequence: 0))
                        ]))
            ])
        #expect(bench.answer(1, offset: 40) == [.complete(batch: 1, .acknowledged(baseOffset: 40, appendTime: -1))])
    }

    @Test func `one batch is on the wire until the first is acknowledged, then five`() {
        var bench = ProducerBench.ready()
        for _ in 0..<8 { _ = bench.seal() }
        #expect(sends(bench.identify()).count == 1)
        #expect(stamps(bench.answer(1)) == [10, 20, 30, 40, 50])
        #expect(stamps(bench.answer(2)) == [60])
    }

    @Test func `batches wait for a leader, a connection and the end of a throttle`() {
        var bench = ProducerBench()
        #expect(bench.seal() == [.refreshMetadata(slot: 0), .requestProducerID])
        #expect(bench.identify().isEmpty)
        bench.machine.leaderChanged(slot: 0, node: 3, epoch: 1, now: bench.now)
        #expect(bench.machine.takeActions() == [.connect(node: 3)])
        bench.machine.nodeThrottled(3, until: bench.now + 50_000_000, now: bench.now)
        bench.machine.nodeReady(3, now: bench.now)
        #expect(bench.machine.takeActions().isEmpty)
        #expect(bench.machine.nextDeadline(now: bench.now) == bench.now + 50_000_000)
        #expect(sends(bench.wait(50)).count == 1)
    }

    @Test func `a lost connection has the same bytes sent again, without a new stamp`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        bench.machine.produceFailed(request: 1, .disconnected, now: bench.now)
        #expect(bench.machine.takeActions() == [.refreshMetadata(slot: 0)])
        let again = sends(bench.wait(1500))
        #expect(again.count == 1)
        #expect(again.first?.parts == [.init(slot: 0, batch: 1, stamp: nil)])
    }

    @Test func `after a failure the partition goes on one batch at a time and in order`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        for _ in 0..<3 { _ = bench.seal() }
        _ = bench.answer(1)  // 2, 3, 4 go out as requests 2, 3, 4
        #expect(sends(bench.answer(2, 19)).isEmpty)
        #expect(sends(bench.answer(3, 45)).isEmpty)
        #expect(sends(bench.answer(4, 45)).isEmpty)
        let retried = sends(bench.wait(3000))
        #expect(retried.map { $0.parts.map(\.batch) } == [[2]])
        #expect(sends(bench.answer(5)).map { $0.parts.map(\.batch) } == [[3], [4]])
    }

    @Test func `a leader named by an answer is used at once`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        let actions = bench.answer(1, 6) {
            $0.hintedLeader = 2
            $0.hintedEpoch = 6
        }
        #expect(actions == [.refreshMetadata(slot: 0), .connect(node: 2)])
    }

    @Test func `an old leader named by an answer is not believed`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        let actions = bench.answer(1, 6) {
            $0.hintedLeader = 2
            $0.hintedEpoch = 5
        }
        #expect(actions == [.refreshMetadata(slot: 0)])
    }

    @Test func `metadata with an older leader epoch is ignored, with the same epoch taken`() {
        var bench = ProducerBench.ready()
        bench.machine.leaderChanged(slot: 0, node: 2, epoch: 4, now: bench.now)
        _ = bench.seal()
        #expect(sends(bench.identify()).map(\.node) == [1])
        bench.machine.leaderChanged(slot: 0, node: 2, epoch: 5, now: bench.now)
        bench.machine.nodeReady(2, now: bench.now)
        _ = bench.machine.takeActions()
        _ = bench.answer(1)
        #expect(sends(bench.seal()).map(\.node) == [2])
    }

    @Test func `sequence error on the first batch starts anew under a higher epoch`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        _ = bench.seal()
        _ = bench.answer(1)
        let actions = bench.answer(2, 45)
        #expect(actions.contains(.epochRaised(slot: 0, ProducerIdentity(id: 77, epoch: 1))))
        let again = sends(bench.wait(1500))
        #expect(again.first?.parts.first?.stamp?.identity.epoch == 1)
        #expect(again.first?.parts.first?.stamp?.baseSequence == 0)
    }

    @Test func `other partitions finish under the old epoch before they start at 0`() {
        var bench = ProducerBench.ready()
        bench.machine.leaderChanged(slot: 1, node: 1, epoch: 0, now: bench.now)
        _ = bench.seal(slot: 0)
        _ = bench.identify()
        _ = bench.seal(slot: 1)  // request 2
        _ = bench.answer(2, slot: 1)
        _ = bench.seal(slot: 1)  // request 3, sequence 10
        _ = bench.answer(1, 45)  // raises the epoch for partition 0
        #expect(sends(bench.seal(slot: 1)).isEmpty)  // the old one is not answered yet
        let next = sends(bench.answer(3, slot: 1))
        let part = next.first?.parts.first { $0.slot == 1 }
        #expect(part?.stamp == ProducerStamp(identity: ProducerIdentity(id: 77, epoch: 1), baseSequence: 0))
    }

    @Test func `at the highest epoch a new producer id is asked for`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify(epoch: .max)
        #expect(bench.answer(1, 45).contains(.requestProducerID))
        #expect(sends(bench.wait(1500)).isEmpty)
        let again = sends(bench.identify(id: 78))
        #expect(again.first?.parts.first?.stamp?.identity == ProducerIdentity(id: 78, epoch: 0))
    }

    @Test func `a batch that fails for good does not stop those behind it`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        _ = bench.answer(1)
        _ = bench.seal()
        _ = bench.seal()
        let failed = bench.answer(2, 87) { $0.message = "bad" }
        #expect(completions(failed) == [2: .failed(ProducerFailure(.broker, errorCode: 87, message: "bad"))])
        let restart = bench.answer(3, 45)
        #expect(restart.contains(.epochRaised(slot: 0, ProducerIdentity(id: 77, epoch: 1))))
        #expect(stamps(bench.wait(1500)) == [0])
    }

    @Test(arguments: [3, 6, 7, 13, 20, 56, -1, 999] as [Int16])
    func `an error that may come after the append leaves it to those behind to find out`(code: Int16) {
        var bench = ProducerBench.ready { $0.retries = 0 }
        _ = bench.seal()
        _ = bench.identify()
        _ = bench.answer(1)
        for _ in 0..<2 { _ = bench.seal() }
        #expect(completions(bench.answer(2, code)).keys.sorted() == [2])
        // The log may hold both of them: what comes next must stand in the way of a second copy of 3.
        #expect(!bench.answer(3).contains { if case .epochRaised = $0 { true } else { false } })
        #expect(stamps(bench.seal()) == [30])
    }

    @Test(arguments: [2, 5, 19, 87] as [Int16])
    func `an error that comes before the append has those behind start anew`(code: Int16) {
        var bench = ProducerBench.ready { $0.retries = 0 }
        _ = bench.seal()
        _ = bench.identify()
        _ = bench.answer(1)
        _ = bench.seal()
        #expect(bench.answer(2, code).contains(.epochRaised(slot: 0, ProducerIdentity(id: 77, epoch: 1))))
    }

    @Test func `a batch whose outcome is unknown is given up without a guess about those behind it`() {
        var bench = ProducerBench.ready { $0.deliveryTimeout = 5_000_000_000 }
        _ = bench.seal()
        _ = bench.identify()
        _ = bench.answer(1)
        _ = bench.seal()
        bench.machine.produceFailed(request: 2, .timedOut, now: bench.now)
        _ = bench.machine.takeActions()
        bench.machine.nodeUnready(1, now: bench.now)
        bench.now += 2_000_000_000
        _ = bench.seal()  // batch 3, younger
        let expired = bench.wait(3000)
        #expect(completions(expired) == [2: .failed(ProducerFailure(.deliveryTimedOut))])
        // Batch 3 never had a sequence, so nothing is left to find out: a new epoch.
        #expect(expired.contains(.epochRaised(slot: 0, ProducerIdentity(id: 77, epoch: 1))))
        bench.machine.nodeReady(1, now: bench.now)
        #expect(stamps(bench.machine.takeActions()) == [0])
    }

    @Test func `a late answer settles a batch that was given up on the wire`() {
        var bench = ProducerBench.ready { $0.deliveryTimeout = 5_000_000_000 }
        _ = bench.seal()
        _ = bench.identify()
        #expect(completions(bench.wait(5000)) == [1: .failed(ProducerFailure(.deliveryTimedOut))])
        let late = bench.answer(1)
        #expect(completions(late).isEmpty)
        // The log holds it: sequences simply go on.
        #expect(stamps(bench.seal()) == [10])
    }

    @Test func `a batch that is too large is split, its parts keep its sequences`() {
        var bench = ProducerBench.ready()
        _ = bench.seal(records: 10)
        _ = bench.identify()
        #expect(bench.answer(1, 10) == [.split(batch: 1)])
        let parts = [101, 102].map {
            ProducerBatch(id: $0, slot: 0, recordCount: 5, byteCount: 50, createdAt: bench.now)
        }
        #expect(bench.machine.awaitsSplit(1, slot: 0))
        bench.machine.batchSplit(1, slot: 0, into: parts, now: bench.now)
        #expect(!bench.machine.awaitsSplit(1, slot: 0))
        #expect(stamps(bench.machine.takeActions()) == [0])
        #expect(stamps(bench.answer(2)) == [5])
    }

    @Test func `a single record that is too large fails`() {
        var bench = ProducerBench.ready()
        _ = bench.seal(records: 1)
        _ = bench.identify()
        #expect(completions(bench.answer(1, 10)) == [1: .failed(ProducerFailure(.tooLarge, errorCode: 10))])
    }

    @Test func `duplicates count as acknowledged without an offset`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        #expect(completions(bench.answer(1, 46)) == [1: .acknowledged(baseOffset: -1, appendTime: -1)])
    }

    @Test(arguments: [31, 53, 90, 35, 49] as [Int16])
    func `fatal errors end the producer and fail everything`(code: Int16) {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        _ = bench.seal()
        let actions = bench.answer(1, code)
        #expect(completions(actions).count == 2)
        #expect(actions.last == .failed(ProducerFailure(.broker, errorCode: code)))
        #expect(completions(bench.seal()).count == 1)
    }

    @Test func `a broker that refuses idempotence is used without, one request at a time`() {
        var bench = ProducerBench.ready()
        for _ in 0..<3 { _ = bench.seal() }
        bench.machine.producerIDFailed(errorCode: 31, isUnsupported: false, now: bench.now)
        let actions = bench.machine.takeActions()
        #expect(actions.first == .idempotenceDisabled(errorCode: 31))
        #expect(stamps(actions) == [-1])
        #expect(stamps(bench.answer(1)) == [-1])
    }

    @Test func `idempotence that was asked for is not given up`() {
        var bench = ProducerBench.ready { $0.isIdempotenceRequired = true }
        _ = bench.seal()
        bench.machine.producerIDFailed(errorCode: 31, isUnsupported: false, now: bench.now)
        let actions = bench.machine.takeActions()
        #expect(completions(actions).count == 1)
        #expect(actions.last == .failed(ProducerFailure(.broker, errorCode: 31)))
    }

    @Test func `InitProducerId is repeated after a pause while the broker loads`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        bench.machine.producerIDFailed(errorCode: 14, isUnsupported: false, now: bench.now)
        #expect(bench.machine.takeActions().isEmpty)
        #expect(bench.wait(200) == [.requestProducerID])
    }

    @Test func `nothing waits for time once everything is answered`() {
        var bench = ProducerBench.ready { $0.deliveryTimeout = 1_000_000_000 }
        _ = bench.seal()
        bench.machine.producerIDFailed(errorCode: nil, isUnsupported: false, now: bench.now)
        _ = bench.wait(5000)
        #expect(bench.machine.outstanding == 0)
        #expect(bench.machine.nextDeadline(now: bench.now) == nil)
    }

    @Test func `a topic without rights fails its records until a leader is named again`() {
        var bench = ProducerBench.ready()
        bench.machine.topicRefused(slot: 0, errorCode: 29, now: bench.now)
        #expect(completions(bench.seal()) == [1: .failed(ProducerFailure(.broker, errorCode: 29))])
        bench.machine.leaderChanged(slot: 0, node: 1, epoch: 6, now: bench.now)
        #expect(bench.seal() == [.requestProducerID])
    }

    @Test func `requests hold one batch of each partition, up to their size`() {
        var bench = ProducerBench.ready { $0.maxRequestSize = 250 }
        for slot in 1...3 { bench.machine.leaderChanged(slot: slot, node: 1, epoch: 0, now: bench.now) }
        for slot in 0...3 { _ = bench.seal(slot: slot) }
        #expect(sends(bench.identify()).map { $0.parts.map(\.slot) } == [[0, 1], [2, 3]])
    }

    @Test func `retries run out`() {
        var bench = ProducerBench.ready { $0.retries = 1 }
        _ = bench.seal()
        _ = bench.identify()
        _ = bench.answer(1, 19)
        _ = bench.wait(2000)
        #expect(completions(bench.answer(2, 19)) == [1: .failed(ProducerFailure(.retriesExhausted, errorCode: 19))])
    }

    @Test func `close waits for the last answer, abort does not`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        bench.machine.close(now: bench.now)
        #expect(bench.machine.takeActions().isEmpty)
        #expect(bench.answer(1).last == .closed)
        var other = ProducerBench.ready()
        _ = other.seal()
        other.machine.abort(now: other.now)
        let actions = other.machine.takeActions()
        #expect(completions(actions) == [1: .failed(ProducerFailure(.closed))])
        #expect(actions.last == .closed)
    }

    @Test func `sequences wrap from the largest number to 0`() {
        #expect(ProducerPartition.advance(.max, by: 1) == 0)
        #expect(ProducerPartition.advance(.max - 2, by: 5) == 2)
    }

    @Test func `no more than five batches follow one whose answer is owed`() {
        var bench = ProducerBench.ready()
        _ = bench.seal()
        _ = bench.identify()
        _ = bench.answer(1)
        _ = bench.seal()  // 2, request 2 to node 1, its answer stays away
        bench.machine.leaderChanged(slot: 0, node: 2, epoch: 6, now: bench.now)
        bench.machine.nodeReady(2, now: bench.now)
        _ = bench.machine.takeActions()
        var sent = 0
        for _ in 0..<10 {
            for command in sends(bench.seal()) {
                sent += 1
                for command in sends(bench.answer(command.request)) {
                    sent += 1
                    _ = bench.answer(command.request)
                }
            }
        }
        #expect(sent == 4)
    }
}
