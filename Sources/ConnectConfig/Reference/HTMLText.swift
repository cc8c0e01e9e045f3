/// Turns the little HTML of Apache's descriptions into Markdown.
enum HTMLText {
    /// Tags that have a Markdown spelling take it; others go.
    static func markdown(_ html: String) -> String {
        var result = ""
        var rest = html[...]
        var address = ""
        while let open = rest.firstIndex(of: "<") {
            result += escaped(rest[..<open])
            guard let close = rest[open...].firstIndex(of: ">"), isTag(rest[rest.index(after: open)..<close]) else {
                result += "\\<"
                rest = rest[rest.index(after: open)...]
                continue
            }
            let tag = rest[rest.index(after: open)..<close]
            switch tag.prefix(while: { $0 != " " }).lowercased() {
            case "code", "/code": result += "`"
            case "b", "/b", "strong", "/strong": result += "**"
            case "i", "/i", "em", "/em": result += "*"
            case "br", "br/", "p", "/p", "ul", "/ul", "ol", "/ol": result += "\n\n"
            case "li": result += "\n- "
            case "a":
                address = attribute(tag)
                if !address.isEmpty { result += "[" }
            case "/a":
                if !address.isEmpty { result += "](\(address))" }
                address = ""
            default: break
            }
            rest = rest[rest.index(after: close)...]
        }
        result += escaped(rest)
        return tidied(result)
    }

    private static func isTag(_ inside: Substring) -> Bool {
        let name = inside.first == "/" ? inside.dropFirst() : inside
        return name.first?.isLetter ?? false
    }

    /// The text of `href`.
    private static func attribute(_ tag: Substring) -> String {
        let parts = tag.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.count > 1 ? String(parts[1]) : ""
    }

    private static func escaped(_ text: Substring) -> Substring {
        text.replacing("&quot;", "\"").replacing("&lt;", "<").replacing("&gt;", ">").replacing("*", "\\*")
    }

    /// No blanks at the ends of lines, no more than one empty line at a time.
    private static func tidied(_ text: String) -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let body = line.drop(while: \.isWhitespace)
            let trimmed = body.lastIndex(where: { !$0.isWhitespace }).map { String(body[...$0]) } ?? ""
            if trimmed.isEmpty, lines.last?.isEmpty ?? true { continue }
            lines.append(trimmed)
        }
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}

extension Substring {
    fileprivate func replacing(_ text: String, _ other: String) -> Substring {
        var result = ""
        var rest = self
        while let start = rest.indices.first(where: { rest[$0...].hasPrefix(text) }) {
            result += rest[..<start] + other
            rest = rest[rest.index(start, offsetBy: text.count)...]
        }
        return result[...] + rest
    }
}
