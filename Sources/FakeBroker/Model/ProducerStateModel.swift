/// What a partition remembers of its idempotent producers, with the checks of Kafka 4.3's `ProducerAppendInfo`.
package struct ProducerStateModel: Sendable {
    /// The last batches of one producer id.
    struct Entry: Sendable {
        let id: Int64
        var epoch: Int16
        /// The newest five, oldest first.
        var batches: [ModelBatch]
    }

    /// What to do with a batch.
    package enum Verdict: Sendable, Equatable {
        case append
        /// It is in the log already, from that offset.
        case duplicate(baseOffset: Int64)
        /// 45 or 47.
        case refuse(errorCode: Int16)
    }

    /// Beyond so many the one that came first is forgotten.
    private static let maximumProducers = 1000

    private var entries: [Entry] = []

    package init() {}

    /// Checks a batch against what is remembered.
    package func check(_ batch: ModelBatch) -> Verdict {
        guard batch.producerID >= 0 else { return .append }
        guard let entry = entries.first(where: { $0.id == batch.producerID }) else { return .append }
        if batch.producerEpoch < entry.epoch { return .refuse(errorCode: 47) }
        if batch.producerEpoch > entry.epoch {
            return batch.baseSequence == 0 ? .append : .refuse(errorCode: 45)
        }
        if let same = entry.batches.first(where: {
            $0.baseSequence == batch.baseSequence && $0.lastSequence == batch.lastSequence
        }) {
            return .duplicate(baseOffset: same.baseOffset)
        }
        guard let last = entry.batches.last else { return .append }
        let expected = (last.lastSequence &+ 1) & .max
        return batch.baseSequence == expected ? .append : .refuse(errorCode: 45)
    }

    /// Remembers a batch that was appended.
    package mutating func remember(_ batch: ModelBatch) {
        guard batch.producerID >= 0 else { return }
        guard let place = entries.firstIndex(where: { $0.id == batch.producerID }) else {
            if entries.count >= Self.maximumProducers { entries.removeFirst() }
            entries.append(Entry(id: batch.producerID, epoch: batch.producerEpoch, batches: [batch]))
            return
        }
        if entries[place].epoch != batch.producerEpoch {
            entries[place].epoch = batch.producerEpoch
            entries[place].batches.removeAll()
        }
        entries[place].batches.append(batch)
        if entries[place].batches.count > 5 { entries[place].batches.removeFirst() }
    }
}
