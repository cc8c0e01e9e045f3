import ConnectModel

/// A batch's table of source partitions, equal entries taken for one.
///
/// A plugin may write an entry for each record. What may be stored of a partition follows from the order of its records,
/// whichever entries they name; and maps are equal whatever the order of their pairs, as they are to the stores of offsets.
struct SourcePartitionTable {
    /// Each partition once, in the spelling of its first entry.
    private(set) var partitions: [SourcePartition] = []
    /// The partition of each of the plugin's entries.
    private(set) var places: [Int32] = []
    private var known: [[UInt8]: Int32] = [:]

    /// Whether entries are to be looked up in ``places``.
    var hasEqualEntries: Bool { partitions.count < places.count }

    /// The plugin's next entry.
    mutating func append(_ value: Value, offsetKey: String?) throws(ConnectError) {
        let json = try JSONValues.json(of: value)
        let entry = SourcePartition(
            json: json, identity: try JSONValues.identity(of: value, json), offsetKey: offsetKey)
        let place = Int32(truncatingIfNeeded: partitions.count)
        guard let first = known[entry.identity] else {
            known[entry.identity] = place
            partitions.append(entry)
            places.append(place)
            return
        }
        places.append(first)
        guard let offsetKey, offsetKey != partitions[Int(first)].offsetKey else { return }
        let former = partitions[Int(first)]
        guard former.offsetKey == nil else {
            throw nonsense("two equal source partitions with different offset keys")
        }
        // One whose offsets are maps needs no key.
        partitions[Int(first)] = SourcePartition(json: former.json, identity: former.identity, offsetKey: offsetKey)
    }
}
