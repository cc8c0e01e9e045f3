internal import KafkaProtocol
internal import Logging

// Room in a partition: the oldest records go, or those that a newer one of their key has made void.

extension Broker {
    /// Makes room for `more` bytes; false where there is none.
    mutating func makeRoom(for more: Int, in slot: Int, of topic: TopicEntry) -> Bool {
        let limit = limit(of: topic)
        guard contents[slot].bytes + more > limit, !contents[slot].batches.isEmpty else { return true }
        // An eighth more than is needed, so that it is not done again for the next batch.
        let target = max(limit - more - limit / 8, 0)
        if topic.isCompacted {
            compact(slot)
            return contents[slot].bytes + more <= limit
        }
        let count = contents[slot].excess(over: target)
        guard count > 0 else { return true }
        cluster.partitions[slot].dropOldest(count)
        contents[slot].dropOldest(count)
        notice(
            .info, "Oldest records dropped",
            [
                LogField("topic", topic.name), LogField("partition", topics.owner(of: slot)?.partition ?? -1),
                LogField("log_start", cluster.partitions[slot].logStartOffset),
            ])
        return true
    }

    private func limit(of topic: TopicEntry) -> Int {
        let own = topic.setting("retention.bytes").flatMap { Int($0) } ?? -1
        return own >= 0 ? min(own, settings.retention) : settings.retention
    }

    /// Drops batches of which every record has a newer one with its key.
    private mutating func compact(_ slot: Int) {
        let batches = contents[slot].batches
        let model = cluster.partitions[slot].log
        guard batches.count == model.count else { return }
        var newest: [[UInt8]: Int64] = [:]
        for batch in batches {
            forEachKey(batch) { key, offset in newest[key] = offset }
        }
        var kept = [Bool](repeating: false, count: batches.count)
        for (at, batch) in batches.enumerated() {
            forEachKey(batch) { key, offset in
                if newest[key] == offset { kept[at] = true }
            }
        }
        cluster.partitions[slot].compact { kept[$0] }
        contents[slot].compact { kept[$0] }
    }

    private func forEachKey(_ batch: StoredBatch, _ body: ([UInt8], Int64) -> Void) {
        withExtendedLifetime(batch) {
            var reader = RecordBatchReader(batch.bytes, decompressor: decompressor, checksums: false)
            // What is stored was read through when it came.
            while (try? reader.nextBatch()) ?? nil != nil {
                while let record = (try? reader.next()) ?? nil {
                    body([UInt8](record.keyBytes ?? UnsafeRawBufferPointer(start: nil, count: 0)), record.offset)
                }
            }
        }
    }
}
