import KafkaClient
import KafkaProtocol
import Testing

@testable import ConnectKafka

@Suite struct TransactionFilterTests {
    /// The header of a batch with one record.
    private func batch(
        at offset: Int64, producer: Int64, isTransactional: Bool = true, isControl: Bool = false
    ) throws -> RecordBatchInfo {
        var bytes = [UInt8](repeating: 0, count: 72)
        func put<Number: FixedWidthInteger>(_ number: Number, at place: Int) {
            withUnsafeBytes(of: number.bigEndian) { bytes.replaceSubrange(place..<place + $0.count, with: $0) }
        }
        put(offset, at: 0)
        put(Int32(60), at: 8)
        put(Int8(2), at: 16)
        put(Int16((isTransactional ? 0x10 : 0) | (isControl ? 0x20 : 0)), at: 21)
        put(producer, at: 43)
        put(Int32(1), at: 57)
        return try #require(try bytes.withUnsafeBytes { try RecordBatchInfo($0) })
    }

    @Test func `batches of an aborted transaction are hidden up to its marker`() throws {
        var filter = TransactionFilter([AbortedTransaction(producerID: 7, firstOffset: 10)])
        #expect(!filter.hides(try batch(at: 5, producer: 7), marker: nil))
        #expect(filter.hides(try batch(at: 10, producer: 7), marker: nil))
        #expect(!filter.hides(try batch(at: 11, producer: 8), marker: nil))
        #expect(filter.hides(try batch(at: 12, producer: 7, isControl: true), marker: .abort))
        #expect(!filter.hides(try batch(at: 13, producer: 7), marker: nil))
    }

    @Test func `batches outside of transactions always pass, and an abort without an entry changes nothing`() throws {
        var filter = TransactionFilter([AbortedTransaction(producerID: 7, firstOffset: 0)])
        #expect(!filter.hides(try batch(at: 1, producer: 7, isTransactional: false), marker: nil))
        #expect(filter.hides(try batch(at: 2, producer: 9, isControl: true), marker: .abort))
        #expect(filter.hides(try batch(at: 3, producer: 7), marker: nil))
    }
}
