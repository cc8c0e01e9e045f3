/// Text from files and plugins, made fit to be shown.
package enum TerminalText {
    /// One line: line breaks, escapes and other control characters are spelled out, so that a name cannot forge a line or take
    /// the terminal over.
    package static func line(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                // C0, DEL and C1: terminals take U+009B for the start of an escape sequence.
                guard scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) else {
                    result.unicodeScalars.append(scalar)
                    continue
                }
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }
}
