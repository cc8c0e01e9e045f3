/// Rewrites Java's regular expressions where PCRE2 spells the same thing differently, and refuses what PCRE2 would
/// silently take for something else.
struct JavaPattern {
    private let source: [UInt8]
    private let text: String
    private var output: [UInt8] = []
    private var i = 0
    private var classDepth = 0

    /// Java's POSIX classes, which PCRE2 writes `[:name:]`.
    private static let posix = [
        "Lower": "lower", "Upper": "upper", "Alpha": "alpha", "Digit": "digit", "Alnum": "alnum", "Punct": "punct",
        "Graph": "graph", "Print": "print", "Blank": "blank", "Cntrl": "cntrl", "XDigit": "xdigit", "Space": "space",
        "ASCII": "ascii",
    ]

    static func translated(_ text: String) throws(PatternError) -> [UInt8] {
        var translator = JavaPattern(text)
        return try translator.run()
    }

    private init(_ text: String) {
        self.text = text
        source = Array(text.utf8)
    }

    private mutating func run() throws(PatternError) -> [UInt8] {
        while i < source.count {
            let byte = source[i]
            switch byte {
            case UInt8(ascii: "\\"): try escape()
            case UInt8(ascii: "["):
                if classDepth > 0 {
                    throw .unsupported(
                        "Character classes within character classes are not supported", index: i, pattern: text)
                }
                openClass()
            case UInt8(ascii: "]") where classDepth > 0:
                classDepth = 0
                copy(1)
            case UInt8(ascii: "&") where classDepth > 0 && next == UInt8(ascii: "&"):
                throw .unsupported("Intersections of character classes are not supported", index: i, pattern: text)
            default: copy(1)
            }
        }
        return output
    }

    private var next: UInt8? { i + 1 < source.count ? source[i + 1] : nil }

    private mutating func copy(_ count: Int) {
        let end = min(i + count, source.count)
        output += source[i..<end]
        i = end
    }

    /// `[`, an optional `^`, and a `]` that directly follows, which Java and PCRE2 both take for itself.
    private mutating func openClass() {
        classDepth = 1
        copy(1)
        if i < source.count, source[i] == UInt8(ascii: "^") { copy(1) }
        if i < source.count, source[i] == UInt8(ascii: "]") { copy(1) }
    }

    private mutating func escape() throws(PatternError) {
        switch next {
        case UInt8(ascii: "Q"): quoted()
        case UInt8(ascii: "u"):
            let digits = source[min(i + 2, source.count)..<min(i + 6, source.count)]
            guard digits.count == 4, digits.allSatisfy(Self.isHexadecimal) else {
                throw .syntax("Illegal Unicode escape sequence", index: i, pattern: text)
            }
            output += Array("\\x{".utf8) + digits + [UInt8(ascii: "}")]
            i += 6
        case UInt8(ascii: "p"), UInt8(ascii: "P"): property()
        default: copy(2)
        }
    }

    /// `\Q…\E` is copied as it is; the end of the text closes it too.
    private mutating func quoted() {
        copy(2)
        while i < source.count {
            if source[i] == UInt8(ascii: "\\"), next == UInt8(ascii: "E") {
                copy(2)
                return
            }
            copy(1)
        }
    }

    /// POSIX names become classes; everything else is left to PCRE2, without Java's prefix `Is`.
    private mutating func property() {
        let isNegated = next == UInt8(ascii: "P")
        let open = i + 2
        guard open < source.count, source[open] == UInt8(ascii: "{"),
            let close = source[open...].firstIndex(of: UInt8(ascii: "}"))
        else { return copy(2) }
        let name = String(decoding: source[open + 1..<close], as: UTF8.self)
        if let posix = Self.posix[name] {
            let member = "[:\(isNegated ? "^" : "")\(posix):]"
            output += Array((classDepth > 0 ? member : "[\(member)]").utf8)
        } else {
            let bare = name.hasPrefix("Is") ? String(name.dropFirst(2)) : name
            output += Array("\\\(isNegated ? "P" : "p"){\(bare)}".utf8)
        }
        i = close + 1
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
