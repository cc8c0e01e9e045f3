/// What bash completes behind a program, made from the same declaration as parsing and `--help`.
package enum BashCompletion {
    /// A script for bash's folder of completions.
    /// - Parameter links: other names of the program, each with the subcommand that it is right away.
    package static func script(of program: Command, links: [String: String] = [:]) -> String {
        let function = "_" + String(program.name.map { $0 == "-" ? "_" : $0 })
        let commands = CompletedCommand.all(of: program)
        let names = links.keys.sorted()
        return """
            # bash completion for \(program.name). Written from the program's table of commands (CONTRIBUTING.md): not to be
            # changed by hand.
            \(function)() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path= options= words= kind= word
                # `--option=value` comes as three words.
                if [[ $current == "=" ]]; then
                    current=
                elif [[ $previous == "=" && $COMP_CWORD -gt 1 ]]; then
                    previous=${COMP_WORDS[COMP_CWORD - 2]}
                fi
            \(start(links))\(descent(commands))    case $path:$previous in
            \(commands.map(optionValues).joined())        *)
                        case $path in
            \(commands.map(choices).joined())            esac
                        ;;
                esac
                if [[ $current == -* && -n $options ]]; then
                    words=$options kind=
                fi
                if [[ -n $kind ]]; then
                    compopt -o filenames 2>/dev/null
                    mapfile -t COMPREPLY < <(compgen -"$kind" -- "$current")
                else
                    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
                fi
            } &&
                complete -F \(function) \(([program.name] + names).joined(separator: " "))

            """
    }

    /// Where another name of the program begins; nothing where there is none.
    private static func start(_ links: [String: String]) -> String {
        guard !links.isEmpty else { return "" }
        let lines = links.keys.sorted().map { "        \($0)) path=/\(links[$0] ?? "") ;;\n" }.joined()
        return "    case ${1##*/} in\n\(lines)    esac\n"
    }

    /// The way down to the subcommand that was typed; nothing where there is none, since no pattern would be no bash.
    private static func descent(_ commands: [CompletedCommand]) -> String {
        let paths =
            commands.map(\.slashed).filter { !$0.isEmpty } + commands.filter(\.descends).map { $0.slashed + "/help" }
        guard !paths.isEmpty else { return "" }
        return """
                for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
                    case $path/$word in
                        \(paths.joined(separator: " | "))) path+=/$word ;;
                    esac
                done

            """
    }

    /// What follows an option that takes a value.
    private static func optionValues(_ completed: CompletedCommand) -> String {
        completed.command.options.filter { !$0.isHidden && $0.value != nil }.map { option in
            let names = ["--" + option.name] + (option.short.map { ["-\($0)"] } ?? [])
            let patterns = names.map { "\(completed.slashed):\($0)" }.joined(separator: " | ")
            return "        \(patterns)) kind=\(letter(option.kind)) ;;\n"
        }.joined()
    }

    /// What else may stand behind a command.
    private static func choices(_ completed: CompletedCommand) -> String {
        let names = completed.options.flatMap { ["--" + $0.name] + ($0.short.map { ["-\($0)"] } ?? []) }
        let options = "options='\(names.sorted().joined(separator: " "))'"
        let pattern = completed.slashed.isEmpty ? "''" : completed.slashed
        guard completed.descends else {
            // Arguments of one command are of one kind but for rare cases, where the first one's is offered.
            let kind = letter(completed.command.arguments.first?.kind ?? .text)
            return "            \(pattern)) \(options) kind=\(kind) ;;\n"
        }
        let words = completed.subcommands.map(\.name).joined(separator: " ")
        return "            \(pattern)) \(options) words='\(words) help' ;;\n"
            + "            \(completed.slashed)/help) words='\(words)' ;;\n"
    }

    /// What `compgen` calls the kind; nothing where there is nothing to offer.
    private static func letter(_ kind: Argument.Kind) -> String {
        switch kind {
        case .file: "f"
        case .directory: "d"
        case .text: ""
        }
    }
}
