/// A configuration that was read through a table and found good.
package struct Settings: Sendable {
    private let values: [String: SettingValue]
    /// Everything as given, keys that the table does not know among it.
    package let originals: [String: String]

    init(values: [String: SettingValue], originals: [String: String]) {
        self.values = values
        self.originals = originals
    }

    /// The parsed value; nil for null and for keys that the table does not define.
    package subscript(key: String) -> SettingValue? { values[key] }

    /// A STRING or the name of a CLASS.
    package func string(_ key: String) -> String? {
        switch values[key] {
        case .string(let value), .class(let value): value
        default: nil
        }
    }

    /// INT, SHORT or LONG.
    package func int64(_ key: String) -> Int64? {
        guard case .integer(let value)? = values[key] else { return nil }
        return value
    }

    /// INT, SHORT or LONG.
    package func int(_ key: String) -> Int? { int64(key).map(Int.init) }

    package func double(_ key: String) -> Double? {
        guard case .double(let value)? = values[key] else { return nil }
        return value
    }

    package func bool(_ key: String) -> Bool? {
        guard case .boolean(let value)? = values[key] else { return nil }
        return value
    }

    package func list(_ key: String) -> [String]? {
        guard case .list(let value)? = values[key] else { return nil }
        return value
    }

    package func password(_ key: String) -> Secret? {
        guard case .password(let value)? = values[key] else { return nil }
        return value
    }

    /// True where the key was given, be it with the value of its default.
    package func isGiven(_ key: String) -> Bool { originals[key] != nil }

    /// What was given under a prefix, without it: `producer.`, `key.converter.`.
    package func originals(withPrefix prefix: String) -> [String: String] {
        var result: [String: String] = [:]
        for (key, value) in originals where key.hasPrefix(prefix) && key.utf8.count > prefix.utf8.count {
            result[String(key.dropFirst(prefix.count))] = value
        }
        return result
    }
}
