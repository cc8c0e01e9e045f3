import Testing

@testable import Conformance

struct OffsetTraceTests {
    private func trace(_ offsets: Int64...) -> OffsetTrace {
        var trace = OffsetTrace()
        for offset in offsets { trace.add(.int64(offset)) }
        return trace
    }

    private func held(_ trace: OffsetTrace, _ candidates: ClosedRange<Int64>) -> [Int64] {
        candidates.filter { trace.holds(.int64($0)) }
    }

    @Test func `each offset that came before is known, the last one too`() {
        let trace = trace(1, 2, 3, 4)
        #expect(held(trace, 0...6) == [1, 2, 3, 4])
        #expect(trace.first == .int64(1) && trace.last == .int64(4))
        #expect(held(self.trace(), 0...6) == [])
    }

    @Test func `records that share an offset may go on within it, and not before`() {
        #expect(held(trace(1, 1, 1, 2, 2, 3, 3), 0...4) == [1, 2])
        #expect(held(trace(7, 7), 0...9) == [])
    }

    @Test func `offsets that go round prove nothing`() {
        #expect(held(trace(1, 2, 3, 1, 2), 0...4) == [3])
    }
}
