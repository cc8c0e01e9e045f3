import ConnectModel
import Testing

@testable import ConnectConfig

struct ConnectorFileTests {
    private func load(_ name: String, _ text: String) throws -> ConnectorFile {
        try withFile(name, text) { ConnectorFile.load($0) }
    }

    @Test(arguments: [
        ("c.yaml", "name: n\nconnector.class: FileStreamSource\ntasks:\n  max: 2\n"),
        ("c.properties", "name=n\nconnector.class=FileStreamSource\ntasks.max=2\n"),
        ("c.json", #"{"name":"n","connector.class":"FileStreamSource","tasks.max":2}"#),
        ("c.properties", #" {"name":"n","connector.class":"FileStreamSource","tasks.max":"2"}"#),
        ("c.json", #"{"name":"n","config":{"connector.class":"FileStreamSource","tasks.max":"2"},"extra":[1]}"#),
        ("c.conf", #"{"config":{"name":"n","connector.class":"FileStreamSource","tasks.max":"2"},"name":"n"}"#),
        ("c.yaml", "name: n\nconfig:\n  connector.class: FileStreamSource\n  tasks.max: 2\n"),
        ("c", "name=n\nconnector.class=FileStreamSource\ntasks.max=2\n"),
    ])
    func `Every kind of file gives the same configuration`(name: String, text: String) throws {
        let file = try load(name, text)
        #expect(file.problems == [])
        #expect(file.name == "n")
        #expect(file.initialState == nil)
        #expect(file.config == ConfigMap([("name", "n"), ("connector.class", "FileStreamSource"), ("tasks.max", "2")]))
    }

    @Test func `A flat file with a nested key config is not taken for a request`() throws {
        let file = try load("c.yaml", "name: n\nconnector.class: X\nconfig:\n  action:\n    reload: none\n")
        #expect(file.config["config.action.reload"] == "none")
    }

    @Test(arguments: [("stopped", TargetState.stopped), ("PAUSED", .paused), ("Running", .started)])
    func `A request may say the state to start in`(text: String, state: TargetState) throws {
        #expect(try load("c.json", #"{"name":"n","config":{},"initial_state":"\#(text)"}"#).initialState == state)
        #expect(try load("c.yaml", "name: n\nconfig: {}\ninitial_state: \(text)\n").initialState == state)
    }

    @Test func `What Apache refuses is refused in its words`() throws {
        let nameless = try load("c.properties", "connector.class=X\n")
        #expect(nameless.name == nil)
        #expect(
            nameless.problems.first?.message
                == "Connector configuration at '\(nameless.file)' is missing the mandatory 'name' configuration")
        let other = try load("c.json", "{\"name\":\"a\",\n \"config\":{\"name\":\"b\"}}")
        #expect(
            other.problems.first?.message
                == "Connector name configuration in 'config' doesn't match the one specified in 'name' at '\(other.file)'"
        )
        #expect(other.problems.first?.position == SourcePosition(line: 2, column: 12))
    }

    @Test(arguments: [
        ("c.json", "{\"name\":\"n\",\n\"k\":[1]}", "2:5: error: k: the value must be a text"),
        (
            "c.json", "{\"name\":\"n\",\n\"a\":\"1\",}",
            "2:9: error: unexpected '}', expected a member name in double quotes"
        ),
        ("c.json", "{\"name\":\"n\",\n\"name\":\"m\"}", "2:1: error: name is given twice, first in line 1"),
        ("c.json", "[]", "1:1: error: expected an object"),
        ("c.json", "{\"name\":1,\"config\":{}}", "1:9: error: name must be a text"),
        ("c.json", "{\"name\":\"n\",\"config\":{},\"initial_state\":\"on\"}", "1:41: error: initial_state must be"),
        ("c.json", "{} x", "1:4: error: unexpected 'x', expected the end of the text"),
        ("c.yaml", "name: n\nname: m\n", "2:1: error: name is given twice"),
    ])
    func `Problems stand at their place`(name: String, text: String, expected: String) throws {
        let file = try load(name, text)
        let first = try #require(file.problems.first).description
        #expect(first.hasPrefix("\(file.file):\(expected)"), "\(first)")
        #expect(file.hasErrors)
    }

    @Test func `A file that cannot be read is a problem with the reason`() throws {
        #expect(
            ConnectorFile.load("/nowhere/c.yaml").problems.map(\.description) == [
                "/nowhere/c.yaml: error: cannot be read: No such file or directory"
            ])
        #expect(ConnectorFile.load("/dev/zero").problems.first?.message == "cannot be read: not a regular file")
        let big = try load("c.yaml", String(repeating: "#", count: 1 << 20) + "\n")
        #expect(big.problems.first?.message == "cannot be read: larger than 1048576 bytes")
    }

    @Test func `What validation finds is put at the place of its key`() throws {
        var file = try load("c.yaml", "name: n\ntasks.max: x\n")
        file.add([
            ("tasks.max", "Invalid value x for configuration tasks.max: Not a number of type INT"),
            ("topic", "Missing"),
        ])
        #expect(file.problems.map { $0.position?.line } == [2, nil])
        #expect(file.problems.last?.description == "\(file.file): error: topic: Missing")
    }

    @Test func `A validation adds nothing about what could not be read, nor twice what two keys have to agree on`()
        throws
    {
        var file = try load("c.yaml", "name: n\nname: m\ntopics: [[x]]\n")
        file.add([("name", "Bad name"), ("topics", "Missing"), ("topics.regex", "Missing")])
        #expect(
            file.problems.map(\.message) == [
                "name is given twice, first in line 1", "a list may hold nothing but texts", "Bad name",
            ])
        var nameless = try load("c.yaml", "a: b\n")
        nameless.add([("name", "Missing")])
        #expect(nameless.problems.count == 1)
        var whole = try load("c.yaml", "name: n\n")
        whole.add([("a", "One of a and b"), ("b", "One of a and b")])
        #expect(whole.problems.count == 1, "one thing to say under two keys")
    }

    @Test func `A reference to a config provider is known as one`() throws {
        let file = try load("c.properties", "name=${env:N}\na=${x}\nb=$c\n")
        #expect(file.refers("name") && !file.refers("a") && !file.refers("b") && !file.refers("c"))
    }

    @Test func `A file of the largest size is read in a time that grows with its length`() {
        let start = ContinuousClock.now
        let members = (0..<10_000).map { "\"key\($0)\":\"value\"" }.joined(separator: ",\n")
        #expect(ConnectorFile.parse(Array("{\"name\":\"n\",\n\(members)}".utf8), file: "c.json").config.count == 10_001)
        let lines = (0..<10_000).map { "unknown.key\($0): value" }.joined(separator: "\n")
        let document = ConfigFile.parseWorker(Array(lines.utf8), file: "w.yaml")
        let problems = WorkerConfig.load(document, mode: .standalone, environment: [:]).problems
        #expect(problems.count { $0.severity == .warning } == 10_000)
        var file = ConnectorFile.parse(Array("name: n\n".utf8), file: "c.yaml")
        file.add((0..<10_000).map { ("key\($0)", "bad") })
        let overrides = ConfigMap((0..<10_000).map { ("producer.override.unknown.key\($0)", "x") })
        #expect(UnknownClientKeys.overrides(in: overrides).count == 10_000)
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
