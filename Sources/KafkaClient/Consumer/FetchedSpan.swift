/// What the headers of fetched batches say without a look at the records: how far the whole batches reach and where the
/// log goes on behind them.
///
/// Only the loop's view: neither checksums nor records are read here. That happens in the lane.
package struct FetchedSpan: Sendable, Equatable {
    /// Bytes of whole batches from the begin; a batch that the broker cut off at the size limit is not counted.
    package var byteCount: Int
    /// The offset behind the last whole batch, -1 when there is none.
    package var nextOffset: Int64
    /// The leader epoch of the last whole batch, -1 when unknown.
    package var leaderEpoch: Int32
    /// Whether there were bytes but not one whole batch.
    package var isCutShort: Bool

    package static let empty = FetchedSpan(byteCount: 0, nextOffset: -1, leaderEpoch: -1, isCutShort: false)

    package init(byteCount: Int, nextOffset: Int64, leaderEpoch: Int32, isCutShort: Bool) {
        self.byteCount = byteCount
        self.nextOffset = nextOffset
        self.leaderEpoch = leaderEpoch
        self.isCutShort = isCutShort
    }

    /// Bytes before what the size field of a batch or an old message set entry counts.
    private static let prefixSize = 12
    /// The first bytes of a batch of format 2 up to the end of `lastOffsetDelta`.
    private static let headSize = 27
    /// The least size of an entry of format 0: offset, size, crc, magic, attributes, two lengths.
    private static let leastEntrySize = 26

    /// Walks the batch headers of one partition's bytes.
    ///
    /// - Parameter limit: stop in front of the batch that would take the span past so many bytes; the first whole batch
    ///   is taken whatever its size.
    package init(scanning bytes: UnsafeRawBufferPointer, limit: Int = .max) {
        self = .empty
        var at = 0
        while let batch = Self.batch(in: bytes, at: at) {
            if at > 0, batch.end > limit { break }
            at = batch.end
            byteCount = at
            nextOffset = batch.nextOffset
            leaderEpoch = batch.leaderEpoch
            if at >= limit { break }
        }
        isCutShort = byteCount == 0 && bytes.count > 0
    }

    /// The batch at a place; nil where the bytes hold no whole one. What does not fit is dropped silently, as it may be
    /// cut off or be padding (offset -1).
    private static func batch(
        in bytes: UnsafeRawBufferPointer, at: Int
    ) -> (end: Int, nextOffset: Int64, leaderEpoch: Int32)? {
        let left = bytes.count - at
        guard left >= leastEntrySize else { return nil }
        let base = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int64.self))
        let size = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: at + 8, as: Int32.self)))
        guard base >= 0, size >= leastEntrySize - prefixSize, size <= left - prefixSize else { return nil }
        let end = at + prefixSize + size
        let magic = bytes[at + 16]
        guard magic >= 2 else {
            let (next, overflow) = base.addingReportingOverflow(1)
            return overflow ? nil : (end, next, -1)
        }
        guard size >= headSize - prefixSize else { return nil }
        let epoch = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: at + 12, as: Int32.self))
        let delta = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: at + 23, as: Int32.self))
        guard delta >= 0 else { return nil }
        let (next, overflow) = base.addingReportingOverflow(Int64(delta) + 1)
        return overflow ? nil : (end, next, epoch)
    }
}
