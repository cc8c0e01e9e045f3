import Testing

@testable import KafkaClient

/// What becomes of a batch that is too large and may be in the log all the same: the limit was lowered behind its first sending.
@Suite struct ProducerMachineSplitTests {
    private var bench = ProducerBench.ready()

    /// Batch 1 (records 0 to 9) is in the log. Batch 2 brings that answer, is sent again, is too large and cut in two.
    private mutating func cut(after code: Int16?) -> [ProducerAction] {
        _ = bench.seal()
        _ = bench.identify()
        _ = bench.answer(1)
        _ = bench.seal()
        if let code {
            _ = bench.answer(2, code)
        } else {
            bench.machine.produceFailed(request: 2, .timedOut, now: bench.now)
            _ = bench.machine.takeActions()
        }
        #expect(bench.wait(1500).count == 1)
        #expect(bench.answer(3, 10) == [.split(batch: 2)])
        let parts = [101, 102].map {
            ProducerBatch(id: $0, slot: 0, recordCount: 5, byteCount: 50, createdAt: bench.now)
        }
        bench.machine.batchSplit(2, slot: 0, into: parts, now: bench.now)
        return bench.machine.takeActions()
    }

    private func outcomes(_ actions: [ProducerAction]) -> [Int: BatchOutcome] {
        var result: [Int: BatchOutcome] = [:]
        for case .complete(let batch, let outcome) in actions { result[batch] = outcome }
        return result
    }

    private func sequences(_ actions: [ProducerAction]) -> [Int32] {
        var result: [Int32] = []
        for case .send(let command) in actions { result += command.parts.map { $0.stamp?.baseSequence ?? -1 } }
        return result
    }

    private func raises(_ actions: [ProducerAction]) -> Bool {
        actions.contains { if case .epochRaised = $0 { true } else { false } }
    }

    private static let inDoubt = BatchOutcome.failed(ProducerFailure(.inDoubt, errorCode: 45))

    @Test(arguments: [nil, 3, 6, 7, 13, 20, 56] as [Int16?])
    mutating func `parts of what may be in the log are not written under other sequences`(code: Int16?) {
        #expect(sequences(cut(after: code)) == [10])
        _ = bench.seal()  // batch 3 waits behind them
        let first = bench.answer(4, 45)
        #expect(outcomes(first) == [101: Self.inDoubt])
        #expect(!raises(first))
        let second = first + bench.wait(1500)
        #expect(sequences(second) == [15], "as before: the second part finds out what the log holds")
        let end = bench.answer(5, 45)
        #expect(outcomes(end) == [102: Self.inDoubt])
        // What was never sent goes on anew.
        #expect(raises(end))
        #expect(sequences(end + bench.wait(1500)) == [0])
    }

    @Test mutating func `parts whose whole is not in the log are written`() {
        #expect(sequences(cut(after: nil)) == [10])
        let first = bench.answer(4, offset: 10)
        #expect(outcomes(first) == [101: .acknowledged(baseOffset: 10, appendTime: -1)])
        #expect(sequences(first) == [15])
        // The first one settled it: what the log refuses now it does not have.
        let second = bench.answer(5, 45)
        #expect(outcomes(second).isEmpty)
        #expect(raises(second))
        #expect(sequences(second + bench.wait(1500)) == [0])
    }

    @Test mutating func `parts of what is surely not in the log start anew`() {
        #expect(sequences(cut(after: 19)) == [10])
        let first = bench.answer(4, 45)
        #expect(outcomes(first).isEmpty)
        #expect(raises(first))
        #expect(sequences(first + bench.wait(1500)) == [0])
    }

    @Test mutating func `a part that is given up does not have the others start anew`() {
        #expect(sequences(cut(after: nil)) == [10])
        let first = bench.answer(4, 87)
        #expect(outcomes(first) == [101: .failed(ProducerFailure(.broker, errorCode: 87))])
        #expect(!raises(first))
        #expect(sequences(first) == [15])
    }

    @Test mutating func `parts of a part are in doubt as it was`() {
        #expect(sequences(cut(after: nil)) == [10])
        #expect(bench.answer(4, 10).contains(.split(batch: 101)))
        let parts = [201, 202].map {
            ProducerBatch(id: $0, slot: 0, recordCount: 2, byteCount: 20, createdAt: bench.now)
        }
        bench.machine.batchSplit(101, slot: 0, into: parts, now: bench.now)
        #expect(sequences(bench.machine.takeActions()) == [10])
        #expect(outcomes(bench.answer(5, 45)) == [201: Self.inDoubt])
    }

    @Test mutating func `a batch that could not be cut fails with the reason`() {
        _ = bench.seal()
        _ = bench.identify()
        #expect(bench.answer(1, 10) == [.split(batch: 1)])
        let reason = ProducerFailure(.noMemory, message: "none")
        bench.machine.splitFailed(1, slot: 0, reason, now: bench.now)
        #expect(outcomes(bench.machine.takeActions()) == [1: .failed(reason)])
        bench.machine.splitFailed(1, slot: 0, reason, now: bench.now)
        #expect(bench.machine.takeActions().isEmpty, "once")
    }
}
