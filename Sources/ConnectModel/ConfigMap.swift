/// A flat configuration: text by key, in the order in which the keys came. A null value is kept as nil until validation
/// refuses it.
public struct ConfigMap: Sendable, Equatable {
    /// One key with its text.
    public struct Entry: Sendable, Equatable {
        public let key: String
        public var value: String?
    }

    public private(set) var entries: [Entry] = []
    private var positions: [String: Int] = [:]

    /// An empty configuration.
    public init() {}

    /// A configuration of the given pairs; a later pair of the same key wins.
    public init(_ pairs: [(String, String?)]) {
        for (key, value) in pairs { set(key, value) }
    }

    /// The text of a key; nil for a missing key and for one that is null.
    public subscript(key: String) -> String? {
        positions[key].flatMap { entries[$0].value }
    }

    /// Whether the key is there, be it null.
    public func contains(_ key: String) -> Bool { positions[key] != nil }

    /// Sets a key, at its old place or at the end.
    public mutating func set(_ key: String, _ value: String?) {
        if let position = positions[key] {
            entries[position].value = value
        } else {
            positions[key] = entries.count
            entries.append(Entry(key: key, value: value))
        }
    }

    /// Takes a key out.
    public mutating func remove(_ key: String) {
        guard let position = positions.removeValue(forKey: key) else { return }
        entries.remove(at: position)
        for index in position..<entries.count { positions[entries[index].key] = index }
    }

    /// Takes many keys out: for each of them alone, all behind it would get new places.
    public mutating func remove(_ keys: Set<String>) {
        var rest = ConfigMap()
        for entry in entries where !keys.contains(entry.key) { rest.set(entry.key, entry.value) }
        self = rest
    }

    /// The keys that start with a prefix, the prefix taken off.
    public func removingPrefix(_ prefix: String) -> ConfigMap {
        var result = ConfigMap()
        for entry in entries where entry.key.hasPrefix(prefix) {
            result.set(String(entry.key.dropFirst(prefix.count)), entry.value)
        }
        return result
    }

    /// How many keys there are.
    public var count: Int { entries.count }

    /// The same keys with the same texts, in any order. Texts are compared byte by byte: what Unicode takes for the same may
    /// be another file or another password.
    public static func == (left: ConfigMap, right: ConfigMap) -> Bool {
        left.entries.count == right.entries.count
            && left.entries.allSatisfy { entry in
                guard right.contains(entry.key) else { return false }
                switch (entry.value, right[entry.key]) {
                case (nil, nil): return true
                case (let mine?, let theirs?): return mine.utf8.elementsEqual(theirs.utf8)
                default: return false
                }
            }
    }

    /// The keys without their values, which may be secrets, for messages that show a map: `{k, k}`.
    public var keyDescription: String { "{" + entries.map(\.key).joined(separator: ", ") + "}" }
}
