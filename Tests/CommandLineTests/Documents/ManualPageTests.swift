import Testing

@testable import CommandLine

struct ManualPageTests {
    /// Of all pages; mdoc wants one.
    private static let date = "November 30, 2026"
    private static let visible = Program.kafkaConnect.subcommands.filter { !$0.isHidden }

    @Test(arguments: visible)
    func `the committed page of a subcommand is what the table says`(command: Command) {
        let links = Program.links.filter { $0.value == command.name }.keys.sorted()
        CommittedFile("packaging/man/kafka-connect-\(command.name).1").expect(
            ManualPage.page(of: command, path: ["kafka-connect", command.name], links: links, date: Self.date))
    }

    @Test func `the committed pages of the programs for authors of connectors are what their tables say`() {
        for program in [Program.conformance, Program.fakeBroker] {
            CommittedFile("packaging/man-dev/\(program.name).1").expect(
                ManualPage.page(of: program, path: [program.name], links: [], date: Self.date))
        }
    }

    /// Not parameterised: all parts are in one file.
    @Test func `the parts of the program's page are what the table says`() throws {
        let file = CommittedFile("packaging/man/kafka-connect.1")
        let program = Program.kafkaConnect
        var text = file.text
        for (part, wanted) in [
            ("commands", ManualPage.commands(of: program)),
            ("options", ManualPage.options(of: program, isRoot: true)),
            ("exit statuses", ManualPage.exitStatuses(of: program)),
        ] {
            text = try #require(replacing(part, in: text, with: wanted), "no marks around \(part)")
        }
        file.expect(text)
    }

    @Test func `a page has its arguments, options and links in mdoc`() {
        let command = Command(
            "copy", abstract: "Copies files.", discussion: "First line\nand its end.\n\n'Second' a\\b. Third i. e. 3.",
            arguments: [
                Argument("from", help: ".hidden ones too."), Argument("to", help: "Targets.", count: .oneOrMore),
            ],
            options: [
                Option("mode-bits", short: "m", value: "bits", help: "Access."),
                Option("probe", help: "Not shown.", isHidden: true),
            ],
            topics: [Topic("MODE BITS", text: "Of bits.\n\nAnd more.", entries: [.init("a-b=N", "All. Some.")])],
            exitStatuses: [.success])
        let page = ManualPage.page(
            of: command, path: ["tool", "copy"], links: ["tool-copy-files"], date: "May 1, 2026")
        #expect(
            page.split(separator: "\n").dropFirst().joined(separator: "\n") == #"""
                .Dd May 1, 2026
                .Dt TOOL-COPY 1
                .Os
                .Sh NAME
                .Nm tool\-copy ,
                .Nm tool\-copy\-files
                .Nd copies files
                .Sh SYNOPSIS
                .Nm tool Cm copy
                .Oo Fl \-mode\-bits Ar bits Oc
                .Ar from
                .Ar to ...
                .Nm tool\-copy\-files
                .Oo Fl \-mode\-bits Ar bits Oc
                .Ar from
                .Ar to ...
                .Sh DESCRIPTION
                Copies files.
                .Pp
                First line and its end.
                .Pp
                \&'Second' a\eb.
                Third i. e. 3.
                .Pp
                The arguments are:
                .Bl -tag -width Ds
                .It Ar from
                \&.hidden ones too.
                .It Ar to
                Targets.
                .El
                .Pp
                The options are:
                .Bl -tag -width Ds
                .It Fl m , Fl \-mode\-bits Ar bits
                Access.
                .It Fl h , Fl \-help
                Show this text.
                .El
                .Sh MODE BITS
                Of bits.
                .Pp
                And more.
                .Bl -tag -width Ds
                .It Cm a\-b=N
                All.
                Some.
                .El
                .Sh EXIT STATUS
                .Bl -tag -width Ds
                .It 0
                Success, or a stop that was asked for.
                .El
                .Sh SEE ALSO
                .Xr kafka-connect 1 ,
                .Xr kafka-connect.yaml 5
                """#)
    }

    /// `source` with what stands between the lines `.\" begin PART` and `.\" end PART` replaced; nil where they are missing.
    private func replacing(_ part: String, in source: String, with text: String) -> String? {
        guard let begin = source.firstRange(of: ".\\\" begin \(part)\n"),
            let end = source[begin.upperBound...].firstRange(of: ".\\\" end \(part)\n")
        else { return nil }
        return source[..<begin.upperBound] + text + source[end.lowerBound...]
    }
}
