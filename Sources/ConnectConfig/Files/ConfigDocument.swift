package import ConnectModel

/// What a configuration file says: dotted keys with their texts and places, whatever its syntax.
package struct ConfigDocument: Sendable {
    /// One key.
    package struct Entry: Sendable, Equatable {
        package let key: String
        /// The text as written; nil for null.
        package let value: String?
        package let position: SourcePosition
    }

    /// The path, as it was given.
    package let file: String
    /// In the order of the file; no key twice.
    package private(set) var entries: [Entry] = []
    /// Everything found while reading, errors and warnings.
    package private(set) var problems: [Problem] = []
    private var places: [String: Int] = [:]

    package init(file: String) { self.file = file }

    /// The entry of a key.
    package subscript(key: String) -> Entry? { places[key].map { entries[$0] } }

    package var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// Whether every key that the file means to give is there with its value: false once an error left something out, so
    /// that what is missing tells nothing.
    package private(set) var isComplete = true
    /// Keys that the file gives, and whose values could not be read.
    private var unreadable: Set<String> = []

    /// Whether the file gives a value for the key that could not be read.
    package func isUnreadable(_ key: String) -> Bool { unreadable.contains(key) }

    /// Whether an error about a key is one of its own, and not what comes of something that could not be read.
    package func canTell(about key: String) -> Bool {
        !unreadable.contains(key) && (isComplete || self[key] != nil)
    }

    /// Keys with their texts; null ones are left out.
    package var values: [String: String] {
        var result: [String: String] = [:]
        for entry in entries { result[entry.key] = entry.value }
        return result
    }

    /// The same as a map that keeps order and nulls.
    package var map: ConfigMap { ConfigMap(entries.map { ($0.key, $0.value) }) }

    /// - Parameters:
    ///   - key: The key that it is about, where one is known. Its value is not.
    ///   - leavesOut: False where keys and values are there all the same, and to be checked like others.
    mutating func error(
        _ message: String, at position: SourcePosition?, key: String? = nil, leavesOut: Bool = true
    ) {
        if leavesOut {
            isComplete = false
            if let key { unreadable.insert(key) }
        }
        problems.append(Problem(file: file, position: position, key: key, message: message))
    }

    mutating func warning(_ message: String, at position: SourcePosition?, key: String? = nil) {
        problems.append(Problem(file: file, position: position, key: key, message: message, severity: .warning))
    }

    /// Adds a key; one that is there already is an error at the second place, and the first value stays.
    mutating func add(_ key: String, _ value: String?, at position: SourcePosition) {
        if let first = self[key] {
            error(
                "\(key) is given twice, first in line \(first.position.line)", at: position, key: key, leavesOut: false)
        } else {
            places[key] = entries.count
            entries.append(Entry(key: key, value: value, position: position))
        }
    }

    /// Adds a key or gives it a new value, as Java's properties do, with a warning.
    mutating func replace(_ key: String, _ value: String, at position: SourcePosition) {
        guard let place = places[key] else { return add(key, value, at: position) }
        warning(
            "\(key) is given again and replaces line \(entries[place].position.line)", at: position, key: key)
        entries[place] = Entry(key: key, value: value, position: position)
    }
}
