public import KafkaProtocol

/// Records of one partition as the broker sent them: whole batches, neither checked nor decompressed yet.
///
/// Owns its share of the receive buffer; the bytes are valid while the value (or a copy) lives. May go to any thread.
public struct FetchedChunk: Sendable {
    /// The partition.
    public let partition: TopicPartition
    /// Where to start: the first batch may begin below, and records before this offset were not asked for.
    public let offset: Int64
    /// The offset behind the last batch; where the partition goes on.
    public let nextOffset: Int64
    /// The partition's high watermark when the broker answered: what is to come is `highWatermark - nextOffset`.
    public let highWatermark: Int64
    /// Whether records of open and aborted transactions must not be shown (`isolation.level`).
    public let isReadCommitted: Bool
    /// Transactions that were aborted, by ascending first offset; empty unless ``isReadCommitted``.
    public let abortedTransactions: [AbortedTransaction]
    let incarnation: UInt64
    private let owner: FrameBuffer
    private let start: Int
    private let count: Int
    private let checksChecksums: Bool

    init(
        _ delivery: FetchDelivery, nextOffset: Int64, isReadCommitted: Bool, aborted: [AbortedTransaction],
        owner: FrameBuffer, start: Int, checksChecksums: Bool
    ) {
        partition = delivery.partition
        offset = delivery.offset
        self.nextOffset = nextOffset
        highWatermark = delivery.highWatermark
        self.isReadCommitted = isReadCommitted
        abortedTransactions = aborted.sorted { $0.firstOffset < $1.firstOffset }
        incarnation = delivery.incarnation
        self.owner = owner
        self.start = start
        count = delivery.byteCount
        self.checksChecksums = checksChecksums
    }

    private init(_ whole: FetchedChunk, start: Int, count: Int, nextOffset: Int64) {
        partition = whole.partition
        offset = whole.offset
        self.nextOffset = nextOffset
        highWatermark = whole.highWatermark
        isReadCommitted = whole.isReadCommitted
        abortedTransactions = whole.abortedTransactions
        incarnation = whole.incarnation
        owner = whole.owner
        self.start = start
        self.count = count
        checksChecksums = whole.checksChecksums
    }

    /// The batches. Borrowed: valid while this value lives.
    public var bytes: UnsafeRawBufferPointer {
        // The place was taken from the frame itself, and a frame never changes.
        UnsafeRawBufferPointer(rebasing: owner.bytes[start..<start + count])
    }

    /// A reader over the records from ``offset`` on; checks each batch's checksum unless `check.crcs` is off.
    ///
    /// Borrows ``bytes``, so this value must outlive it. Control batches are the caller's to pass over, and with
    /// ``isReadCommitted`` aborted ones too (``TransactionFilter``).
    ///
    /// - Parameter later: where to start instead. A filter needs every batch from ``offset`` on where transactions were aborted.
    public func reader(from later: Int64? = nil, decompressor: Decompressor) -> RecordBatchReader {
        RecordBatchReader(
            bytes, from: max(offset, later ?? offset), decompressor: decompressor, checksums: checksChecksums)
    }
}

extension FetchedChunk: MailboxChunk {
    package var byteCount: Int { count }

    package func divided(limit: Int) -> (taken: FetchedChunk, rest: FetchedChunk?) {
        // The markers of aborted transactions count from the first batch on, so such a chunk stays whole.
        guard abortedTransactions.isEmpty else { return (self, nil) }
        let span = FetchedSpan(scanning: bytes, limit: limit)
        guard span.byteCount > 0, span.byteCount < count else { return (self, nil) }
        return (
            FetchedChunk(self, start: start, count: span.byteCount, nextOffset: span.nextOffset),
            FetchedChunk(
                self, start: start + span.byteCount, count: count - span.byteCount, nextOffset: nextOffset)
        )
    }
}
