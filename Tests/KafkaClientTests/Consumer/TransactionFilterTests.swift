import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite struct TransactionFilterTests {
    private static let transactional: Int16 = 1 << 4
    private static let control: Int16 = 1 << 5

    /// A batch with one record; a control batch with an abort or commit marker as its key.
    private func batch(base: Int64, producer: Int64, attributes: Int16, marker: Int16? = nil) -> [UInt8] {
        let key: [UInt8] = marker.map { [0, 0, UInt8($0 >> 8), UInt8($0 & 0xff)] } ?? [1]
        var record: [UInt8] = [0, 0, 0, UInt8(key.count * 2)]
        record += key
        record += [1, 0]
        record = [UInt8(record.count * 2)] + record
        var writer = ByteWriter()
        writer.int64(base)
        writer.int32(Int32(49 + record.count))
        writer.int32(0)
        writer.int8(2)
        writer.int32(0)
        writer.int16(attributes)
        writer.int32(0)
        writer.int64(0)
        writer.int64(0)
        writer.int64(producer)
        writer.int16(0)
        writer.int32(0)
        writer.int32(1)
        return writer.takeBytes() + record
    }

    /// The offsets of the batches that are shown.
    private func shown(_ batches: [[UInt8]], aborted: [(Int64, Int64)], isReadCommitted: Bool = true) throws -> [Int64]
    {
        let bytes = batches.flatMap { $0 }
        let decompressor = Decompressor(pool: RecordBufferPool())
        var offsets: [Int64] = []
        try bytes.withUnsafeBytes { buffer in
            var reader = RecordBatchReader(buffer, decompressor: decompressor, checksums: false)
            var filter = TransactionFilter(
                isReadCommitted: isReadCommitted,
                aborted: aborted.map { AbortedTransaction(producerID: $0.0, firstOffset: $0.1) })
            while let batch = try reader.nextBatch() {
                if try filter.shows(batch, &reader) { offsets.append(batch.baseOffset) }
            }
        }
        return offsets
    }

    @Test func `aborted records are passed over up to their marker, others are shown`() throws {
        let batches = [
            batch(base: 0, producer: 7, attributes: Self.transactional),
            batch(base: 1, producer: 8, attributes: Self.transactional),
            batch(base: 2, producer: 7, attributes: Self.transactional | Self.control, marker: 0),
            batch(base: 3, producer: 7, attributes: Self.transactional),
            batch(base: 4, producer: 7, attributes: 0),
        ]
        #expect(try shown(batches, aborted: [(7, 0)]) == [1, 3, 4])
    }

    @Test func `a commit marker ends nothing and is never shown`() throws {
        let batches = [
            batch(base: 0, producer: 7, attributes: Self.transactional),
            batch(base: 1, producer: 7, attributes: Self.transactional | Self.control, marker: 1),
        ]
        #expect(try shown(batches, aborted: []) == [0])
    }

    @Test func `a transaction that begins later hides nothing before`() throws {
        let batches = [
            batch(base: 0, producer: 7, attributes: Self.transactional),
            batch(base: 5, producer: 7, attributes: Self.transactional),
        ]
        #expect(try shown(batches, aborted: [(7, 5)]) == [0])
    }

    @Test func `an abort marker without an entry is normal`() throws {
        let batches = [batch(base: 0, producer: 7, attributes: Self.transactional | Self.control, marker: 0)]
        #expect(try shown(batches, aborted: []).isEmpty)
    }

    @Test func `reading uncommitted shows all but markers`() throws {
        let batches = [
            batch(base: 0, producer: 7, attributes: Self.transactional),
            batch(base: 1, producer: 7, attributes: Self.transactional | Self.control, marker: 0),
        ]
        #expect(try shown(batches, aborted: [(7, 0)], isReadCommitted: false) == [0])
    }
}
