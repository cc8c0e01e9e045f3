/// A command with the way to it, as completions list them.
struct CompletedCommand {
    /// The words that lead to the command, without the program's own.
    let path: [String]
    let command: Command

    /// The program and every command below it that is not hidden, outermost first.
    static func all(of command: Command, path: [String] = []) -> [CompletedCommand] {
        let own = CompletedCommand(path: path, command: command)
        return [own] + own.subcommands.flatMap { all(of: $0, path: path + [$0.name]) }
    }

    /// Whether the next word names a subcommand.
    var descends: Bool { !command.subcommands.isEmpty }
    var subcommands: [Command] { command.subcommands.filter { !$0.isHidden } }
    var options: [Option] { command.documentedOptions(isRoot: path.isEmpty) }
    /// The way as one word: empty for the program itself, else such as `/plugins`.
    var slashed: String { path.map { "/" + $0 }.joined() }
}
