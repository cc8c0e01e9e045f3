import ConnectModel
import Settings
import Testing

@testable import ConnectConfig

struct ConnectorConfigTableTests {
    private static let source = ConfigMap([
        ("name", "n"), ("connector.class", "FileStreamSource"), ("topic", "t"), ("file", "f"),
    ])

    private func validate(_ extra: [(String, String?)], policy: OverridePolicy = .all) throws -> ConnectorValidation {
        var config = Self.source
        for (key, value) in extra { config.set(key, value) }
        return try Recorded.table("source", policy: policy).validate(
            config, plugin: Recorded.fileStream("source"), version: "4.3.1")
    }

    @Test func `Overrides are looked at for those clients alone that the connector has`() throws {
        let extra: [(String, String?)] = [
            ("producer.override.acks", "1"), ("consumer.override.x", "1"), ("admin.override.y", "1"),
        ]
        #expect(try validate(extra, policy: .none).errors.map(\.key) == ["producer.override.acks"])
        let more = extra + [("offsets.storage.topic", "o")]
        #expect(
            try validate(more, policy: .none).errors.map(\.key) == [
                "producer.override.acks", "consumer.override.x", "admin.override.y",
            ])
        #expect(try validate(more, policy: .all).errorCount == 0)
    }

    @Test(.timeLimit(.minutes(1)))
    func `A configuration of as many keys as a request holds is checked in no time`() throws {
        let nulls: [(String, String?)] = (0..<60_000).map { ("n\($0)", nil) }
        let overrides: [(String, String?)] = (0..<60_000).map { ("producer.override.\($0)", "1") }
        #expect(try validate(nulls + overrides, policy: .none).errorCount == 120_000)
    }

    @Test(arguments: ["transforms", "predicates"])
    func `What no class exists for is refused as not part of this version`(key: String) {
        let config = ConfigMap([("name", "n"), (key, "a"), ("\(key).a.type", "x.Y")])
        let missing = ConnectorConfigTable.missingFeatures(of: config, catalog: ClassCatalog([]))
        #expect(missing.map(\.key) == [key])
        #expect(missing.first?.message == "\(key) are not part of this version; leave the key out")
        let table = ConnectorConfigTable(
            kind: .source, catalog: ClassCatalog([]), converters: [:],
            rules: OverrideRules(policy: .all, overrideGuard: OverrideGuard(folders: [])))
        let told = table.validate(config, plugin: SettingsTable(), version: nil).errors.filter { $0.key == key }
        #expect(told.map(\.message) == missing.map(\.message))
        let kind: ClassKind = key == "transforms" ? .transformation : .predicate
        let catalog = ClassCatalog([ClassCatalog.Entry("x.Z", [kind], version: "1")])
        #expect(ConnectorConfigTable.missingFeatures(of: config, catalog: catalog).isEmpty)
    }

    @Test func `A regular expression too expensive to compare with the dead letter topic is an error`() {
        let expensive = "(a+)+b?(a+)+b?(a+)+$"
        let config = ConfigMap([
            ("name", "n"), ("topics.regex", expensive),
            ("errors.deadletterqueue.topic.name", String(repeating: "a", count: 5000) + "c"),
        ])
        let table = ConnectorConfigTable(
            kind: .sink, catalog: ClassCatalog([]), converters: [:],
            rules: OverrideRules(policy: .all, overrideGuard: OverrideGuard(folders: [])))
        let errors = table.validate(config, plugin: SettingsTable(), version: nil).errors
        let told = errors.first { $0.key == "topics.regex" }
        #expect(told?.message.contains("cannot be found out: matching takes too many steps") == true)
    }

    @Test func `An override that would read any file is refused under the policy All`() throws {
        let outcome = try validate([("producer.override.ssl.truststore.location", "/root/x")])
        #expect(outcome.errors.map(\.key) == ["producer.override.ssl.truststore.location"])
    }

    @Test func `An overridden password is not shown, whatever is wrong with it`() throws {
        let outcome = try validate([("producer.override.sasl.jaas.config", "not-a-login-config")])
        let report = try #require(outcome.reports.last)
        #expect(report.value == "[hidden]")
        #expect(report.errors.count == 1 && !report.errors[0].contains("not-a-login-config"))
    }

    @Test func `A connector's own notes add errors and have the last word on recommendations`() throws {
        var outcome = try validate([])
        outcome.add([
            ValidationNote(key: "file", errors: ["no such file"], recommendedValues: ["a"], isVisible: false),
            ValidationNote(key: "elsewhere", errors: ["bad"]),
        ])
        let file = try #require(outcome.answer.keys.first { $0.name == "file" })
        #expect(file.errors == ["no such file"] && file.recommendedValues == ["a"] && !file.isVisible)
        #expect(outcome.answer.keys.last?.name == "elsewhere" && outcome.answer.keys.last?.definition == nil)
        #expect(outcome.answer.errorCount == 2)
    }

    @Test func `Another version of a converter than the one there is is an error of both keys`() throws {
        let outcome = try validate([("key.converter", "Json"), ("key.converter.plugin.version", "9")])
        #expect(outcome.errors.map(\.key) == ["key.converter", "key.converter.plugin.version"])
        #expect(try validate([("key.converter", "Json"), ("key.converter.plugin.version", "4.3.1")]).errorCount == 0)
    }

    @Test func `Passwords of a connector are secrets, whoever's keys they are`() throws {
        var config = Self.source
        config.set("password", "canary-plugin-1")
        config.set("producer.override.ssl.key.password", "canary-client-1")
        config.set("topic", "canary-topic-1")
        var plugin = try Recorded.fileStream("source")
        plugin.define(SettingKey("password", .password, default: .none, .high, ""))
        let secrets = try Recorded.table("source").secrets(of: config, plugin: plugin)
        #expect(secrets.sorted() == ["canary-client-1", "canary-plugin-1"])
    }

    @Test func `Rules name what they refuse by its full key`() {
        let rules = OverrideRules(policy: .principal, overrideGuard: OverrideGuard(folders: []))
        let config = [
            "consumer.override.b": "1", "consumer.override.a": "1", "consumer.override.sasl.mechanism": "PLAIN",
        ]
        #expect(rules.refusals(.consumer, in: config).map(\.key) == ["consumer.override.a", "consumer.override.b"])
        #expect(rules.refusals(.producer, in: config).isEmpty)
    }

    @Test func `Aliases are simple names, cut names, and never those of two classes`() {
        let catalog = ClassCatalog([
            ClassCatalog.Entry("a.JsonConverter", [.converter, .headerConverter], version: "1"),
            ClassCatalog.Entry("a.Cast$Key", [.transformation], version: "1"),
            ClassCatalog.Entry("a.Drop$Key", [.transformation], version: "1"),
            ClassCatalog.Entry("a.Converter", [.converter], version: "1"),
            ClassCatalog.Entry("b.Filter", [.transformation], version: "1"),
            ClassCatalog.Entry("c.Filter", [.predicate], version: "1"),
        ])
        #expect(catalog.resolve("Json")?.name == "a.JsonConverter")
        #expect(catalog.resolve("JsonConverter")?.name == "a.JsonConverter")
        #expect(catalog.resolve("a.Cast$Key")?.name == "a.Cast$Key")
        #expect(catalog.resolve("Key") == nil && catalog.resolve("Filter") == nil && catalog.resolve("") == nil)
        #expect(catalog.names(.transformation) == ["a.Cast$Key", "a.Drop$Key", "b.Filter"])
        #expect(catalog.nested(in: "a.Cast") == ["a.Cast$Key"])
    }
}
