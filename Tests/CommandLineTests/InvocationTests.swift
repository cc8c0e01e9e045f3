import Testing

@testable import CommandLine

struct InvocationTests {
    @Test(arguments: [
        (["kafka-connect", "standalone", "w.yaml"], Invocation.standalone(worker: "w.yaml", connectors: [])),
        (["standalone", "standalone", "w", "a", "b"], .standalone(worker: "w", connectors: ["a", "b"])),
        (["/usr/bin/kafka-connect", "distributed", "w"], .distributed(worker: "w")),
        (["kafka-connect", "run", "w"], .run(worker: "w")),
        (["kafka-connect", "plugins"], .plugins(worker: nil, pluginPath: nil)),
        (["kafka-connect", "plugins", "w"], .plugins(worker: "w", pluginPath: nil)),
        (["kafka-connect", "plugins", "--plugin-path", "/a,/b"], .plugins(worker: nil, pluginPath: "/a,/b")),
        (["kafka-connect", "plugins", "--probe", "x.so"], .probe(file: "x.so")),
        (["kafka-connect", "validate", "a", "b"], .validate(files: ["a", "b"])),
        (["kafka-connect", "version"], .version),
        (["kafka-connect", "--version"], .version),
        (["kafka-connect", "reference"], .reference),
        (["/usr/bin/connect-standalone", "w", "c"], .standalone(worker: "w", connectors: ["c"])),
        (["bin/connect-distributed.sh", "w"], .distributed(worker: "w")),
    ])
    func `every command line has its meaning`(arguments: [String], meaning: Invocation) throws {
        #expect(try Invocation(arguments) == meaning)
    }

    @Test func `every declared subcommand is handled`() throws {
        for command in Program.kafkaConnect.subcommands {
            let values = command.arguments.filter(\.isRequired).map(\.name)
            #expect(throws: Never.self) { try Invocation(["kafka-connect", command.name] + values) }
        }
    }

    @Test(arguments: [
        ["connect-standalone", "-daemon", "w"], ["connect-distributed", "w", "-daemon"],
        ["kafka-connect", "run", "-daemon", "w"],
    ])
    func `-daemon is refused with a hint to systemctl`(arguments: [String]) {
        let error = #expect(throws: UsageError.self) { try Invocation(arguments) }
        #expect(error?.message.contains("systemctl start kafka-connect") == true)
    }

    @Test func `a link's usage line shows the link's name`() {
        let error = #expect(throws: UsageError.self) { try Invocation(["/x/connect-standalone"]) }
        #expect(
            error?.message == """
                Error: Missing expected argument '<worker>'.
                Usage: connect-standalone <worker> [<connector> ...]
                  See 'connect-standalone --help' for more information.

                """)
    }

    @Test func `a call without any word is an error, not a crash`() {
        #expect(throws: UsageError.self) { try Invocation([]) }
        #expect(throws: UsageError.self) { try Invocation(["kafka-connect"]) }
        #expect(throws: UsageError.self) { try Invocation([""]) }
    }

    @Test func `usage errors end with Apache's status`() {
        #expect(ExitStatus.usage.code == 1)
        #expect(ExitStatus.failure.code == 2)
        #expect(ExitStatus.connector.code == 3)
    }
}
