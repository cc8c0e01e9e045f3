import KafkaProtocol

@testable import KafkaClient

/// A record batch of the current format, uncompressed, whose records have no keys and their offset's text as value.
struct WireBatch {
    static let transactional: Int16 = 1 << 4
    static let control: Int16 = 1 << 5
    static let appendTime: Int16 = 1 << 3

    var base: Int64
    var count: Int
    var producer: Int64 = -1
    var attributes: Int16 = 0
    /// The key of a control batch's one record: 0 for an abort, 1 for a commit.
    var marker: UInt8?
    var hasChecksum = true
    /// The record at this position says of itself that it has a negative length.
    var damagedRecord: Int?
    /// What an append-time batch gives all its records; others are of 1 000.
    var maxTimestamp: Int64 = 1_000

    /// The end of a transaction.
    static func abort(_ producer: Int64, at offset: Int64) -> WireBatch {
        WireBatch(base: offset, count: 1, producer: producer, attributes: transactional | control, marker: 0)
    }

    var bytes: [UInt8] {
        var body: [UInt8] = []
        big(attributes, &body)
        big(Int32(count - 1), &body)
        big(Int64(1_000), &body)
        big(maxTimestamp, &body)
        big(producer, &body)
        big(Int16(0), &body)
        big(Int32(-1), &body)
        big(Int32(count), &body)
        for index in 0..<count { body += record(index) }
        var batch: [UInt8] = []
        big(base, &batch)
        big(Int32(body.count + 9), &batch)
        big(Int32(0), &batch)
        batch.append(2)
        big(hasChecksum ? body.withUnsafeBytes { CRC32C.checksum($0) } : 0, &batch)
        return batch + body
    }

    private func record(_ index: Int) -> [UInt8] {
        var record: [UInt8] = [0, 0]
        varint(index, &record)
        let key: [UInt8]? = marker.map { [0, 0, 0, $0] }
        varint(key?.count ?? -1, &record)
        record += key ?? []
        let value = Array(String(base + Int64(index)).utf8)
        varint(value.count, &record)
        record += value
        record.append(0)
        var whole: [UInt8] = []
        varint(index == damagedRecord ? -2 : record.count, &whole)
        return whole + record
    }

    /// A message of format 1 without key, checksum and value's contents.
    static func message(at offset: Int64, attributes: UInt8, timestamp: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        big(offset, &bytes)
        big(Int32(22), &bytes)
        big(Int32(0), &bytes)
        bytes += [1, attributes]
        big(timestamp, &bytes)
        big(Int32(-1), &bytes)
        big(Int32(-1), &bytes)
        return bytes
    }

    private func big<Number: FixedWidthInteger>(_ number: Number, _ bytes: inout [UInt8]) { Self.big(number, &bytes) }

    private static func big<Number: FixedWidthInteger>(_ number: Number, _ bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }

    private func varint(_ number: Int, _ bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: Int64((number << 1) ^ (number >> 63)))
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A fetched chunk of such batches.
    static func chunk(
        _ batches: [WireBatch], partition: Int32 = 0, from offset: Int64? = nil, aborted: [(Int64, Int64)] = [],
        isReadCommitted: Bool = true, checksChecksums: Bool = true
    ) -> FetchedChunk {
        let next = (batches.last?.base ?? 0) + Int64(batches.last?.count ?? 0)
        return chunk(
            batches.flatMap(\.bytes), partition: partition, from: offset ?? batches.first?.base ?? 0, next: next,
            aborted: aborted, isReadCommitted: isReadCommitted, checksChecksums: checksChecksums)
    }

    /// A fetched chunk of any bytes.
    static func chunk(
        _ bytes: [UInt8], partition: Int32 = 0, from offset: Int64, next: Int64, aborted: [(Int64, Int64)] = [],
        isReadCommitted: Bool = false, checksChecksums: Bool = true
    ) -> FetchedChunk {
        let delivery = FetchDelivery(
            place: 0, partition: TopicPartition("t", partition), incarnation: 1,
            offset: offset, byteCount: bytes.count, highWatermark: next)
        return FetchedChunk(
            delivery, nextOffset: next, isReadCommitted: isReadCommitted,
            aborted: aborted.map { AbortedTransaction(producerID: $0.0, firstOffset: $0.1) },
            owner: bytes.withUnsafeBytes { FrameBuffer(copying: $0) }, start: 0, checksChecksums: checksChecksums)
    }
}
