public import KafkaProtocol

/// Tells which batches of fetched data an application that reads committed records may see (`isolation.level`).
///
/// Take one a chunk, ask it for every batch in order, before its records are read.
public struct TransactionFilter {
    private let isReadCommitted: Bool
    private var coming: ArraySlice<AbortedTransaction>
    private var aborted: [Int64] = []

    /// A filter for the batches of a chunk.
    public init(_ chunk: FetchedChunk) {
        self.init(isReadCommitted: chunk.isReadCommitted, aborted: chunk.abortedTransactions)
    }

    /// - Parameter aborted: by ascending first offset.
    init(isReadCommitted: Bool, aborted transactions: [AbortedTransaction]) {
        self.isReadCommitted = isReadCommitted
        coming = transactions[...]
    }

    /// Whether the batch that the reader has just opened may be shown. Control batches never may; their marker is read
    /// from `reader`.
    ///
    /// - Throws: what the reader says of a damaged control batch.
    public mutating func shows(
        _ batch: RecordBatchInfo, _ reader: inout RecordBatchReader
    ) throws(ProtocolError) -> Bool {
        guard isReadCommitted, batch.producerID >= 0 else { return !batch.isControl }
        while let first = coming.first, first.firstOffset <= batch.lastOffset {
            if !aborted.contains(first.producerID) { aborted.append(first.producerID) }
            coming.removeFirst()
        }
        guard batch.isControl else { return !(batch.isTransactional && aborted.contains(batch.producerID)) }
        if let record = try reader.next(), try ControlMarker(key: record.keyBytes) == .abort {
            // Brokers leave transactions out of the list that no longer matter: an unknown id is normal.
            aborted.removeAll { $0 == batch.producerID }
        }
        return false
    }
}
