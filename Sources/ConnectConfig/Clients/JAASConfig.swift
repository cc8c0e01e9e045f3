/// A login configuration in Java's syntax, as `sasl.jaas.config` holds it:
/// `LoginModule required option="value" …;`, one or more.
package struct JAASConfig: Sendable, Equatable {
    /// The module's class name.
    package let module: String
    /// `required`, `requisite`, `sufficient` or `optional`, as written.
    package let flag: String
    package let options: [String: String]

    /// The text is no login configuration. The reason holds nothing of it, since it may be a misplaced password.
    package struct Malformed: Error, Sendable, Equatable {
        package let reason: String
    }

    /// Reads all entries; a text without any is malformed.
    package static func parse(_ text: String) throws(Malformed) -> [JAASConfig] {
        var tokens = Tokens(text)
        var entries: [JAASConfig] = []
        while let module = try tokens.next() {
            guard case .word(let name) = module else { throw Malformed(reason: "expected the class of a login module") }
            guard case .word(let flag)? = try tokens.next(),
                ["required", "requisite", "sufficient", "optional"].contains(flag.lowercased())
            else {
                throw Malformed(reason: "expected required, requisite, sufficient or optional behind the login module")
            }
            entries.append(JAASConfig(module: name, flag: flag, options: try options(&tokens)))
        }
        guard !entries.isEmpty else { throw Malformed(reason: "empty") }
        return entries
    }

    private static func options(_ tokens: inout Tokens) throws(Malformed) -> [String: String] {
        var options: [String: String] = [:]
        while true {
            switch try tokens.next() {
            case .semicolon?: return options
            case .word(let name)?:
                guard case .equals? = try tokens.next(), case .word(let value)? = try tokens.next() else {
                    throw Malformed(reason: "expected = and a value behind an option")
                }
                options[name] = value
            case .equals?, nil: throw Malformed(reason: "expected a semicolon at the end")
            }
        }
    }

    private enum Token {
        case word(String), equals, semicolon
    }

    private struct Tokens {
        private var rest: Substring

        init(_ text: String) { rest = text[...] }

        mutating func next() throws(Malformed) -> Token? {
            rest = rest.drop(while: \.isWhitespace)
            guard let first = rest.first else { return nil }
            switch first {
            case "=":
                rest.removeFirst()
                return .equals
            case ";":
                rest.removeFirst()
                return .semicolon
            case "\"", "'": return .word(try quoted(first))
            default:
                let word = rest.prefix { !$0.isWhitespace && $0 != "=" && $0 != ";" && $0 != "\"" }
                rest = rest.dropFirst(word.count)
                return .word(String(word))
            }
        }

        private mutating func quoted(_ quote: Character) throws(Malformed) -> String {
            rest.removeFirst()
            var text = ""
            while let character = rest.popFirst() {
                if character == quote { return text }
                if character == "\\", let escaped = rest.popFirst() {
                    text.append(escaped)
                } else {
                    text.append(character)
                }
            }
            throw Malformed(reason: "a quote is not closed")
        }
    }
}
