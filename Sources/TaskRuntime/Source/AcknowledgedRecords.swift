/// Records that are done with, in poll order: Kafka has them, save those that were left out. Allocates for the latter only.
struct AcknowledgedRecords: Equatable {
    var count = 0
    /// By position; in order, none beside another.
    private(set) var dropped: [Range<Int>] = []

    /// Those at `positions`, counted from the end of what is in here, were left out; they lie behind all others of them.
    mutating func drop(_ positions: Range<Int>) {
        let run = positions.lowerBound + count..<positions.upperBound + count
        guard !run.isEmpty else { return }
        guard let last = dropped.last, last.upperBound == run.lowerBound else { return dropped.append(run) }
        dropped[dropped.count - 1] = last.lowerBound..<run.upperBound
    }

    /// These come behind.
    mutating func append(_ others: AcknowledgedRecords) {
        for run in others.dropped { drop(run) }
        count += others.count
    }
}
