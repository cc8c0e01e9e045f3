/// Reads typed values of one kind of client and collects every problem on the way.
struct SettingsReader {
    private let values: [String: String]
    private let keys: [String: ClientKey]
    private(set) var problems: [ClientSettings.Problem] = []

    init(_ values: [String: String], role: ClientSettings.Role) {
        self.values = values
        var keys: [String: ClientKey] = [:]
        for key in ClientKeyTable.keys(of: role) { keys[key.name] = key }
        self.keys = keys
    }

    /// Whether the key was given, whatever its value.
    func isSet(_ name: String) -> Bool { values[name] != nil }

    /// - Parameter message: begins with the key.
    mutating func complain(of key: String, _ message: String) {
        problems.append(ClientSettings.Problem(key: key, message: message))
    }

    /// Throws every problem in one error, if there is one.
    func finish() throws(ClientError) {
        guard !problems.isEmpty else { return }
        throw ClientError(.invalidSettings, .configuration, problems.map(\.message).joined(separator: "; "))
    }

    /// The text of a key or its default; nil when it has neither.
    func text(_ name: String) -> String? {
        guard let given = values[name] else { return keys[name]?.standard }
        return trimmed(given)
    }

    mutating func number(_ name: String) -> Int64 {
        guard let text = text(name) else { return 0 }
        guard case .number(let range)? = keys[name]?.form else { return 0 }
        guard let number = Int64(text) else {
            complain(of: name, "\(name): '\(text)' is not a whole number")
            return range.lowerBound
        }
        guard range.contains(number) else {
            complain(of: name, "\(name): \(number) is outside \(range.lowerBound)...\(range.upperBound)")
            return range.lowerBound
        }
        return number
    }

    /// Milliseconds as nanoseconds, held within what fits.
    mutating func nanoseconds(_ name: String) -> UInt64 {
        let milliseconds = number(name)
        guard milliseconds >= 0 else { return .max }
        let (product, overflow) = UInt64(milliseconds).multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : product
    }

    mutating func int(_ name: String) -> Int { Int(number(name)) }

    mutating func flag(_ name: String) -> Bool {
        switch text(name)?.lowercased() {
        case "true"?: return true
        case "false"?, nil: return false
        case let other?:
            complain(of: name, "\(name): '\(other)' is neither true nor false")
            return false
        }
    }

    mutating func word(_ name: String) -> String {
        let text = text(name) ?? ""
        guard case .word(let words)? = keys[name]?.form else { return text }
        if let word = words.first(where: { $0.lowercased() == text.lowercased() }) { return word }
        if case .needs(let feature)? = keys[name]?.use {
            complain(
                of: name,
                "\(name)=\(text) comes with \(feature); leave it out or set \(words.joined(separator: " or "))")
        } else {
            complain(of: name, "\(name): '\(text)' is none of \(words.joined(separator: ", "))")
        }
        return words.first ?? text
    }

    func list(_ name: String) -> [String] {
        guard let text = text(name) else { return [] }
        return text.split(separator: ",").map { trimmed(String($0)) }.filter { !$0.isEmpty }
    }

    /// Keys that were given and do nothing here, in order of name.
    func keysWithoutMeaning() -> [String] {
        values.keys.sorted().filter { name in
            if case .withoutMeaning? = keys[name]?.use { return true }
            return false
        }
    }

    /// Keys that were given and that Java does not know for this kind of client, in order of name.
    func unknownKeys() -> [String] {
        values.keys.sorted().filter { keys[$0] == nil && !ClientKeyTable.isSecurityKey($0) }
    }

    /// Complains about each key whose feature is not there, naming key and feature.
    mutating func refuseKeysOfMissingFeatures() {
        for name in values.keys.sorted() {
            let value = trimmed(values[name] ?? "")
            if let key = keys[name] {
                guard case .needs(let feature) = key.use else { continue }
                if case .word = key.form { continue }  // said when the word is read
                if value == (key.standard ?? "") { continue }
                complain(of: name, "\(name) comes with \(feature); leave it out")
            } else if ClientKeyTable.isSecurityKey(name), !value.isEmpty {
                let feature = name.hasPrefix("ssl.") ? "TLS support" : "SASL support"
                complain(of: name, "\(name) comes with \(feature); leave it out while security.protocol is PLAINTEXT")
            }
        }
    }

    private func trimmed(_ text: String) -> String {
        var slice = Substring(text)
        while let first = slice.unicodeScalars.first, first.properties.isWhitespace { slice.removeFirst() }
        while let last = slice.unicodeScalars.last, last.properties.isWhitespace { slice.removeLast() }
        return String(slice)
    }
}
