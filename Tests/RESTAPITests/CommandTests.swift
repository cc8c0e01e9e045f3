import ConnectModel
import HTTPServer
import Testing

@testable import RESTAPI

/// Which command a request becomes. What the replies look like is compared with recordings in ``GoldenTests``.
struct CommandTests {
    private func commands(_ call: (Caller) -> HTTPResponse?) -> [String] {
        let herder = FakeHerder(.ready([.named("a b")]))
        _ = call(Caller(herder))
        return herder.commands.map { String(describing: $0) }
    }

    private func command(_ method: String, _ target: String) -> String? {
        commands { $0.call(method, target) }.first
    }

    @Test func `paths become commands with decoded names`() {
        #expect(command("DELETE", "/connectors/a%2Fb") == #"deleteConnector(name: "a/b")"#)
        #expect(command("PUT", "/connectors/a%20b/pause") == #"pauseConnector(name: "a b")"#)
        #expect(command("PUT", "/connectors/a/resume/") == #"resumeConnector(name: "a")"#)
        #expect(command("PUT", "/connectors/a/stop") == #"stopConnector(name: "a")"#)
        #expect(command("GET", "/connectors/a/offsets") == #"connectorOffsets(name: "a")"#)
        #expect(command("HEAD", "/connectors/a/offsets") == #"connectorOffsets(name: "a")"#)
        #expect(command("DELETE", "/connectors/a/offsets") == #"resetConnectorOffsets(name: "a")"#)
        #expect(command("PUT", "/connectors/a%20b/topics/reset") == #"resetActiveTopics(name: "a b")"#)
        #expect(command("PUT", "/connectors/unknown/topics/reset") == nil)
        #expect(command("GET", "/health") == "health")
    }

    @Test(arguments: [
        ("", false, false), ("?includeTasks=true", true, false), ("?onlyFailed=TRUE", false, true),
        ("?includeTasks=True&onlyFailed=true", true, true), ("?includeTasks=1&onlyFailed=yes", false, false),
        ("?includeTasks=false&includeTasks=true", false, false), ("?includeTasks", false, false),
    ])
    func `restart reads its flags as Java does`(query: String, includeTasks: Bool, onlyFailed: Bool) {
        #expect(
            command("POST", "/connectors/a/restart" + query)
                == #"restartConnector(name: "a", includeTasks: \#(includeTasks), onlyFailed: \#(onlyFailed))"#)
    }

    @Test func `a name that no request line could hold is refused when a connector is made`() throws {
        let name = String(repeating: "ä", count: 1365)
        func create(_ name: String) -> HTTPResponse? {
            Caller(FakeHerder()).json("POST", "/connectors", "{\"name\":\"\(name)\",\"config\":{}}")
        }
        #expect(create(name + "aa") == nil, "8192 bytes reach the herder")
        let refused = try #require(create(name + "aaa"))
        #expect(refused.status == 400 && refused.text.contains("too long") && refused.text.count < 300)
        let put = Caller(FakeHerder()).json(
            "PUT", "/connectors/" + String(repeating: "a", count: 8193) + "/config", "{}")
        #expect(put?.status == 400)
    }

    @Test func `only task configurations may be longer than other bodies`() throws {
        func limit(_ method: String, _ path: String) throws -> Int? {
            RESTService.bodyLimit(method, try #require(RequestTarget(path)))
        }
        #expect(try limit("POST", "/connectors/a%2Fb/tasks?forward=false") == 16 << 20)
        #expect(try limit("POST", "/connectors/a/tasks/") == 16 << 20)
        for other in ["/connectors", "/connectors/a/config", "/connectors/a/tasks/0", "/x/a/tasks"] {
            #expect(try limit("POST", other) == nil)
        }
        #expect(try limit("PUT", "/connectors/a/tasks") == nil)
    }

    @Test func `a task is named by connector and number`() throws {
        let herder = FakeHerder()
        _ = Caller(herder).call("POST", "/connectors/a-b/tasks/12/restart")
        guard case .restartTask(let task) = try #require(herder.commands.first) else {
            Issue.record("another command")
            return
        }
        #expect(task == TaskID(connector: "a-b", number: 12))
    }

    @Test func `creating trims the name, adds it to the configuration and spells scalars as they were written`() throws
    {
        let herder = FakeHerder()
        _ = Caller(herder).json(
            "POST", "/connectors",
            #"{"name":" x\t","initial_state":"paused","config":{"a":1.50,"b":true,"c":null,"d":"e","f":1e5}}"#)
        guard case .createConnector("x", let config, .paused) = try #require(herder.commands.first) else {
            Issue.record("another command: \(herder.commands)")
            return
        }
        #expect(
            config == ConfigMap([("a", "1.50"), ("b", "true"), ("c", nil), ("d", "e"), ("f", "1e5"), ("name", "x")]))
        #expect(config.contains("c"))
    }

    @Test func `of two equal keys the last wins`() throws {
        let herder = FakeHerder()
        _ = Caller(herder).json("PUT", "/connectors/x/config", #"{"a":"1","a":"2"}"#)
        guard case .putConnectorConfig("x", let config) = try #require(herder.commands.first) else { return }
        #expect(config == ConfigMap([("a", "2"), ("name", "x")]))
    }

    @Test func `a patch keeps its nulls and adds no name`() throws {
        let herder = FakeHerder()
        _ = Caller(herder).json("PATCH", "/connectors/x/config", #"{"a":null,"b":2}"#)
        guard case .patchConnectorConfig("x", let patch) = try #require(herder.commands.first) else { return }
        #expect(patch.entries.map(\.key) == ["a", "b"])
        #expect(patch.entries.map(\.value) == [nil, "2"])
    }

    @Test func `offsets travel as their JSON text`() throws {
        let herder = FakeHerder()
        _ = Caller(herder).json(
            "PATCH", "/connectors/x/offsets",
            #"{"offsets":[{"partition":{"f" : "é"},"offset":{"p":9007199254740993}},{"partition":null,"offset":null},{}]}"#
        )
        guard case .alterConnectorOffsets("x", let entries) = try #require(herder.commands.first) else { return }
        #expect(
            entries == [
                OffsetRequest(partition: Array(#"{"f":"é"}"#.utf8), offset: Array(#"{"p":9007199254740993}"#.utf8)),
                OffsetRequest(partition: nil, offset: nil), OffsetRequest(partition: nil, offset: nil),
            ])
    }

    @Test(arguments: [
        ("FileStreamSource", "FileStreamSource", true), ("FileStreamSource", "FileStreamSourceConnector", true),
        ("FileStreamSource", "org.x.FileStreamSourceConnector", true),
        ("org.x.FileStreamSourceConnector", "FileStreamSource", false), ("Connector", "Connector", true),
        ("Sink", "FileStreamSink", true), ("FileStreamSink", "FileStreamSource", false),
    ])
    func `validation takes a class that ends with the path's plugin`(path: String, type: String, fits: Bool) {
        let herder = FakeHerder()
        let body = #"{"connector.class":"\#(type)"}"#
        let response = Caller(herder).json("PUT", "/connector-plugins/\(path)/config/validate", body)
        #expect(herder.commands.isEmpty != fits)
        #expect((response?.status == 400) != fits)
    }
}
