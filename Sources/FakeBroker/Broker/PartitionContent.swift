/// The bytes of a partition's batches: one for each batch of its ``PartitionModel``, at the same place.
struct PartitionContent {
    private(set) var batches: [StoredBatch] = []
    /// Of all batches together.
    private(set) var bytes = 0

    mutating func append(_ batch: StoredBatch) {
        batches.append(batch)
        bytes += batch.count
    }

    mutating func dropOldest(_ count: Int) {
        for batch in batches.prefix(count) { bytes -= batch.count }
        batches.removeFirst(min(count, batches.count))
    }

    /// See ``PartitionModel/compact(keeping:)``.
    mutating func compact(keeping isKept: (Int) -> Bool) {
        let last = batches.count - 1
        batches = batches.indices.filter { $0 == last || isKept($0) }.map { batches[$0] }
        bytes = batches.reduce(0) { $0 + $1.count }
    }

    /// How many batches have to go from the front for `limit` bytes to be left. The last one stays.
    func excess(over limit: Int) -> Int {
        var (left, count) = (bytes, 0)
        while left > limit, count < batches.count - 1 {
            left -= batches[count].count
            count += 1
        }
        return count
    }
}
