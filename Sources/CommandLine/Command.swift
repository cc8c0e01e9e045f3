/// One command of a program, declared as data. Parsing, `--help`, and whatever else is derived from commands
/// (shell completions, manual pages) read the same declaration, so that they cannot disagree.
package struct Command: Sendable, Equatable {
    /// The word that selects the command; of the root, the program's own name.
    package var name: String
    /// One sentence for lists of commands.
    package var abstract: String
    /// Paragraphs below the abstract, empty where the abstract says all.
    package var discussion: String
    /// Positional arguments in order. Only the last may take more than one value.
    package var arguments: [Argument]
    /// Options of this command. `--help` is understood everywhere and not listed here.
    package var options: [Option]
    /// Commands below this one. A command that has some takes no arguments of its own.
    package var subcommands: [Command]
    /// What else help and manual page tell, each under a heading.
    package var topics: [Topic]
    /// What the process's exit status means.
    package var exitStatuses: [ExitStatus]
    /// Whether help and completions leave the command out. It can be called all the same.
    package var isHidden: Bool

    package init(
        _ name: String, abstract: String, discussion: String = "", arguments: [Argument] = [], options: [Option] = [],
        subcommands: [Command] = [], topics: [Topic] = [], exitStatuses: [ExitStatus] = [], isHidden: Bool = false
    ) {
        self.name = name
        self.abstract = abstract
        self.discussion = discussion
        self.arguments = arguments
        self.options = options
        self.subcommands = subcommands
        self.topics = topics
        self.exitStatuses = exitStatuses
        self.isHidden = isHidden
    }

    /// The subcommand called `name`, hidden ones included.
    package func subcommand(named name: String) -> Command? {
        subcommands.first { $0.name == name }
    }

    /// The options that help, manual page and completions show.
    /// - Parameter isRoot: whether `--version` is understood too, where there are subcommands.
    func documentedOptions(isRoot: Bool) -> [Option] {
        let visible = options.filter { !$0.isHidden } + [.helpOption]
        return isRoot && !subcommands.isEmpty ? visible + [.versionOption] : visible
    }

    /// The usage line, such as `kafka-connect standalone <worker> [<connector> ...]`.
    /// - Parameter path: the words that lead to the command, itself included.
    package func usage(path: [String]) -> String {
        var words = path
        for option in options where !option.isHidden {
            words.append("[\(option.usage)]")
        }
        if !subcommands.isEmpty { words.append("<subcommand>") }
        words += arguments.map(\.usage)
        return words.joined(separator: " ")
    }
}
