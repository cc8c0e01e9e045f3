import ConnectModel

/// The offset topic as it was read: the last offset of each key, found by the key's bytes or by what they mean.
///
/// A partition may stand in the topic under several spellings, for instance when Java's worker wrote its members in another
/// order. Then the exact spelling is preferred, as Java would, else the one that was read last. Pure.
struct OffsetTopicTable {
    private struct Stored {
        let key: OffsetTopicKey
        /// nil while the key is only about to be written.
        var offset: [UInt8]?
    }

    private var stored: [[UInt8]: Stored] = [:]
    /// Keys that mean the same, by their identity; the one read last stands last.
    private var spellings: [[UInt8]: [[UInt8]]] = [:]

    /// Takes in a record of the topic.
    ///
    /// - Throws: what makes it useless. A key with a useless offset has none from then on, as Java's worker would see it.
    mutating func take(key bytes: [UInt8]?, value: [UInt8]?) throws(OffsetTopicKey.Refusal) {
        guard let bytes else { throw OffsetTopicKey.Refusal(reason: "the key is null") }
        let known = stored[bytes]?.key
        let key: OffsetTopicKey
        if let known { key = known } else { key = try OffsetTopicKey(reading: bytes) }
        guard let value, !value.isEmpty else { return remove(key) }
        do throws(OffsetTopicKey.Refusal) {
            guard let offset = try OffsetTopicKey.offset(value) else { return remove(key) }
            stored[bytes] = Stored(key: key, offset: offset)
            spellings[key.identity, default: []].removeAll { $0 == bytes }
            spellings[key.identity, default: []].append(bytes)
        } catch {
            remove(key)
            throw error
        }
    }

    /// The offset of a partition.
    func offset(of key: OffsetTopicKey) -> [UInt8]? {
        preferred(key).flatMap { stored[$0]?.offset }
    }

    /// Every partition of a connector with its offset, in the order of the keys' bytes.
    func offsets(of connector: String) -> [OffsetChange] {
        stored.values
            .filter { entry in
                entry.offset != nil && entry.key.connector.utf8.elementsEqual(connector.utf8)
                    && latest(entry.key.identity) == entry.key.bytes
            }
            .sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
            .map { OffsetChange(partition: $0.key.partition, offset: $0.offset) }
    }

    /// The keys under which a change is to be written: that of the stored spelling; for a removal those of all of them,
    /// or an older one would come to light.
    mutating func keysToWrite(_ key: OffsetTopicKey, removes: Bool) -> [[UInt8]] {
        let known = spellings[key.identity] ?? []
        if removes { return known.isEmpty ? [key.bytes] : known }
        if known.contains(key.bytes) { return [key.bytes] }
        if let last = known.last { return [last] }
        // Known from now on, lest a second write in another spelling makes a second key before the first is read back.
        stored[key.bytes] = Stored(key: key, offset: nil)
        spellings[key.identity] = [key.bytes]
        return [key.bytes]
    }

    /// A write under that key came to nothing.
    mutating func writeFailed(_ bytes: [UInt8]) {
        guard let entry = stored[bytes], entry.offset == nil else { return }
        remove(entry.key)
    }

    private func preferred(_ key: OffsetTopicKey) -> [UInt8]? {
        if stored[key.bytes]?.offset != nil { return key.bytes }
        return latest(key.identity)
    }

    private func latest(_ identity: [UInt8]) -> [UInt8]? {
        spellings[identity]?.last { stored[$0]?.offset != nil }
    }

    private mutating func remove(_ key: OffsetTopicKey) {
        stored[key.bytes] = nil
        spellings[key.identity]?.removeAll { $0 == key.bytes }
        if spellings[key.identity]?.isEmpty == true { spellings[key.identity] = nil }
    }
}
