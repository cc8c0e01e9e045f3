import ConnectModel
import KafkaClient
import KafkaProtocol

/// Walks the records of a fetched chunk that an application may see, from its beginning or from where it was left.
///
/// Keep it in a local variable while records are read: as a property of a class it would be checked for exclusive access at
/// every record.
struct ChunkWalk {
    let chunk: FetchedChunk
    /// Whether the records of the batch at hand lie in the decompressor's buffer, which the next batch overwrites.
    private(set) var isInsideCompressedBatch = false
    /// The flags of those records of the batch at hand that have a timestamp: whose time it is, the batch says for all.
    private(set) var timestampFlags: ConnectRecord.Flags = .hasTimestamp
    private var reader: RecordBatchReader
    private var filter: TransactionFilter
    private let begin: Int64

    /// - Parameter offset: of the first record that is wanted; the chunk's own or a later one.
    init(_ chunk: FetchedChunk, from offset: Int64, decompressor: Decompressor) {
        self.chunk = chunk
        begin = offset
        filter = TransactionFilter(chunk)
        // An abort marker that was passed before still ends what is hidden: all batches count again.
        let isWhole = !chunk.abortedTransactions.isEmpty
        reader = chunk.reader(from: isWhole ? nil : offset, decompressor: decompressor)
    }

    /// Goes to the next batch with records to show; false behind the last.
    mutating func nextBatch() throws(ProtocolError) -> Bool {
        while let batch = try reader.nextBatch() {
            let isShown = try filter.shows(batch, &reader)
            guard isShown, batch.nextOffset > begin else { continue }
            reader.pass(to: begin)
            isInsideCompressedBatch = batch.codec != .none
            timestampFlags = batch.isAppendTime ? [.hasTimestamp, .appendTime] : .hasTimestamp
            return true
        }
        return false
    }

    /// The next record of the batch at hand, nil behind its last.
    @inline(__always)
    mutating func next() throws(ProtocolError) -> RecordView? { try reader.next() }
}
