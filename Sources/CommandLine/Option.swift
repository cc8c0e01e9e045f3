/// A named option of a ``Command``: a flag, or `--name value` (also `--name=value`, `-n value`).
package struct Option: Sendable, Equatable {
    /// The name behind two dashes.
    package var name: String
    /// The name behind one dash, where there is one.
    package var short: Character?
    /// What help calls the value; nil makes the option a flag.
    package var value: String?
    /// What the value means. Completions offer fitting words.
    package var kind: Argument.Kind
    /// One sentence for help.
    package var help: String
    /// Whether help and completions leave the option out. It is understood all the same.
    package var isHidden: Bool

    package init(
        _ name: String, short: Character? = nil, value: String? = nil, kind: Argument.Kind = .text, help: String,
        isHidden: Bool = false
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.kind = kind
        self.help = help
        self.isHidden = isHidden
    }

    /// The option as a usage line shows it, such as `--probe <file>`.
    package var usage: String {
        value.map { "--\(name) <\($0)>" } ?? "--\(name)"
    }

    /// The option as the list of options shows it, such as `-h, --help`.
    var label: String {
        short.map { "-\($0), \(usage)" } ?? usage
    }

    /// Understood by every command.
    static let helpOption = Option("help", short: "h", help: "Show this text.")
    /// Understood by the root command.
    static let versionOption = Option("version", help: "Show the version.")
}
