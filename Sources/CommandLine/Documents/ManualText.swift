/// Text as it stands in the source of a manual page.
enum ManualText {
    /// Lines of their own, one for each sentence, as mdoc wants them; no character turns one into a request.
    static func line(_ text: String) -> String {
        sentences(text).map { sentence in
            let escaped = word(sentence)
            return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
        }.joined(separator: "\n")
    }

    /// A capital behind a full stop begins a sentence.
    private static func sentences(_ text: String) -> [String] {
        var result: [String] = []
        var sentence: [Substring] = []
        for word in text.split(separator: " ") {
            if sentence.last?.last == ".", word.first?.isUppercase == true {
                result.append(sentence.joined(separator: " "))
                sentence = []
            }
            sentence.append(word)
        }
        return result + [sentence.joined(separator: " ")]
    }

    /// Part of a line. A hyphen is kept as the character that is typed.
    static func word(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "\"": result += "\\(dq"
            default: result.append(character)
            }
        }
        return result
    }
}
