/// Manual pages in mdoc, made from the same declaration as parsing and `--help`.
///
/// The pages of subcommands are made whole. The page of the program is written by hand around the parts that
/// ``commands(of:)``, ``options(of:isRoot:)`` and ``exitStatuses(of:)`` give.
package enum ManualPage {
    /// The first line of every page that is made whole.
    private static let note =
        #".\" Written from the program's table of commands (CONTRIBUTING.md): not to be changed by hand."#

    /// The whole page of a command below the root, such as `kafka-connect-standalone.1`.
    /// - Parameters:
    ///   - path: the words that lead to the command, itself included.
    ///   - links: names under which the program is this command right away.
    ///   - date: of the page, as mdoc wants it: `November 30, 2026`.
    package static func page(of command: Command, path: [String], links: [String], date: String) -> String {
        let name = path.joined(separator: "-")
        var lines = [note, ".Dd \(date)", ".Dt \(name.uppercased()) 1", ".Os", ".Sh NAME"]
        let names = [name] + links
        for (index, each) in names.enumerated() {
            lines.append(".Nm \(ManualText.word(each))" + (index + 1 < names.count ? " ," : ""))
        }
        lines += [".Nd \(description(command.abstract))", ".Sh SYNOPSIS"]
        lines += synopsis(of: command, name: path[0], path: Array(path.dropFirst()))
        for link in links { lines += synopsis(of: command, name: link, path: []) }
        lines += [".Sh DESCRIPTION", ManualText.line(command.abstract)]
        for paragraph in command.discussion.paragraphs { lines += [".Pp", ManualText.line(paragraph)] }
        if !command.arguments.isEmpty {
            lines += [".Pp", "The arguments are:", ".Bl -tag -width Ds"]
            for argument in command.arguments {
                lines += [".It Ar \(ManualText.word(argument.name))", ManualText.line(argument.help)]
            }
            lines.append(".El")
        }
        lines += [".Pp", "The options are:"]
        var text = lines.joined(separator: "\n") + "\n"
        text += options(of: command, isRoot: false)
        text += topics(of: command)
        if !command.exitStatuses.isEmpty { text += ".Sh EXIT STATUS\n" + exitStatuses(of: command) }
        return text + ".Sh SEE ALSO\n.Xr kafka-connect 1 ,\n.Xr kafka-connect.yaml 5\n"
    }

    /// A list of the commands that are not hidden, each with its arguments, its purpose and its page.
    /// - Parameter program: the root, whose name the pages' names begin with.
    package static func commands(of program: Command) -> String {
        var lines = [".Bl -tag -width Ds"]
        for command in program.subcommands where !command.isHidden {
            lines.append(([".It Cm \(ManualText.word(command.name))"] + operands(of: command)).joined(separator: " "))
            lines += [ManualText.line(command.abstract), "See", ".Xr \(program.name)-\(command.name) 1 ."]
        }
        lines += [".It Cm help Op Ar subcommand", "Show the help of the program or of a subcommand.", ".El"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// A list of the options that are not hidden.
    /// - Parameter isRoot: whether `--version` is understood too.
    package static func options(of command: Command, isRoot: Bool) -> String {
        var lines = [".Bl -tag -width Ds"]
        for option in command.documentedOptions(isRoot: isRoot) {
            let short = option.short.map { "Fl \($0) , " } ?? ""
            lines += [".It \(short)\(macro(option))", ManualText.line(option.help)]
        }
        return (lines + [".El"]).joined(separator: "\n") + "\n"
    }

    /// Sections of their own.
    private static func topics(of command: Command) -> String {
        var lines: [String] = []
        for topic in command.topics {
            lines.append(".Sh \(ManualText.word(topic.title))")
            for (index, paragraph) in topic.text.paragraphs.enumerated() {
                lines += (index > 0 ? [".Pp"] : []) + [ManualText.line(paragraph)]
            }
            guard !topic.entries.isEmpty else { continue }
            lines.append(".Bl -tag -width Ds")
            for entry in topic.entries {
                lines += [".It Cm \(ManualText.word(entry.label))", ManualText.line(entry.help)]
            }
            lines.append(".El")
        }
        return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }

    /// A list of the exit statuses.
    package static func exitStatuses(of command: Command) -> String {
        var lines = [".Bl -tag -width Ds"]
        for status in command.exitStatuses { lines += [".It \(status.code)", ManualText.line(status.meaning)] }
        return (lines + [".El"]).joined(separator: "\n") + "\n"
    }

    private static func synopsis(of command: Command, name: String, path: [String]) -> [String] {
        let words = path.map { " Cm " + ManualText.word($0) }.joined()
        return [".Nm \(ManualText.word(name))" + words] + operands(of: command).map { "." + $0 }
    }

    /// Options and arguments as a synopsis shows them, each without the dot.
    private static func operands(of command: Command) -> [String] {
        command.options.filter { !$0.isHidden }.map { "Oo \(macro($0)) Oc" }
            + command.arguments.map { argument in
                let word = "Ar \(ManualText.word(argument.name))"
                switch argument.count {
                case .one: return word
                case .optional: return "Oo \(word) Oc"
                case .oneOrMore: return "\(word) ..."
                case .any: return "Oo \(word) ... Oc"
                }
            }
    }

    private static func macro(_ option: Option) -> String {
        let name = "Fl \\-" + ManualText.word(option.name)
        return option.value.map { "\(name) Ar \(ManualText.word($0))" } ?? name
    }

    /// The sentence as a page's NAME shows it: without its capital and its full stop.
    private static func description(_ abstract: String) -> String {
        let body = abstract.hasSuffix(".") ? abstract.dropLast() : abstract[...]
        return ManualText.line(body.prefix(1).lowercased() + body.dropFirst())
    }
}
