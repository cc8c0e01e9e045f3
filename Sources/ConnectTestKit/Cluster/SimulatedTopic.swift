/// An internal topic of one partition: appended to, compacted at any point, read by workers that lag behind.
struct SimulatedTopic<Record> {
    /// A record at its place.
    struct Entry {
        let offset: Int64
        /// What compaction goes by; nil for a record without a readable key, which stays.
        let key: String?
        /// nil for garbage.
        let record: Record?
    }

    private(set) var entries: [Entry] = []
    private(set) var end: Int64 = 0

    /// Appends a record.
    mutating func append(_ key: String?, _ record: Record?) {
        entries.append(Entry(offset: end, key: key, record: record))
        end += 1
    }

    /// What there is from an offset on.
    func read(from offset: Int64) -> ArraySlice<Entry> {
        var start = entries.endIndex
        while start > 0, entries[start - 1].offset >= offset { start -= 1 }
        return entries[start...]
    }

    /// Removes records below an offset that a later one of the same key has overtaken. As the active segment of a real log,
    /// the last readable record always stays.
    ///
    /// - Parameter sparing: keys of which every record stays.
    mutating func compact(below limit: Int64, sparing keys: [String] = []) {
        var seen = Set<String>()
        var kept: [Entry] = []
        for entry in entries.reversed() {
            let isNewest = entry.key.map { seen.insert($0).inserted } ?? true
            let isSpared = entry.key.map(keys.contains) ?? false
            if isNewest || isSpared || entry.offset >= limit { kept.append(entry) }
        }
        entries = kept.reversed()
    }
}
