import Testing

@testable import CommandLine

struct HelpTextTests {
    @Test func `a command's help has its sections in columns`() {
        let command = Command(
            "copy", abstract: "Copies files.", discussion: "First line\nand its end.\n\nSecond paragraph.",
            arguments: [Argument("from", help: "Source."), Argument("to", help: "Targets.", count: .any)],
            options: [
                Option("mode", short: "m", value: "bits", help: "Access bits."),
                Option("a-name-that-needs-a-line", help: "Long."), Option("hidden", help: "Not shown.", isHidden: true),
            ],
            topics: [Topic("BITS", text: "Of bits.\n\nMore of them.", entries: [.init("r", "Read.")])],
            exitStatuses: [.success])
        #expect(
            HelpText.of(command, path: ["tool", "copy"], isRoot: false) == """
                OVERVIEW: Copies files.

                First line and its end.

                Second paragraph.

                USAGE: tool copy [--mode <bits>] [--a-name-that-needs-a-line] <from> [<to> ...]

                ARGUMENTS:
                  <from>                  Source.
                  <to>                    Targets.

                OPTIONS:
                  -m, --mode <bits>       Access bits.
                  --a-name-that-needs-a-line
                                          Long.
                  -h, --help              Show this text.

                BITS:
                  Of bits.

                  More of them.

                  r                       Read.

                EXIT STATUS:
                  0                       Success, or a stop that was asked for.

                """)
    }

    @Test func `the fake broker's help tells of its faults, within 80 columns`() {
        let text = HelpText.of(Program.fakeBroker, path: [Program.fakeBroker.name], isRoot: true)
        #expect(text.contains("\nFAULTS:\n") && text.contains("\n  error=NAME "))
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("USAGE: ") }
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test(arguments: ["distributed", "run"])
    func `a worker that its cluster cannot have is among the exit statuses`(name: String) throws {
        let command = try #require(Program.kafkaConnect.subcommands.first { $0.name == name })
        for each in [command, Program.kafkaConnect] {
            let text = HelpText.of(each, path: ["kafka-connect"], isRoot: false)
            #expect(text.contains("\n  1                       The command line was wrong.\n"))
            #expect(text.contains("\n  1                       The worker cannot be part of its cluster"))
        }
    }

    @Test func `the program's help lists the commands that are not hidden, within 80 columns`() throws {
        let text = HelpText.of(Program.kafkaConnect, path: ["kafka-connect"], isRoot: true)
        for command in Program.kafkaConnect.subcommands {
            #expect(text.contains("\n  \(command.name) ") == !command.isHidden)
        }
        #expect(text.contains("--version"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
}
