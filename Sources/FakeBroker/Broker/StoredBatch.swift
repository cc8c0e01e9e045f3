internal import KafkaProtocol

/// A record batch as it is kept and sent: the client's bytes with the log's offset and leader epoch.
///
/// The bytes are written before anybody else sees the batch, and never after; answers refer to them and keep them alive.
final class StoredBatch {
    private let buffer: UnsafeMutableRawBufferPointer
    /// Milliseconds since 1970, of its latest record; -1 for none.
    let maxTimestamp: Int64

    /// Copies `bytes`, which hold one whole batch of format 2. Neither offset nor epoch is under its checksum.
    init(copying bytes: UnsafeRawBufferPointer, baseOffset: Int64, leaderEpoch: Int32, maxTimestamp: Int64) {
        buffer = .allocate(byteCount: bytes.count, alignment: 8)
        buffer.copyMemory(from: bytes)
        self.maxTimestamp = maxTimestamp
        guard bytes.count >= 16 else { return }
        buffer.storeBytes(of: baseOffset.bigEndian, toByteOffset: 0, as: Int64.self)
        buffer.storeBytes(of: leaderEpoch.bigEndian, toByteOffset: 12, as: Int32.self)
    }

    deinit { buffer.deallocate() }

    var count: Int { buffer.count }
    /// Valid while the batch lives.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer) }
    /// For an answer, which keeps the batch.
    var segment: FrameSegment { FrameSegment(bytes: bytes, owner: self) }
}
