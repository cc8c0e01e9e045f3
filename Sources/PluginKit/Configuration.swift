/// A configuration as text by key, in the operator's order. A value, free to keep.
public struct Configuration: Sendable, Equatable {
    /// One key; a nil text is null.
    public struct Entry: Sendable, Equatable {
        public let key: String
        public let value: String?

        /// A key with its text.
        public init(_ key: String, _ value: String?) {
            self.key = key
            self.value = value
        }
    }

    public private(set) var entries: [Entry]

    /// A configuration of these entries; of two with the same key the first is found.
    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// The text of a key; nil when it is missing or null.
    public subscript(_ key: String) -> String? {
        entries.first { $0.key == key }?.value
    }

    /// Sets a key, in its old place or at the end.
    public mutating func set(_ key: String, _ value: String?) {
        let entry = Entry(key, value)
        if let index = entries.firstIndex(where: { $0.key == key }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
    }

    /// The text without blanks around it; nil when missing, null or empty then.
    public func text(_ key: String) -> String? {
        guard let value = self[key] else { return nil }
        var slice = value.utf8[...]
        while let first = slice.first, first <= 0x20 { slice.removeFirst() }
        while let last = slice.last, last <= 0x20 { slice.removeLast() }
        return slice.isEmpty ? nil : String(Substring(slice))
    }

    /// A whole number, or the default when the key is missing.
    ///
    /// - Throws: a fatal error that names the key, when the text is no such number.
    public func integer(_ key: String, default fallback: Int64) throws(PluginError) -> Int64 {
        guard let text = text(key) else { return fallback }
        guard let number = Int64(text) else {
            throw .fatal("Invalid value \(text) for configuration \(key): Not a number of type LONG")
        }
        return number
    }
}
