/// Text to value, as Java's `ConfigDef.parseType` does it.
enum SettingParser {
    /// The value, or the text of the error.
    static func parse(
        _ raw: String, key: String, type: SettingType, classes: ClassResolver
    ) -> Result<SettingValue, SettingMessage> {
        let text = trimmed(raw)
        func number(_ range: ClosedRange<Int64>) -> Result<SettingValue, SettingMessage> {
            guard let value = JavaNumber.integer(text, in: range) else {
                return .failure(.invalid(raw, key, "Not a number of type \(type.rawValue)"))
            }
            return .success(.integer(value))
        }
        switch type {
        case .boolean:
            switch text.lowercased() {
            case "true": return .success(.boolean(true))
            case "false": return .success(.boolean(false))
            default: return .failure(.invalid(raw, key, "Expected value to be either true or false"))
            }
        case .string: return .success(.string(text))
        case .password: return .success(.password(Secret(text)))
        case .short: return number(Int64(Int16.min)...Int64(Int16.max))
        case .int: return number(Int64(Int32.min)...Int64(Int32.max))
        case .long: return number(.min ... .max)
        case .double:
            guard let value = JavaNumber.double(text) else {
                return .failure(.invalid(raw, key, "Not a number of type DOUBLE"))
            }
            return .success(.double(value))
        case .list: return .success(.list(elements(text)))
        case .class:
            guard let name = classes.resolve(text) else {
                return .failure(.invalid(raw, key, "Class \(raw) could not be found."))
            }
            return .success(.class(name))
        }
    }

    /// Java's `trim`: everything up to the blank goes at both ends.
    static func trimmed(_ text: String) -> String {
        let body = text.unicodeScalars.drop { $0.value <= 0x20 }
        guard let last = body.lastIndex(where: { $0.value > 0x20 }) else { return "" }
        return String(body[...last])
    }

    /// Splits at commas; blanks around a comma go, empty elements stay, an empty text is an empty list.
    private static func elements(_ text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        return text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let blank: (Unicode.Scalar) -> Bool = { $0.value == 0x20 || (0x09...0x0D).contains($0.value) }
            let body = part.unicodeScalars.drop(while: blank)
            guard let last = body.lastIndex(where: { !blank($0) }) else { return "" }
            return String(body[...last])
        }
    }
}

/// The text of one problem, in Java's words.
package struct SettingMessage: Error, Sendable, Equatable {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// `Invalid value {v} for configuration {key}: {detail}`.
    package static func invalid(_ value: String, _ key: String, _ detail: String) -> SettingMessage {
        SettingMessage("Invalid value \(value) for configuration \(key): \(detail)")
    }

    /// `Missing required configuration "{key}" which has no default value.`
    package static func missing(_ key: String) -> SettingMessage {
        SettingMessage("Missing required configuration \"\(key)\" which has no default value.")
    }
}
