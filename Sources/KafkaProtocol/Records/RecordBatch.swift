/// A finished record batch of format 2, ready to be sent.
///
/// Its records never change. `stamp` changes the header and must not be called while the batch is being written to a socket.
/// The unchecked conformance is sound because a batch has one owner at a time: the lane that sealed it hands it on to the
/// producer's loop, and only the loop stamps it.
public final class RecordBatch: @unchecked Sendable {
    private let buffer: RecordBuffer
    /// The checksum of what follows the header, so that a stamp needs no pass over the records.
    private let recordsChecksum: UInt32
    /// How the records are compressed.
    public let codec: CompressionCodec
    /// How many records there are.
    public let recordCount: Int32
    /// The latest timestamp of its records, milliseconds, -1 where none has one.
    public let maxTimestamp: Int64

    /// Takes over a buffer with room for the header in front of `recordCount` records.
    init(
        buffer: RecordBuffer, codec: CompressionCodec, recordCount: Int32, baseTimestamp: Int64, maxTimestamp: Int64
    ) {
        self.buffer = buffer
        self.codec = codec
        self.recordCount = recordCount
        self.maxTimestamp = maxTimestamp
        recordsChecksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: buffer.bytes[BatchLayout.records...]))
        let header = buffer.address
        header.storeBig(0 as Int64, at: BatchLayout.baseOffset)
        header.storeBig(Int32(buffer.count - BatchLayout.overhead), at: BatchLayout.batchLength)
        header.storeBig(-1 as Int32, at: BatchLayout.partitionLeaderEpoch)
        header.storeBig(2 as Int8, at: BatchLayout.magic)
        header.storeBig(recordCount - 1, at: BatchLayout.lastOffsetDelta)
        header.storeBig(baseTimestamp, at: BatchLayout.baseTimestamp)
        header.storeBig(maxTimestamp, at: BatchLayout.maxTimestamp)
        header.storeBig(recordCount, at: BatchLayout.recordCount)
        stamp(producerID: -1, epoch: -1, baseSequence: -1)
    }

    /// Bytes of the whole batch as sent.
    public var count: Int { buffer.count }

    /// Bytes of memory that the batch holds.
    public var capacity: Int { buffer.capacity }

    /// The bytes as sent; valid while the batch lives, which `withExtendedLifetime` or a `segment` sees to.
    public var bytes: UnsafeRawBufferPointer { buffer.bytes }

    /// The bytes for a `RecordsField`; they keep the batch alive.
    public var segment: FrameSegment { FrameSegment(bytes: bytes, owner: self) }

    /// Sets what an idempotent or transactional producer identifies the batch by, and the checksum; -1 for none. The cost
    /// does not depend on the size of the batch.
    public func stamp(producerID: Int64, epoch: Int16, baseSequence: Int32, transactional: Bool = false) {
        let header = buffer.address
        let attributes = Int16(codec.rawValue) | (transactional ? BatchLayout.transactional : 0)
        header.storeBig(attributes, at: BatchLayout.attributes)
        header.storeBig(producerID, at: BatchLayout.producerID)
        header.storeBig(epoch, at: BatchLayout.producerEpoch)
        header.storeBig(baseSequence, at: BatchLayout.baseSequence)
        let covered = UnsafeRawBufferPointer(rebasing: bytes[BatchLayout.attributes..<BatchLayout.records])
        let checksum = CRC32C.combine(
            CRC32C.checksum(covered), recordsChecksum, secondCount: buffer.count - BatchLayout.records)
        header.storeBig(checksum, at: BatchLayout.checksum)
    }
}
