import Testing

@testable import CommandLine

struct CommandParserTests {
    private let tool = Command(
        "tool", abstract: "Does things.",
        subcommands: [
            Command(
                "copy", abstract: "Copies.",
                arguments: [Argument("from", help: "Source."), Argument("to", help: "Targets.", count: .any)],
                options: [
                    Option("force", short: "f", help: "Overwrite."),
                    Option("mode", short: "m", value: "bits", help: "Access bits."),
                ]),
            Command("check", abstract: "Checks.", arguments: [Argument("file", help: "Files.", count: .oneOrMore)]),
            Command("secret", abstract: "Not shown.", isHidden: true),
        ])

    private func parsed(_ words: String...) throws -> ParsedCommand {
        guard case .run(let command) = try CommandParser(tool).parse(words) else {
            throw UsageError(reason: "no command", usage: "", helpCommand: "")
        }
        return command
    }

    private func reason(_ words: String...) -> String {
        do {
            return "no error: \(try CommandParser(tool).parse(words))"
        } catch {
            return error.reason
        }
    }

    @Test func `arguments are filled in order and the last takes the rest`() throws {
        let command = try parsed("copy", "a", "b", "c")
        #expect(command.path == ["copy"])
        #expect(command.value(of: "from") == "a")
        #expect(command.values(of: "to") == ["b", "c"])
    }

    @Test(arguments: [
        ["copy", "--mode", "7", "a"], ["copy", "a", "--mode=7"], ["copy", "-m", "7", "a"], ["copy", "-m7", "a"],
        ["copy", "-fm=7", "a"],
    ])
    func `an option's value may follow in every usual way`(words: [String]) throws {
        guard case .run(let command) = try CommandParser(tool).parse(words) else {
            Issue.record("not a command")
            return
        }
        #expect(command.option("mode") == "7")
        #expect(command.value(of: "from") == "a")
        #expect(command.has("force") == (words[1] == "-fm=7"))
    }

    @Test func `two dashes end the options`() throws {
        let command = try parsed("copy", "--", "--force", "-x")
        #expect(command.value(of: "from") == "--force")
        #expect(command.values(of: "to") == ["-x"])
        #expect(!command.has("force"))
    }

    @Test func `a single dash is a plain word`() throws {
        #expect(try parsed("copy", "-").value(of: "from") == "-")
    }

    @Test func `the last of several values counts`() throws {
        #expect(try parsed("copy", "--mode=1", "a", "--mode=2").option("mode") == "2")
    }

    @Test func `hidden commands can be called but are not suggested`() throws {
        #expect(try parsed("secret").path == ["secret"])
        #expect(reason("secre") == "Unknown subcommand 'secre'.")
    }

    @Test func `errors name the nearest word`() {
        #expect(reason("chekc", "x") == "Unknown subcommand 'chekc'. Did you mean 'check'?")
        #expect(reason("copy", "--forse", "x") == "Unknown option '--forse'. Did you mean '--force'?")
        #expect(reason("copy", "-forse", "x") == "Unknown option '-forse'. Did you mean '--force'?")
    }

    @Test func `errors say what is missing or too much`() {
        #expect(reason() == "Missing subcommand.")
        #expect(reason("copy") == "Missing expected argument '<from>'.")
        #expect(reason("check") == "Missing expected argument '<file> ...'.")
        #expect(reason("secret", "x") == "Unexpected argument 'x'.")
        #expect(reason("copy", "a", "--mode") == "Missing value for '--mode <bits>'.")
        #expect(reason("copy", "a", "--mode=") == "Missing value for '--mode <bits>'.")
        #expect(reason("copy", "a", "--force=yes") == "The option '--force' takes no value.")
        #expect(reason("copy", "") == "The value of '<from>' is empty.")
        #expect(reason("copy", "-x", "a") == "Unknown option '-x'.")
    }

    @Test func `an error shows the usage of the innermost command`() {
        #expect(
            throws: UsageError(
                reason: "Missing expected argument '<from>'.",
                usage: "tool copy [--force] [--mode <bits>] <from> [<to> ...]",
                helpCommand: "tool copy --help")
        ) { try CommandParser(tool).parse(["copy"]) }
    }

    @Test func `help is understood everywhere`() throws {
        let outer = try CommandParser(tool).parse(["--help"])
        #expect(try CommandParser(tool).parse(["help"]) == outer)
        #expect(try CommandParser(tool).parse(["-h"]) == outer)
        let inner = try CommandParser(tool).parse(["copy", "a", "--help"])
        #expect(try CommandParser(tool).parse(["help", "copy"]) == inner)
        #expect(inner != outer)
    }

    @Test func `version is understood by the root alone`() throws {
        #expect(try CommandParser(tool).parse(["--version"]) == .version)
        #expect(reason("copy", "--version") == "Unknown option '--version'.")
    }

    @Test func `letters swapped, lost, added or replaced count as one step each`() {
        #expect(Suggestion.distance(Array("abcd"), Array("abdc")) == 1)
        #expect(Suggestion.distance(Array("abcd"), Array("abd")) == 1)
        #expect(Suggestion.distance(Array("abcd"), Array("abxcd")) == 1)
        #expect(Suggestion.distance(Array("abcd"), Array("axcd")) == 1)
        #expect(Suggestion.distance(Array("kitten"), Array("sitting")) == 3)
        #expect(Suggestion.distance([], Array("ab")) == 2)
        #expect(Suggestion.nearest(to: "zzz", among: ["run", "version"]) == nil)
        #expect(Suggestion.nearest(to: String(repeating: "a", count: 100_000), among: ["a"]) == nil)
    }
}
