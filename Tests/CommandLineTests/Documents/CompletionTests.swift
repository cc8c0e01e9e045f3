import Testing

@testable import CommandLine

struct CompletionTests {
    private static let tool = Command(
        "a-tool", abstract: "Does things.",
        subcommands: [
            Command(
                "copy", abstract: "Copies [all]: it's quick.",
                arguments: [Argument("from", help: "Source."), Argument("to", help: "Targets.", count: .any)],
                options: [
                    Option("mode", short: "m", value: "bits", help: "Access: bits."),
                    Option("into", value: "folder", kind: .directory, help: "Folder."),
                    Option("probe", help: "Not shown.", isHidden: true),
                ]),
            Command("secret", abstract: "Not shown.", isHidden: true),
        ])
    private static let links = ["tool-copy": "copy"]

    @Test func `the committed scripts are what the table says`() {
        CommittedFile("packaging/completions/kafka-connect.bash").expect(
            BashCompletion.script(of: Program.kafkaConnect, links: Program.links))
        CommittedFile("packaging/completions/_kafka-connect").expect(
            ZshCompletion.script(of: Program.kafkaConnect, links: Program.links))
        for program in [Program.conformance, Program.fakeBroker] {
            CommittedFile("packaging/completions-dev/\(program.name).bash").expect(BashCompletion.script(of: program))
            CommittedFile("packaging/completions-dev/_\(program.name)").expect(ZshCompletion.script(of: program))
        }
    }

    @Test func `a program without subcommands is completed by its options and arguments`() {
        let copy = Self.tool.subcommands[0]
        let bash = BashCompletion.script(of: copy)
        for line in [
            "        :--mode | :-m) kind= ;;", "        :--into) kind=d ;;",
            "            '') options='--help --into --mode -h -m' kind=f ;;", "    complete -F _copy copy",
        ] {
            #expect(bash.split(separator: "\n").contains(line[...]), "\(line)")
        }
        // An empty pattern would be an error of syntax.
        #expect(!bash.contains("path+=") && !bash.contains("probe"))
        let zsh = ZshCompletion.script(of: copy)
        #expect(zsh.hasPrefix("#compdef copy\n") && zsh.contains("'1:from:_files' \\\n        '*:to:_files'\n}"))
        #expect(!zsh.contains("->command") && !zsh.contains("probe"))
    }

    @Test func `bash is told the words of each place, and nothing hidden`() {
        let script = BashCompletion.script(of: Self.tool, links: Self.links)
        for line in [
            "_a_tool() {", "        tool-copy) path=/copy ;;", "            /copy | /help) path+=/$word ;;",
            "        /copy:--mode | /copy:-m) kind= ;;", "        /copy:--into) kind=d ;;",
            "            '') options='--help --version -h' words='copy help' ;;", "            /help) words='copy' ;;",
            "            /copy) options='--help --into --mode -h -m' kind=f ;;",
            "    complete -F _a_tool a-tool tool-copy",
        ] {
            #expect(script.split(separator: "\n").contains(line[...]), "\(line)")
        }
        #expect(!script.contains("secret") && !script.contains("probe"))
    }

    @Test func `zsh is told the words of each place with their meaning, and nothing hidden`() {
        let script = ZshCompletion.script(of: Self.tool, links: Self.links)
        for part in [
            "#compdef a-tool tool-copy\n", "_a-tool() {\n", "_a-tool_copy() {\n    _arguments \\\n",
            "'-m[Access\\: bits.]:bits: ' \\\n        '--mode=[Access\\: bits.]:bits: '",
            "'--into=[Folder.]:folder:_files -/'",
            "'(- *)--help[Show this text.]'", "'1:from:_files' \\\n        '*:to:_files'\n}",
            "'copy:Copies [all]: it'\\''s quick.'\n", "copy) _a-tool_copy && status_=0 ;;",
            "    tool-copy) _a-tool_copy ;;\n",
        ] {
            #expect(script.contains(part), "\(part)")
        }
        #expect(!script.contains("secret") && !script.contains("probe"))
    }
}
