import ConnectModel

/// Where a sink task stands in each of its partitions, and what of it may be committed. Pure; partitions are kept in
/// order, so that every list that comes out is the same in every process.
///
/// Source: Apache's `WorkerSinkTask` (`lastCommittedOffsets`, `currentOffsets`, `commitOffsets`).
struct SinkOffsets {
    private struct Entry {
        let partition: TopicPartition
        /// Where reading goes on after a failure, and what a commit repeats: what the group has, or where a log begins that was cut
        /// off or made anew since.
        var committed: Int64
        /// What was put successfully.
        var current: Int64
        /// Whether the group has `committed`.
        var isCommitted = true
    }

    /// What follows from a task's answer to `preCommit`.
    struct Plan: Equatable {
        /// What to commit; nil where the group has it already or the task wants nothing committed.
        var commit: [TopicPartitionOffset]?
        /// Offsets of the answer that are not taken, with the reason.
        var ignored: [Ignored] = []
    }

    /// An offset that the task must not have given.
    struct Ignored: Equatable {
        let offset: TopicPartitionOffset
        let reason: Reason
    }

    enum Reason: Equatable {
        /// Beyond what was put.
        case notYetPut(current: Int64)
        case notAssigned
        /// Assigned, but it was not asked for.
        case notRequested
    }

    private var entries: [Entry] = []

    /// The partitions, in order.
    var partitions: [TopicPartition] { entries.map(\.partition) }

    private func index(of partition: TopicPartition) -> Int? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].partition < partition { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].partition == partition ? low : nil
    }

    /// New partitions, or new positions of old ones.
    mutating func assign(_ offsets: [TopicPartitionOffset]) {
        for offset in offsets {
            let entry = Entry(partition: offset.partition, committed: offset.offset, current: offset.offset)
            if let index = index(of: offset.partition) {
                entries[index] = entry
            } else {
                entries.append(entry)
                entries.sort { $0.partition < $1.partition }
            }
        }
    }

    /// The partitions are gone.
    mutating func forget(_ partitions: [TopicPartition]) {
        let gone = Set(partitions)
        entries.removeAll { gone.contains($0.partition) }
    }

    /// Records have come, the first of them at `first`. True where it lies before what was put: they are of a log that was cut off
    /// or made anew. What was put and what the group has are places of the old one then, which nothing may go back to or commit.
    mutating func begin(_ partition: TopicPartition, at first: Int64) -> Bool {
        guard let index = index(of: partition), first < entries[index].current else { return false }
        entries[index].committed = first
        entries[index].current = first
        entries[index].isCommitted = false
        return true
    }

    /// Everything before `offset` was put.
    mutating func put(_ partition: TopicPartition, upTo offset: Int64) {
        if let index = index(of: partition) { entries[index].current = offset }
    }

    /// Reading goes on somewhere else, at the plugin's wish. Unknown partitions are left out of the answer.
    mutating func seek(_ offsets: [TopicPartitionOffset]) -> [TopicPartitionOffset] {
        offsets.filter { offset in
            guard let index = index(of: offset.partition), offset.offset >= 0 else { return false }
            entries[index].committed = offset.offset
            entries[index].current = offset.offset
            entries[index].isCommitted = true
            return true
        }
    }

    /// What was put in `partitions`, or in all: what `preCommit` is asked about.
    func candidates(_ partitions: [TopicPartition]? = nil) -> [TopicPartitionOffset] {
        let wanted = partitions.map(Set.init)
        return entries.compactMap { entry in
            guard wanted?.contains(entry.partition) ?? true else { return nil }
            return TopicPartitionOffset(entry.partition, entry.current)
        }
    }

    /// Goes back to what the group has, and says where reading has to go on.
    mutating func rewind() -> [TopicPartitionOffset] {
        for index in entries.indices { entries[index].current = entries[index].committed }
        return entries.map { TopicPartitionOffset($0.partition, $0.committed) }
    }

    /// What to commit of the answer to `preCommit`.
    ///
    /// - Parameter requested: the offsets that it was asked about.
    func plan(requested: [TopicPartitionOffset], answer: [TopicPartitionOffset]) -> Plan {
        var plan = Plan()
        guard !answer.isEmpty else { return plan }
        let limits = Dictionary(requested.map { ($0.partition, $0.offset) }) { $1 }
        var chosen: [TopicPartition: Int64] = [:]
        for offset in answer {
            guard let current = limits[offset.partition] else {
                let reason: Reason = index(of: offset.partition) == nil ? .notAssigned : .notRequested
                plan.ignored.append(Ignored(offset: offset, reason: reason))
                continue
            }
            guard offset.offset <= current, offset.offset >= 0 else {
                plan.ignored.append(Ignored(offset: offset, reason: .notYetPut(current: current)))
                continue
            }
            chosen[offset.partition] = offset.offset
        }
        var isNew = false
        var commit: [TopicPartitionOffset] = []
        for entry in entries where limits[entry.partition] != nil {
            let answered = chosen[entry.partition]
            if let answered, answered != entry.committed || !entry.isCommitted { isNew = true }
            commit.append(TopicPartitionOffset(entry.partition, answered ?? entry.committed))
        }
        if isNew { plan.commit = commit }
        return plan
    }

    /// The group has these now.
    mutating func committed(_ offsets: [TopicPartitionOffset]) {
        for offset in offsets {
            guard let index = index(of: offset.partition) else { continue }
            entries[index].committed = offset.offset
            entries[index].isCommitted = true
        }
    }
}
