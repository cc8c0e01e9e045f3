import Settings
import Testing

@testable import ConnectConfig

struct TopicCreationTests {
    private static let config = [
        "topic.creation.groups": "logs, default,big", "topic.creation.default.replication.factor": "3",
        "topic.creation.default.partitions": "5", "topic.creation.default.cleanup.policy": "delete",
        "topic.creation.default.include": "ignored", "topic.creation.logs.include": "log-.*,l.*",
        "topic.creation.logs.exclude": "log-x", "topic.creation.logs.partitions": "1",
        "topic.creation.big.include": ".*big", "topic.creation.big.replication.factor": "-1",
    ]

    @Test(arguments: [
        ("log-a", "logs"), ("log-x", "default"), ("lbig", "logs"), ("my-big", "big"), ("other", "default"),
    ])
    func `The first group that takes a topic has it, the default group the rest`(topic: String, group: String) throws {
        #expect(try TopicCreation(Self.config).group(for: topic).name == group)
    }

    @Test func `Groups inherit what they do not say from the default group`() throws {
        let creation = try TopicCreation(Self.config)
        #expect(creation.groups.map(\.name) == ["logs", "big", "default"])
        #expect(creation.groups.map(\.partitions) == [1, 5, 5])
        #expect(creation.groups.map(\.replicationFactor) == [3, -1, 3])
        #expect(creation.groups.map(\.settings) == [[:], [:], ["cleanup.policy": "delete"]])
    }

    @Test func `What is missing or wrong is found at start`() throws {
        let missing = try #require(throws: SettingsError.self) { try TopicCreation(["topic.creation.groups": "g"]) }
        #expect(
            missing.problems.map(\.message) == [
                "Missing required configuration \"replication.factor\" which has no default value.",
                "Missing required configuration \"partitions\" which has no default value.",
            ])
        var config = Self.config
        config["topic.creation.logs.include"] = "a,("
        let broken = try #require(throws: SettingsError.self) { try TopicCreation(config) }
        #expect(broken.problems.first?.message.contains("Syntax error in regular expression: ") == true)
        config = Self.config
        config["topic.creation.big.partitions"] = "0"
        let zero = try #require(throws: SettingsError.self) { try TopicCreation(config) }
        #expect(zero.problems.first?.message.contains("Number of partitions must be positive") == true)
    }

    @Test func `Topics are created where any such key is given`() {
        #expect(TopicCreation.isWanted(by: Self.config))
        #expect(!TopicCreation.isWanted(by: ["name": "n"]))
    }
}
