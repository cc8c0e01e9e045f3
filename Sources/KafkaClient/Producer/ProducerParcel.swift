internal import KafkaProtocol

/// Records of one segment of a ledger that follow each other in a batch.
struct SegmentRun: Sendable {
    let segment: Int32
    var count: Int32
}

/// A sealed batch on its way from lane to loop to broker and, without its bytes, back to the lane.
///
/// The guard of the unchecked conformance: it has one owner at a time, the lane until it is put into the mailbox, the loop
/// until it is completed, then the lane again. The mailbox's lock orders these.
final class ProducerParcel: @unchecked Sendable {
    let topic: Int32
    let partition: Int32
    /// When its first record was appended, monotonic nanoseconds.
    let createdAt: UInt64
    let runs: [SegmentRun]
    let recordCount: Int32
    let byteCount: Int
    /// Sealed by the lane, and not by the loop after its linger or as a further part of a batch that was cut.
    let isFromLane: Bool
    /// Not a further part of a batch that was cut: it stands for one place in the queue of its partition.
    let isWhole: Bool
    /// Gone once completed, so that its memory is free for others before the lane hears of it.
    var batch: RecordBatch?
    var error: ClientError?
    var baseOffset: Int64 = -1

    init(
        topic: Int32, partition: Int32, createdAt: UInt64, runs: [SegmentRun], batch: RecordBatch, isFromLane: Bool,
        isWhole: Bool = true
    ) {
        self.topic = topic
        self.partition = partition
        self.createdAt = createdAt
        self.runs = runs
        self.batch = batch
        self.isFromLane = isFromLane
        self.isWhole = isWhole
        recordCount = batch.recordCount
        byteCount = batch.count
    }
}

/// A batch under construction that an idle lane left to the loop, which seals it when its linger is over; until then the
/// lane may take it back. Guarded as ``ProducerParcel`` is.
struct OpenBatch: @unchecked Sendable {
    let topic: Int32
    let partition: Int32
    let createdAt: UInt64
    let runs: [SegmentRun]
    let builder: RecordBatchBuilder
}
