/// Reads a command line by the declaration of a ``Command``: pure, no output, no exit.
///
/// Options may stand anywhere behind the command that they belong to, `--` ends them, values may follow `=`. A word that is no
/// subcommand, an option that nobody declared, a missing or a superfluous argument are errors that name the nearest known word.
package struct CommandParser: Sendable {
    /// What a command line asks for.
    package enum Outcome: Sendable, Equatable {
        /// Run this command.
        case run(ParsedCommand)
        /// Print this text on standard output and end with success.
        case help(String)
        /// Print the version on standard output and end with success.
        case version
    }

    private let root: Command
    private let displayName: String

    /// - Parameters:
    ///   - root: the program.
    ///   - displayName: how the program was called, for usage lines; the root's name where nil.
    package init(_ root: Command, displayName: String? = nil) {
        self.root = root
        self.displayName = displayName ?? root.name
    }

    /// - Parameter arguments: the words behind the program's name.
    package func parse(_ arguments: [String]) throws(UsageError) -> Outcome {
        var run = Run(command: root, displayPath: [displayName])
        var words = arguments[...]
        var optionsEnded = false
        while let word = words.popFirst() {
            if !optionsEnded, word == "--" {
                optionsEnded = true
            } else if !optionsEnded, word.hasPrefix("--") {
                if let outcome = try run.takeLongOption(word, &words) { return outcome }
            } else if !optionsEnded, word.hasPrefix("-"), word.count > 1 {
                if let outcome = try run.takeShortOptions(word, &words) { return outcome }
            } else if run.descends {
                if word == "help", run.command.subcommand(named: "help") == nil {
                    return try run.helpOf(words)
                }
                try run.descend(into: word)
            } else {
                try run.takeArgument(word)
            }
        }
        return try run.finish()
    }
}

extension CommandParser {
    /// One reading of one command line.
    private struct Run {
        var command: Command
        var displayPath: [String]
        var parsed = ParsedCommand(path: [])
        var taken = 0

        /// Whether the next plain word names a subcommand.
        var descends: Bool { !command.subcommands.isEmpty }

        private var isRoot: Bool { parsed.path.isEmpty }

        private var knownOptions: [Option] {
            command.options + [.helpOption] + (isRoot && descends ? [.versionOption] : [])
        }

        func error(_ reason: String) -> UsageError {
            UsageError(
                reason: reason, usage: command.usage(path: displayPath),
                helpCommand: displayPath.joined(separator: " ") + " --help")
        }

        mutating func descend(into word: String) throws(UsageError) {
            guard let next = command.subcommand(named: word) else {
                let names = command.subcommands.filter { !$0.isHidden }.map(\.name)
                throw error("Unknown subcommand '\(word)'." + hint(Suggestion.nearest(to: word, among: names)))
            }
            command = next
            displayPath.append(word)
            parsed.path.append(word)
        }

        /// `help`, `help standalone`: the text that `--help` shows there.
        mutating func helpOf(_ words: ArraySlice<String>) throws(UsageError) -> Outcome {
            for word in words { try descend(into: word) }
            return .help(HelpText.of(command, path: displayPath, isRoot: isRoot))
        }

        mutating func takeArgument(_ word: String) throws(UsageError) {
            guard taken < command.arguments.count else { throw error("Unexpected argument '\(word)'.") }
            let argument = command.arguments[taken]
            // An empty word is the mark of a shell variable that was not set; as a file name it could only confuse.
            guard !word.isEmpty else { throw error("The value of '\(argument.usage)' is empty.") }
            parsed.add(word, to: argument)
            if !argument.repeats { taken += 1 }
        }

        mutating func takeLongOption(_ word: String, _ words: inout ArraySlice<String>) throws(UsageError) -> Outcome? {
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            guard let option = knownOptions.first(where: { $0.name == name }) else {
                let names = knownOptions.filter { !$0.isHidden }.map(\.name)
                let near = Suggestion.nearest(to: name, among: names)
                throw error("Unknown option '--\(name)'." + hint(near.map { "--" + $0 }))
            }
            return try take(option, attached: parts.count > 1 ? String(parts[1]) : nil, &words)
        }

        mutating func takeShortOptions(_ word: String, _ words: inout ArraySlice<String>) throws(UsageError) -> Outcome?
        {
            if word == "-daemon" {
                throw error(
                    "The option '-daemon' is not supported: systemd runs the worker in the background. "
                        + "Use 'systemctl start kafka-connect'.")
            }
            var letters = word.dropFirst()
            while let letter = letters.popFirst() {
                guard let option = knownOptions.first(where: { $0.short == letter }) else {
                    let names = knownOptions.filter { !$0.isHidden }.map(\.name)
                    let near = Suggestion.nearest(to: String(word.dropFirst()), among: names)
                    throw error("Unknown option '\(word)'." + hint(near.map { "--" + $0 }))
                }
                if option.value != nil, !letters.isEmpty {
                    defer { letters = "" }
                    let attached = letters.first == "=" ? letters.dropFirst() : letters
                    if let outcome = try take(option, attached: String(attached), &words) { return outcome }
                } else if let outcome = try take(option, attached: nil, &words) {
                    return outcome
                }
            }
            return nil
        }

        private mutating func take(
            _ option: Option, attached: String?, _ words: inout ArraySlice<String>
        ) throws(UsageError) -> Outcome? {
            guard option.value != nil else {
                if attached != nil { throw error("The option '--\(option.name)' takes no value.") }
                if option == .helpOption { return .help(HelpText.of(command, path: displayPath, isRoot: isRoot)) }
                if option == .versionOption { return .version }
                parsed.add("", to: option)
                return nil
            }
            guard let value = attached ?? words.popFirst(), !value.isEmpty else {
                throw error("Missing value for '\(option.usage)'.")
            }
            parsed.add(value, to: option)
            return nil
        }

        func finish() throws(UsageError) -> Outcome {
            if descends { throw error("Missing subcommand.") }
            for argument in command.arguments where argument.isRequired {
                if parsed.values(of: argument.name).isEmpty {
                    throw error("Missing expected argument '\(argument.usage)'.")
                }
            }
            return .run(parsed)
        }

        private func hint(_ word: String?) -> String {
            word.map { " Did you mean '\($0)'?" } ?? ""
        }
    }
}
