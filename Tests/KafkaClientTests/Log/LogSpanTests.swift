import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite struct LogSpanTests {
    /// A sealed batch of records with one-byte keys; the value of `nil` is a tombstone.
    private func batch(base: Int64, _ values: [[UInt8]?]) throws -> [UInt8] {
        let builder = RecordBatchBuilder(pool: RecordBufferPool(), limit: 1 << 16)
        for value in values {
            let key: [UInt8] = [UInt8(ascii: "k")]
            let isTaken = key.withUnsafeBytes { key in
                guard let value else {
                    return builder.append(
                        key: key.baseAddress, keyCount: 1, value: nil, valueCount: -1, timestamp: 1)
                }
                return value.withUnsafeBytes {
                    builder.append(
                        key: key.baseAddress, keyCount: 1, value: $0.baseAddress, valueCount: Int32($0.count),
                        timestamp: 1)
                }
            }
            try #require(isTaken)
        }
        let sealed = try #require(try builder.seal())
        var bytes = Array(sealed.bytes)
        // The checksum does not cover the base offset.
        withUnsafeBytes(of: base.bigEndian) { bytes.replaceSubrange(0..<8, with: $0) }
        return bytes
    }

    private func span(_ batches: [[UInt8]], from offset: Int64, next: Int64) -> LogSpan {
        let bytes = batches.flatMap { $0 }
        let frame = bytes.withUnsafeBytes { FrameBuffer(copying: $0) }
        let delivery = FetchDelivery(
            place: 0, partition: TopicPartition("log", 0), incarnation: 1, offset: offset, byteCount: bytes.count,
            highWatermark: next)
        let chunk = FetchedChunk(
            delivery, nextOffset: next, isReadCommitted: false, aborted: [], owner: frame, start: 0,
            checksChecksums: true)
        return LogSpan(chunk, Decompressor(pool: RecordBufferPool()))
    }

    @Test func `records come with keys and tombstones from the asked offset on`() throws {
        let span = span([try batch(base: 4, [[1], [2], nil])], from: 5, next: 7)
        #expect(span.records.map(\.offset) == [5, 6])
        #expect(span.records.map(\.value) == [[2], nil])
        #expect(span.records.allSatisfy { $0.key == [UInt8(ascii: "k")] })
        #expect(span.next == 7)
        #expect(span.damage == nil)
    }

    @Test func `a damaged batch ends the span before it and tells where the log goes on`() throws {
        var damaged = try batch(base: 6, [[3], [4]])
        damaged[damaged.count - 1] ^= 1
        let span = span([try batch(base: 4, [[1], [2]]), damaged, try batch(base: 8, [[5]])], from: 4, next: 9)
        #expect(span.records.map(\.value) == [[1], [2]])
        #expect(span.next == 6)
        #expect(span.damage?.behind == 8)
        #expect(span.damage?.error == .checksumMismatch(6))
    }

    @Test func `behind a damaged batch the next one is readable`() throws {
        var damaged = try batch(base: 6, [[3], [4]])
        damaged[damaged.count - 1] ^= 1
        // The broker may send the damaged batch again in front of what is asked for.
        let span = span([try batch(base: 8, [[5]])], from: 8, next: 9)
        #expect(span.records.map(\.value) == [[5]])
        let again = self.span([try batch(base: 4, [[1], [2]]), damaged], from: 6, next: 8)
        #expect(again.next == 6)
        #expect(again.damage?.behind == 8)
    }
}
