/// The offsets of one source partition's records, in the order in which they came.
struct OffsetTrace {
    /// Of its first record and its last; `null` before there is one.
    private(set) var first = SampleValue.null
    private(set) var last = SampleValue.null
    /// How often each offset came, neighbours of one offset counted as one.
    private var runs: [SampleValue: Int] = [:]
    /// How many of the last records have the last one's offset.
    private var lastLength = 0

    mutating func add(_ offset: SampleValue) {
        if runs.isEmpty { first = offset }
        lastLength = offset == last ? lastLength + 1 : 1
        if lastLength == 1 { runs[offset, default: 0] += 1 }
        last = offset
    }

    /// Whether a record with this offset, behind the last one, is one that came before.
    ///
    /// Offsets may repeat: records of one transaction share one, and a source that goes round and round comes back to each. Such
    /// an offset is no proof.
    func holds(_ offset: SampleValue) -> Bool {
        guard runs[offset] == 1 else { return false }
        return offset != last || lastLength == 1
    }
}
