/// A replacement in Java's syntax: `$1`, `${name}`, and `\` before a character that stands for itself.
package struct PatternReplacement: Sendable {
    enum Part: Sendable, Equatable {
        case literal([UInt8])
        case group(Int)
    }

    let parts: [Part]

    /// Reads a replacement for `pattern`, whose groups it may name. Java finds these errors only at the first match.
    package init(_ text: String, for pattern: Pattern) throws(PatternError) {
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var literal: [UInt8] = []
        var i = 0
        while i < bytes.count {
            switch bytes[i] {
            case UInt8(ascii: "\\"):
                guard i + 1 < bytes.count else { throw .replacement("character to be escaped is missing") }
                literal.append(bytes[i + 1])
                i += 2
            case UInt8(ascii: "$"):
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = []
                parts.append(.group(try Self.group(in: bytes, at: &i, pattern)))
            default:
                literal.append(bytes[i])
                i += 1
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
    }

    /// The group behind `$` at `i`. Digits are taken as long as the number names a group that exists.
    private static func group(in bytes: [UInt8], at i: inout Int, _ pattern: Pattern) throws(PatternError) -> Int {
        i += 1
        guard i < bytes.count else { throw .replacement("Illegal group reference: group index is missing") }
        if bytes[i] == UInt8(ascii: "{") { return try namedGroup(in: bytes, at: &i, pattern) }
        guard (0x30...0x39).contains(bytes[i]) else { throw .replacement("Illegal group reference") }
        var number = Int(bytes[i] - 0x30)
        i += 1
        guard number <= pattern.groupCount else { throw .replacement("No group \(number)") }
        while i < bytes.count, (0x30...0x39).contains(bytes[i]) {
            let longer = number * 10 + Int(bytes[i] - 0x30)
            guard longer <= pattern.groupCount else { break }
            number = longer
            i += 1
        }
        return number
    }

    private static func namedGroup(in bytes: [UInt8], at i: inout Int, _ pattern: Pattern) throws(PatternError) -> Int {
        guard let close = bytes[i...].firstIndex(of: UInt8(ascii: "}")) else {
            throw .replacement("named capturing group is missing trailing '}'")
        }
        let name = String(decoding: bytes[i + 1..<close], as: UTF8.self)
        guard let number = pattern.group(named: name) else { throw .replacement("No group with name {\(name)}") }
        i = close + 1
        return number
    }
}
