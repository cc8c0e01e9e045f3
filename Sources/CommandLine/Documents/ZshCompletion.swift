/// What zsh completes behind a program, made from the same declaration as parsing and `--help`.
package enum ZshCompletion {
    /// A script for zsh's folder of completions, named `_` and the program.
    /// - Parameter links: other names of the program, each with the subcommand that it is right away.
    package static func script(of program: Command, links: [String: String] = [:]) -> String {
        let names = links.keys.sorted()
        let starts = names.map { "    \($0)) _\(program.name)_\(links[$0] ?? "") ;;\n" }.joined()
        return """
            #compdef \(([program.name] + names).joined(separator: " "))
            # Written from the program's table of commands (CONTRIBUTING.md): not to be changed by hand.

            \(CompletedCommand.all(of: program).map { function($0, program: program.name) }.joined(separator: "\n"))
            case $service in
            \(starts)    *) _\(program.name) ;;
            esac

            """
    }

    private static func function(_ completed: CompletedCommand, program: String) -> String {
        let name = functionName(completed.path, program: program)
        let specifications = completed.options.flatMap(specifications(of:))
        guard completed.descends else {
            let all =
                specifications
                + completed.command.arguments.enumerated().map { specification($0.element, $0.offset + 1) }
            return "\(name)() {\n    _arguments \\\n        \(all.joined(separator: " \\\n        "))\n}\n"
        }
        let subcommands = completed.subcommands
        let descriptions = subcommands.map { "                \(quoted("\($0.name):\($0.abstract)"))\n" }.joined()
        let calls = subcommands.map { command in
            "                \(command.name)) \(functionName(completed.path + [command.name], program: program)) && status_=0 ;;\n"
        }.joined()
        return """
            \(name)() {
                local curcontext=$curcontext state line status_=1
                typeset -A opt_args
                _arguments -C \\
                    \((specifications + ["'1: :->command'", "'*:: :->rest'"]).joined(separator: " \\\n        ")) && status_=0
                case $state in
                    command | rest)
                        local -a commands=(
            \(descriptions)            )
                        ;|
                    command)
                        commands+=('help:Show the help of the program or of a subcommand.')
                        _describe -t commands subcommand commands && status_=0
                        ;;
                    rest)
                        case $line[1] in
            \(calls)                help) _describe -t commands subcommand commands && status_=0 ;;
                        esac
                        ;;
                esac
                return status_
            }

            """
    }

    private static func functionName(_ path: [String], program: String) -> String {
        "_" + ([program] + path).joined(separator: "_")
    }

    private static func specifications(of option: Option) -> [String] {
        // Help and version stand alone.
        let alone = option == .helpOption || option == .versionOption ? "(- *)" : ""
        let value = option.value.map { ":\($0):\(action(option.kind))" } ?? ""
        let text = "[\(escaped(option.help))]"
        let names = (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.name)" + (option.value == nil ? "" : "=")]
        return names.map { quoted(alone + $0 + text + value) }
    }

    private static func specification(_ argument: Argument, _ position: Int) -> String {
        let rest = "\(argument.name):\(action(argument.kind))"
        return switch argument.count {
        case .one: quoted("\(position):\(rest)")
        case .optional: quoted("\(position)::\(rest)")
        case .oneOrMore, .any: quoted("*:\(rest)")
        }
    }

    private static func action(_ kind: Argument.Kind) -> String {
        switch kind {
        case .file: "_files"
        case .directory: "_files -/"
        case .text: " "
        }
    }

    /// Text within brackets of a specification.
    private static func escaped(_ text: String) -> String {
        text.map { "[]:\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }
}
