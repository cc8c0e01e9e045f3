@testable import KafkaClient
import KafkaProtocol
import Testing

@Suite struct FetchedSpanTests {
    /// A batch of format 2 with nothing but a header, as long as `size` says.
    private func batch(base: Int64, delta: Int32, epoch: Int32 = 3, size: Int = 61) -> [UInt8] {
        var writer = ByteWriter()
        writer.int64(base)
        writer.int32(Int32(size - 12))
        writer.int32(epoch)
        writer.int8(2)
        writer.int32(0)
        writer.int16(0)
        writer.int32(delta)
        var bytes = writer.takeBytes()
        bytes += Array(repeating: 0, count: size - bytes.count)
        return bytes
    }

    private func scan(_ bytes: [UInt8], limit: Int = .max) -> FetchedSpan {
        bytes.withUnsafeBytes { FetchedSpan(scanning: $0, limit: limit) }
    }

    @Test func `goes on behind the last offset that a batch covers, whatever records are left of it`() {
        let span = scan(batch(base: 100, delta: 9, epoch: 3) + batch(base: 110, delta: 0, epoch: 4, size: 80))
        #expect(span == FetchedSpan(byteCount: 141, nextOffset: 111, leaderEpoch: 4, isCutShort: false))
    }

    @Test func `a batch that is cut off does not count`() {
        let span = scan(batch(base: 100, delta: 9) + batch(base: 110, delta: 0).dropLast())
        #expect(span.byteCount == 61)
        #expect(span.nextOffset == 110)
    }

    @Test func `bytes without a whole batch are cut short, no bytes are not`() {
        #expect(scan(Array(batch(base: 1, delta: 0).dropLast(3))).isCutShort)
        #expect(scan([]) == .empty)
    }

    @Test func `stops before the limit, but never before the first batch`() {
        let bytes = batch(base: 0, delta: 0) + batch(base: 1, delta: 0) + batch(base: 2, delta: 0)
        #expect(scan(bytes, limit: 130).byteCount == 122)
        #expect(scan(bytes, limit: 10).byteCount == 61)
    }

    @Test func `messages of the old formats and padding behind them are understood`() {
        var writer = ByteWriter()
        writer.int64(41)
        writer.int32(14)
        writer.int32(0)
        writer.int8(1)
        writer.int8(0)
        writer.int32(-1)
        writer.int32(-1)
        let message = writer.takeBytes()
        var padding = ByteWriter()
        padding.int64(-1)
        padding.int32(1 << 20)
        let span = scan(message + padding.takeBytes() + Array(repeating: 0, count: 40))
        #expect(span.byteCount == message.count)
        #expect(span.nextOffset == 42)
        #expect(span.leaderEpoch == -1)
    }

    @Test(arguments: [Int64.max, -5])
    func `offsets that cannot be are not followed`(base: Int64) {
        #expect(scan(batch(base: base, delta: 0)).isCutShort)
    }

    @Test func `negative sizes and deltas end the walk`() {
        #expect(scan(batch(base: 0, delta: -1)).isCutShort)
        var bytes = batch(base: 0, delta: 0)
        bytes[8] = 0xff
        #expect(scan(bytes).isCutShort)
    }
}
