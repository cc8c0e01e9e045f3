/// What a call of the binary asks for.
package enum Invocation: Sendable, Equatable {
    /// Run a standalone worker with these connector files.
    case standalone(worker: String, connectors: [String])
    /// Run a member of a cluster.
    case distributed(worker: String)
    /// Run a worker in the mode that its file asks for.
    case run(worker: String)
    /// List plugins, of the folders given (comma list), else of the worker file's `plugin.path`, else of the default folders.
    case plugins(worker: String?, pluginPath: String?)
    /// Open one plugin library and print what it declares (the child process of the plugin scan).
    case probe(file: String)
    /// Check configuration files.
    case validate(files: [String])
    /// Print the version.
    case version
    /// Print the reference of all configuration keys.
    case reference
    /// Print this text and end with success.
    case help(String)

    /// Reads a process's command line.
    /// - Parameter arguments: all of it; the first word is how the program was called and may be a link's name.
    package init(_ arguments: [String]) throws(UsageError) {
        let called = arguments.first?.split(separator: "/").last.map(String.init) ?? Program.kafkaConnect.name
        let name = called.hasSuffix(".sh") ? String(called.dropLast(3)) : called
        let words = Array(arguments.dropFirst())
        let outcome: CommandParser.Outcome
        if let link = Program.links[name], let command = Program.kafkaConnect.subcommand(named: link) {
            outcome = try CommandParser(command, displayName: called).parse(words).below(link)
        } else {
            outcome = try CommandParser(Program.kafkaConnect).parse(words)
        }
        switch outcome {
        case .help(let text): self = .help(text)
        case .version: self = .version
        case .run(let command): self = try Invocation(command)
        }
    }

    private init(_ command: ParsedCommand) throws(UsageError) {
        let worker = command.value(of: "worker")
        switch (command.path.first, worker) {
        case ("standalone", let worker?):
            self = .standalone(worker: worker, connectors: command.values(of: "connector"))
        case ("distributed", let worker?): self = .distributed(worker: worker)
        case ("run", let worker?): self = .run(worker: worker)
        case ("plugins", _):
            if let file = command.option("probe") {
                self = .probe(file: file)
            } else {
                self = .plugins(worker: worker, pluginPath: command.option("plugin-path"))
            }
        case ("validate", _): self = .validate(files: command.values(of: "file"))
        case ("reference", _): self = .reference
        case ("version", _): self = .version
        default:
            // Reached only when a subcommand is declared and not handled here: the test over all subcommands sees it.
            throw UsageError(
                reason: "The command is not available.", usage: Program.kafkaConnect.usage(path: ["kafka-connect"]),
                helpCommand: "kafka-connect --help")
        }
    }
}

extension CommandParser.Outcome {
    /// The outcome of a subcommand that was parsed as a program of its own.
    fileprivate func below(_ name: String) -> Self {
        guard case .run(var command) = self else { return self }
        command.path.insert(name, at: 0)
        return .run(command)
    }
}
