import KafkaClient
import KafkaProtocol

/// Which batches a reader of committed records must not show (`isolation.level=read_committed`).
///
/// Fed with the batches of a fetched chunk in order. The broker names the transactions that were aborted by producer and first
/// offset; a marker ends each. Batches outside of transactions always pass (KIP-98).
struct TransactionFilter {
    private var upcoming: [AbortedTransaction]
    private var aborted: Set<Int64> = []

    /// - Parameter transactions: by ascending first offset.
    init(_ transactions: [AbortedTransaction]) {
        upcoming = transactions.reversed()
    }

    /// Takes the next batch; true when its records must not be shown.
    ///
    /// - Parameter marker: what the batch says when it is a control batch.
    mutating func hides(_ batch: RecordBatchInfo, marker: ControlMarker?) -> Bool {
        guard batch.producerID >= 0 else { return false }
        while let next = upcoming.last, next.firstOffset <= batch.lastOffset {
            aborted.insert(next.producerID)
            upcoming.removeLast()
        }
        if batch.isControl {
            if marker == .abort { aborted.remove(batch.producerID) }
            return true
        }
        return batch.isTransactional && aborted.contains(batch.producerID)
    }
}
