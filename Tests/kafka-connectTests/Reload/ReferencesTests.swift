import ConnectConfig
import ConnectModel
import Glibc
import Herder
import PluginTestKit
import Testing

@testable import kafka_connect

@Suite struct ReferencesTests {
    private let folder = TemporaryFolder()

    private func references() throws -> References { References(try transformer("config.providers=credential")) }

    private func transformer(_ lines: String) throws -> ConfigTransformer {
        let text = """
            bootstrap.servers=a:1
            key.converter=org.apache.kafka.connect.json.JsonConverter
            value.converter=org.apache.kafka.connect.json.JsonConverter
            offset.storage.file.filename=/x
            \(lines)

            """
        let loaded = WorkerConfig.load(
            ConfigFile.parseWorker(Array(text.utf8), file: "w.properties"), mode: .standalone,
            environment: ["CREDENTIALS_DIRECTORY": folder.path])
        return try #require(loaded.config).transformer
    }

    /// A connector that runs here whole, with as many tasks.
    private func running(_ name: String, _ entries: [(String, String?)], tasks: Int = 0) -> References.Running {
        let ids = (0..<tasks).map { TaskID(connector: name, number: Int32($0)) }
        let info = ConnectorInfo(name: name, config: ConfigMap([("name", name)] + entries), tasks: ids, kind: .source)
        return References.Running(info: info, parts: [.connector(name)] + ids.map { .task($0) })
    }

    private func start(_ connector: References.Running, _ references: References) throws {
        for part in connector.parts { _ = try references.resolved(connector.info.config, for: part) }
    }

    private func changed(_ references: References, _ connectors: [References.Running]) -> [String] {
        outcome(references, connectors).names
    }

    private func outcome(
        _ references: References, _ connectors: [References.Running]
    ) -> (names: [String], failures: [(name: String, error: ConnectError)]) {
        let configured = Dictionary(uniqueKeysWithValues: connectors.map { ($0.info.name, $0.info.tasks.count) })
        return references.changed(in: connectors, configured: configured)
    }

    @Test func `those whose references stand for something else are told, until they were started with it`() throws {
        _ = folder.write("one", "1")
        _ = folder.write("two", "2")
        let references = try references()
        let connectors = [
            running("a", [("password", "${credential:one}")], tasks: 1),
            running("b", [("x", "pre-${credential:two}")]), running("c", [("x", "plain")]),
            running("d", [("x", "${credential:one}"), ("config.action.reload", "none")]),
        ]
        #expect(try references.resolved(connectors[1].info.config, for: nil)["x"] == "pre-2")
        for connector in connectors { try start(connector, references) }
        #expect(changed(references, connectors) == [])
        _ = folder.write("one", "3")
        // Somebody who looks or begins meanwhile does not hide that others have the old value.
        #expect(try references.resolved(ConfigMap([("k", "${credential:one}")]), for: nil)["k"] == "3")
        _ = try references.resolved(connectors[0].info.config, for: .task(TaskID(connector: "a", number: 0)))
        #expect(changed(references, connectors) == ["a"])
        #expect(changed(references, connectors) == ["a"], "it was not restarted")
        try start(connectors[0], references)
        #expect(changed(references, connectors) == [])
    }

    @Test func `a connector whose restart failed has not taken the value`() throws {
        _ = folder.write("one", "1")
        let references = try references()
        let connector = running("a", [("x", "${credential:one}")], tasks: 1)
        try start(connector, references)
        _ = folder.write("one", "2")
        #expect(changed(references, [connector]) == ["a"])
        // The values were read, and what needed them did not come up.
        try start(connector, references)
        references.notTaken(by: connector.parts[1])
        #expect(changed(references, [connector]) == ["a"])
        // A client restarts it.
        _ = try references.resolved(connector.info.config, for: connector.parts[1])
        #expect(changed(references, [connector]) == [])
    }

    @Test func `what could not be read at the start is tried again once it can be`() throws {
        let references = try references()
        let connector = running("a", [("x", "${credential:late}")])
        #expect(throws: ConnectError.self) { try start(connector, references) }
        #expect(changed(references, [connector]) == [], "it cannot be read yet")
        _ = folder.write("late", "1")
        #expect(changed(references, [connector]) == ["a"])
        try start(connector, references)
        #expect(changed(references, [connector]) == [])
    }

    @Test func `only what connectors run with is kept, however much is asked for`() throws {
        _ = folder.write("one", "1")
        let references = try references()
        for number in 0..<20_000 {
            _ = try references.resolved(ConfigMap([("x", "\(number)-${credential:one}")]), for: nil)
        }
        #expect(references.count == 0)
        let connector = running("a", [("x", "${credential:one}")], tasks: 3)
        try start(connector, references)
        try start(running("gone", [("x", "${credential:one}")]), references)
        #expect(references.count == 5)
        _ = folder.write("one", "2")
        // After 20 000 checks of clients it still knows.
        #expect(changed(references, [connector]) == ["a"])
        #expect(references.count == 4, "of connectors that are gone nothing is kept")
        _ = changed(references, [running("a", [("x", "${credential:one}")], tasks: 1)])
        #expect(references.count == 2, "nor of tasks that are")
    }

    @Test func `what runs elsewhere does not count`() throws {
        _ = folder.write("one", "1")
        let references = try references()
        let whole = running("a", [("x", "${credential:one}")], tasks: 2)
        try start(whole, references)
        _ = folder.write("one", "2")
        _ = try references.resolved(whole.info.config, for: whole.parts[0])
        let rest = References.Running(info: whole.info, parts: [whole.parts[0]])
        #expect(changed(references, [rest]) == [], "its tasks have gone to another worker")
        #expect(changed(references, [whole]) == ["a"])
    }

    @Test func `what cannot be read is told, and hides no other`() throws {
        _ = folder.write("one", "1")
        _ = folder.write("gone", "1")
        let references = try references()
        let connectors = [running("a", [("x", "${credential:gone}")]), running("b", [("x", "${credential:one}")])]
        for connector in connectors { try start(connector, references) }
        _ = folder.write("one", "2")
        unlink("\(folder.path)/gone")
        let found = outcome(references, connectors)
        #expect(found.names == ["b"])
        #expect(found.failures.map(\.name) == ["a"])
        #expect(found.failures.first?.error.message.hasPrefix("There is no credential gone") == true)
    }

    @Test func `providers that were declared anew count from then on`() throws {
        _ = folder.write("one", "1")
        let references = References(.none)
        let connector = running("a", [("x", "${c:one}")])
        #expect(try references.resolved(connector.info.config, for: connector.parts[0])["x"] == "${c:one}")
        references.replace(try transformer("config.providers=c\nconfig.providers.c.class=Credential"))
        #expect(try references.resolved(connector.info.config, for: nil)["x"] == "1")
        #expect(changed(references, [connector]) == ["a"], "it was started without")
    }
}
