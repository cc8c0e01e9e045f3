import ConnectConfig
import ConnectModel
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

    private func connector(_ name: String, _ entries: [(String, String?)]) -> ConnectorInfo {
        ConnectorInfo(name: name, config: ConfigMap([("name", name)] + entries), tasks: [], kind: .source)
    }

    @Test func `those whose references stand for something else are told, once`() throws {
        _ = folder.write("one", "1")
        _ = folder.write("two", "2")
        let references = try references()
        let connectors = [
            connector("a", [("password", "${credential:one}")]), connector("b", [("x", "pre-${credential:two}")]),
            connector("c", [("x", "plain")]),
            connector("d", [("x", "${credential:one}"), ("config.action.reload", "none")]),
        ]
        #expect(try references.resolved(connectors[0].config)["password"] == "1")
        #expect(try references.resolved(connectors[1].config)["x"] == "pre-2")
        #expect(references.changed(in: connectors).names == [])
        _ = folder.write("one", "3")
        // Somebody who began meanwhile does not hide that others have the old value.
        #expect(try references.resolved(ConfigMap([("k", "${credential:one}")]))["k"] == "3")
        #expect(references.changed(in: connectors).names == ["a"])
        #expect(references.changed(in: connectors).names == [], "they have been restarted")
    }

    @Test func `what cannot be read is told, and hides no other`() throws {
        _ = folder.write("one", "1")
        let references = try references()
        let connectors = [
            connector("a", [("x", "${credential:gone}")]), connector("b", [("x", "${credential:one}")]),
        ]
        _ = try references.resolved(connectors[1].config)
        _ = folder.write("one", "2")
        let found = references.changed(in: connectors)
        #expect(found.names == ["b"])
        #expect(found.failures.map(\.name) == ["a"])
        #expect(found.failures.first?.error.message.hasPrefix("There is no credential gone") == true)
    }

    @Test func `providers that were declared anew count from then on`() throws {
        _ = folder.write("one", "1")
        let references = References(.none)
        let config = ConfigMap([("x", "${c:one}")])
        #expect(try references.resolved(config)["x"] == "${c:one}")
        references.replace(try transformer("config.providers=c\nconfig.providers.c.class=Credential"))
        #expect(try references.resolved(config)["x"] == "1")
        #expect(references.changed(in: [connector("a", [("x", "${c:one}")])]).names == ["a"], "it was started without")
    }
}
