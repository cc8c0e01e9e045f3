import ConnectConfig
import ConnectModel
import Settings
import Testing

@testable import kafka_connect

@Suite struct ConfigurationCheckerTests {
    private func errors(_ config: [(String, String?)], kind: ConnectorKind = .sink, group: String? = "connect-mine")
        throws
        -> [String]
    {
        var text = """
            bootstrap.servers=a:1
            key.converter=org.apache.kafka.connect.json.JsonConverter
            value.converter=org.apache.kafka.connect.json.JsonConverter
            offset.storage.file.filename=/x

            """
        if let group {
            text += "group.id=\(group)\nconfig.storage.topic=c\noffset.storage.topic=o\nstatus.storage.topic=s\n"
        }
        let loaded = WorkerConfig.load(
            ConfigFile.parseWorker(Array(text.utf8), file: "w.properties"), mode: .automatic, environment: [:])
        let checker = ConfigurationChecker(worker: try #require(loaded.config), plugins: NoPlugins())
        let plugin = PluginDescription(className: "C", aliases: [], kind: kind, version: "1", location: "")
        let topics = kind == .sink ? "topics" : "topic"
        let answer = try checker.validate(
            ConfigMap([("connector.class", "C"), (topics, "t")] + config), plugin: plugin, notes: [])
        return answer.keys.flatMap { key in key.errors.map { "\(key.name): \($0)" } }
    }

    @Test func `a sink whose consumers would join the workers' group is refused`() throws {
        #expect(
            try errors([("name", "mine")]) == [
                "name: Consumer group for sink connector named mine conflicts with Connect worker group connect-mine"
            ])
        #expect(
            try errors([("name", "x"), ("consumer.override.group.id", "connect-mine")]) == [
                "consumer.override.group.id: Consumer group connect-mine conflicts with Connect worker group connect-mine"
            ])
        #expect(try errors([("name", "mine"), ("consumer.override.group.id", "own")]) == [])
        #expect(try errors([("name", "other")]) == [])
        #expect(try errors([("name", "mine")], kind: .source) == [])
        #expect(try errors([("name", "mine")], group: nil) == [])
    }

    @Test func `an offsets topic of a source's own is refused where it would have an effect`() throws {
        let config: [(String, String?)] = [("name", "mine"), ("offsets.storage.topic", "own")]
        #expect(try errors(config, kind: .source).map { $0.prefix(21) } == ["offsets.storage.topic"])
        #expect(try errors(config, kind: .source, group: nil) == [], "a worker alone keeps offsets in its file")
    }

    @Test func `every override that cannot be used is an error of its own key`() throws {
        #expect(
            try errors([
                ("name", "x"), ("consumer.override.max.poll.records", "x"), ("consumer.override.fetch.min.bytes", "-1"),
            ]).map { $0.prefix { $0 != ":" } } == [
                "consumer.override.fetch.min.bytes", "consumer.override.max.poll.records",
            ])
    }
}

/// Plugins without keys.
private final class NoPlugins: PluginTables {
    var plugins: [PluginDescription] { [] }
    var broken: [BrokenPlugin] { [] }
    func table(of plugin: PluginDescription) -> SettingsTable { SettingsTable() }
    func resolve(_ className: String) throws(ConnectError) -> PluginDescription { throw Self.refusal }
    func makeConnector(_ plugin: PluginDescription, services: any ConnectorServices) throws(ConnectError)
        -> any ConnectorPort
    { throw Self.refusal }
    func makeSourceTask(_ plugin: PluginDescription, services: any SourceTaskServices) throws(ConnectError)
        -> any SourceTaskPort
    { throw Self.refusal }
    func makeSinkTask(_ plugin: PluginDescription, services: any SinkTaskServices) throws(ConnectError)
        -> any SinkTaskPort
    { throw Self.refusal }
    func rescan() {}

    private static let refusal = ConnectError(.configUnknownClass, "none")
}
