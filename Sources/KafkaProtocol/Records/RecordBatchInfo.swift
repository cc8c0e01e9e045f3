/// What the header of a record batch says.
///
/// An uncompressed message of the old formats 0 and 1, or a compressed set of them, counts as a batch too.
public struct RecordBatchInfo: Sendable, Equatable {
    /// The format: 0, 1 or 2.
    public let magic: Int8
    /// Bytes of the batch, header included.
    public let size: Int
    /// The offset of the first record when the batch was written; compaction may have removed it since. In the old formats
    /// that of the last one.
    public let baseOffset: Int64
    /// The last offset that the batch covers, whether or not that record is still there.
    public let lastOffset: Int64
    /// The leader epoch in which the batch was written, -1 in the old formats.
    public let partitionLeaderEpoch: Int32
    /// How the records are compressed.
    public let codec: CompressionCodec
    /// Whether every record has the broker's time of appending, `maxTimestamp`.
    public let isAppendTime: Bool
    /// Whether the records belong to a transaction.
    public let isTransactional: Bool
    /// Whether the batch holds markers that no application may see.
    public let isControl: Bool
    /// What the records' timestamps are relative to, milliseconds.
    public let baseTimestamp: Int64
    /// The latest timestamp, milliseconds.
    public let maxTimestamp: Int64
    /// When the markers or tombstones in the batch may go, milliseconds; nil where that is not decided yet.
    public let deleteHorizon: Int64?
    /// The idempotent producer's id, -1 for none.
    public let producerID: Int64
    /// The idempotent producer's epoch, -1 for none.
    public let producerEpoch: Int16
    /// The sequence number of the first record, -1 for none.
    public let baseSequence: Int32
    /// How many records there are, -1 where only decompression tells (old formats). May be 0 after compaction.
    public let recordCount: Int32

    /// Where to continue reading behind this batch.
    public var nextOffset: Int64 { lastOffset + 1 }

    /// Offsets beyond this are refused, so that adding what a batch can hold never overflows.
    static let largestOffset = Int64.max - (1 << 33)

    /// Reads the header at the start of `bytes`.
    ///
    /// Returns nil where the bytes end before the batch does, which is how a fetch answer may end. Throws where the header
    /// contradicts itself.
    public init?(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
        guard let start = bytes.baseAddress, bytes.count > BatchLayout.magic else { return nil }
        let offset = start.loadBig(BatchLayout.baseOffset, as: Int64.self)
        let length = Int(start.loadBig(BatchLayout.batchLength, as: Int32.self))
        guard length >= LegacyLayout.leastLength else { throw .invalidBatch(offset, "its length is \(length)") }
        guard length <= bytes.count - BatchLayout.overhead else { return nil }
        guard (0...Self.largestOffset).contains(offset) else { throw .invalidBatch(offset, "impossible offset") }
        baseOffset = offset
        size = length + BatchLayout.overhead
        magic = start.loadBig(BatchLayout.magic, as: Int8.self)
        switch magic {
        case 2:
            guard size >= BatchLayout.records else { throw .invalidBatch(offset, "its length is \(length)") }
            let attributes = start.loadBig(BatchLayout.attributes, as: Int16.self)
            let last = start.loadBig(BatchLayout.lastOffsetDelta, as: Int32.self)
            guard last >= 0 else { throw .invalidBatch(offset, "its last offset lies before its first") }
            lastOffset = offset + Int64(last)
            partitionLeaderEpoch = start.loadBig(BatchLayout.partitionLeaderEpoch, as: Int32.self)
            codec = try Self.codec(attributes, magic)
            isAppendTime = attributes & BatchLayout.appendTime != 0
            isTransactional = attributes & BatchLayout.transactional != 0
            isControl = attributes & BatchLayout.control != 0
            baseTimestamp = start.loadBig(BatchLayout.baseTimestamp, as: Int64.self)
            maxTimestamp = start.loadBig(BatchLayout.maxTimestamp, as: Int64.self)
            deleteHorizon = attributes & BatchLayout.deleteHorizon != 0 ? baseTimestamp : nil
            producerID = start.loadBig(BatchLayout.producerID, as: Int64.self)
            producerEpoch = start.loadBig(BatchLayout.producerEpoch, as: Int16.self)
            baseSequence = start.loadBig(BatchLayout.baseSequence, as: Int32.self)
            recordCount = start.loadBig(BatchLayout.recordCount, as: Int32.self)
            guard recordCount >= 0 else { throw .invalidBatch(offset, "its count is \(recordCount)") }
        case 0, 1:
            guard length >= LegacyLayout.leastLength(magic) else {
                throw .invalidBatch(offset, "its length is \(length)")
            }
            let attributes = Int16(start.loadBig(LegacyLayout.attributes, as: UInt8.self))
            lastOffset = offset
            partitionLeaderEpoch = -1
            codec = try Self.codec(attributes, magic)
            isAppendTime = magic == 1 && attributes & BatchLayout.appendTime != 0
            isTransactional = false
            isControl = false
            baseTimestamp = magic == 1 ? start.loadBig(LegacyLayout.timestamp, as: Int64.self) : -1
            maxTimestamp = baseTimestamp
            deleteHorizon = nil
            producerID = -1
            producerEpoch = -1
            baseSequence = -1
            recordCount = codec == .none ? 1 : -1
        default:
            throw .unsupportedMagic(magic)
        }
    }

    private static func codec(_ attributes: Int16, _ magic: Int8) throws(ProtocolError) -> CompressionCodec {
        let number = UInt8(truncatingIfNeeded: attributes & BatchLayout.codecMask)
        guard let codec = CompressionCodec(rawValue: number), codec != .zstd || magic == 2 else {
            throw .unsupportedCodec(Int(number))
        }
        return codec
    }
}

/// Where the fields of a message of the formats 0 and 1 stand: the same up to the magic byte, except that the checksum comes
/// before it.
enum LegacyLayout {
    static let checksum = 12
    /// The checksum (CRC-32, not Castagnoli) covers everything from here to the end.
    static let magic = 16
    static let attributes = 17
    static let timestamp = 18
    static let leastLength = leastLength(0)

    /// Where the length of the key stands.
    static func key(_ magic: Int8) -> Int { magic == 0 ? 18 : 26 }

    /// The least that the length field can say: null key, null value.
    static func leastLength(_ magic: Int8) -> Int { key(magic) + 8 - BatchLayout.overhead }
}
