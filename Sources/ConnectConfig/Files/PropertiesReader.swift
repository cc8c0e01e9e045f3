/// Reads Java's `.properties` syntax exactly as `java.util.Properties` does, with positions.
///
/// A text that is valid UTF-8 is taken for UTF-8, any other for ISO-8859-1, which is what Java reads.
struct PropertiesReader {
    private let scalars: [Unicode.Scalar]
    private var i = 0
    private var line = 1
    private var lineStart = 0
    private var document: ConfigDocument
    /// Where escapes of the text that was read last are malformed.
    private var malformed: [SourcePosition] = []

    static func read(_ bytes: [UInt8], file: String) -> ConfigDocument {
        var reader = PropertiesReader(bytes, file: file)
        while reader.readEntry() {}
        return reader.document
    }

    private init(_ bytes: [UInt8], file: String) {
        document = ConfigDocument(file: file)
        let text = String(validating: bytes, as: UTF8.self)
        scalars = text.map { Array($0.unicodeScalars) } ?? bytes.map { Unicode.Scalar($0) }
        if scalars.first == "\u{FEFF}" { i = 1 }
    }

    private var current: Unicode.Scalar? { i < scalars.count ? scalars[i] : nil }

    private var position: SourcePosition { SourcePosition(line: line, column: i - lineStart + 1) }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\u{0C}"
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\r" }

    /// Passes one line end: `\n`, `\r` or both together.
    private mutating func passLineEnd() {
        if scalars[i] == "\r", i + 1 < scalars.count, scalars[i + 1] == "\n" { i += 1 }
        i += 1
        line += 1
        lineStart = i
    }

    private mutating func passBlanks() {
        while let scalar = current, Self.isBlank(scalar) { i += 1 }
    }

    /// Reads up to and including the next entry; false at the end of the text.
    private mutating func readEntry() -> Bool {
        while let scalar = current {
            if Self.isBlank(scalar) {
                i += 1
            } else if Self.isLineEnd(scalar) {
                passLineEnd()
            } else if scalar == "#" || scalar == "!" {
                while let scalar = current, !Self.isLineEnd(scalar) { i += 1 }
            } else {
                break
            }
        }
        guard current != nil else { return false }
        let start = position
        let key = readText { Self.isBlank($0) || $0 == "=" || $0 == ":" }
        complain(of: nil)
        passContinuedBlanks()
        if let scalar = current, scalar == "=" || scalar == ":" {
            i += 1
            passContinuedBlanks()
        }
        let value = readText { _ in false }
        complain(of: key)
        if let scalar = current, Self.isLineEnd(scalar) { passLineEnd() }
        if let key, let value { document.replace(key, value, at: start) }
        return true
    }

    private mutating func complain(of key: String?) {
        for place in malformed { document.error("Malformed \\uxxxx encoding.", at: place, key: key) }
        malformed = []
    }

    /// Blanks within a logical line, which a backslash may continue.
    private mutating func passContinuedBlanks() {
        passBlanks()
        while passContinuation() {}
    }

    /// Passes a backslash with the line end behind it and the blanks that start the next line.
    private mutating func passContinuation() -> Bool {
        guard current == "\\", i + 1 < scalars.count, Self.isLineEnd(scalars[i + 1]) else { return false }
        i += 1
        passLineEnd()
        passBlanks()
        return true
    }

    /// Reads up to the end of the logical line or an unescaped terminator; nil after an escape that is malformed.
    private mutating func readText(until isTerminator: (Unicode.Scalar) -> Bool) -> String? {
        // UTF-16, since an escape may name half of a surrogate pair.
        var units: [UInt16] = []
        var isGood = true
        while let scalar = current, !Self.isLineEnd(scalar), !isTerminator(scalar) {
            if scalar != "\\" {
                units += Character(scalar).utf16
                i += 1
            } else if !passContinuation() {
                i += 1
                guard let escaped = current else { break }
                if escaped == "u" {
                    guard let unit = hexUnit() else {
                        isGood = false
                        continue
                    }
                    units.append(unit)
                } else {
                    units += Character(Self.unescaped(escaped)).utf16
                    i += 1
                }
            }
        }
        return isGood ? String(decoding: units, as: UTF16.self) : nil
    }

    private static func unescaped(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "t": "\t"
        case "n": "\n"
        case "r": "\r"
        case "f": "\u{0C}"
        default: scalar
        }
    }

    /// The four digits behind `\u`, at which the reader stands.
    private mutating func hexUnit() -> UInt16? {
        let start = SourcePosition(line: line, column: i - lineStart)
        i += 1
        let digits = scalars[i..<min(i + 4, scalars.count)]
        let text = String(String.UnicodeScalarView(digits))
        guard digits.count == 4, digits.allSatisfy({ $0.properties.isASCIIHexDigit }),
            let unit = UInt16(text, radix: 16)
        else {
            malformed.append(start)
            return nil
        }
        i += 4
        return unit
    }
}
