/// Text from outside as a field of the log shows it: on one line, and cut.
enum ShownText {
    /// Bytes beyond which a text is cut, what is spelled out counted as it is written.
    static let limit = 1024

    /// Of a longer text no more than ``limit`` bytes are looked at.
    static func of(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            guard shown.utf8.count < limit else { return shown + "…" }
            switch scalar.value {
            case 0x09: shown += "\\t"
            case 0x0A: shown += "\\n"
            case 0x0D: shown += "\\r"
            // Control characters, and those that end a line or paragraph.
            case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029:
                let digits = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// The same for UTF-8.
    static func of(_ bytes: some Collection<UInt8>) -> String {
        // What is cut here, with the rest of a character perhaps, is not shown.
        of(String(decoding: bytes.prefix(limit + 4), as: UTF8.self))
    }
}
