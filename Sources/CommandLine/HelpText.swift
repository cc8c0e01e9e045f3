/// The text of `--help`, in the sections and columns of swift-argument-parser.
package enum HelpText {
    private static let width = 80
    private static let indent = 2
    private static let column = 26

    /// - Parameters:
    ///   - path: the words that lead to the command, itself included.
    ///   - isRoot: whether `--version` is understood too.
    package static func of(_ command: Command, path: [String], isRoot: Bool) -> String {
        var text = wrap("OVERVIEW: " + command.abstract, from: 0)
        for paragraph in command.discussion.paragraphs {
            text += "\n" + wrap(paragraph, from: 0)
        }
        text += "\nUSAGE: \(command.usage(path: path))\n"
        text += section("ARGUMENTS", command.arguments.map { ("<\($0.name)>", $0.help) })
        text += section("OPTIONS", command.documentedOptions(isRoot: isRoot).map { ($0.label, $0.help) })
        text += section("SUBCOMMANDS", command.subcommands.filter { !$0.isHidden }.map { ($0.name, $0.abstract) })
        for topic in command.topics {
            text += "\n\(topic.title):\n"
            for (index, paragraph) in topic.text.paragraphs.enumerated() {
                text += (index > 0 ? "\n" : "") + wrap(paragraph, from: indent)
            }
            text += section(nil, topic.entries.map { ($0.label, $0.help) })
        }
        text += section("EXIT STATUS", command.exitStatuses.map { (String($0.code), $0.meaning) })
        if !command.subcommands.isEmpty {
            text += "\n  See '\(path.joined(separator: " ")) help <subcommand>' for detailed help.\n"
        }
        return text
    }

    /// A list in two columns, under its title where there is one.
    private static func section(_ title: String?, _ rows: [(label: String, help: String)]) -> String {
        guard !rows.isEmpty else { return "" }
        var text = title.map { "\n\($0):\n" } ?? "\n"
        for row in rows {
            let label = String(repeating: " ", count: indent) + row.label
            let body = wrap(row.help, from: column)
            if label.count < column {
                text += label + body.dropFirst(label.count)
            } else {
                text += label + "\n" + body
            }
        }
        return text
    }

    /// Lines of at most ``width`` columns, each indented by `start` blanks and ended by a newline.
    private static func wrap(_ text: String, from start: Int) -> String {
        let margin = String(repeating: " ", count: start)
        var result = ""
        var line = margin
        for word in text.split(separator: " ") {
            if line.count > start, line.count + 1 + word.count > width {
                result += line + "\n"
                line = margin
            }
            if line.count > start { line += " " }
            line += word
        }
        return result + line + "\n"
    }
}
