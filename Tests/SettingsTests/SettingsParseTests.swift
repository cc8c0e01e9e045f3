import Testing

@testable import Settings

struct SettingsParseTests {
    private static let table = SettingsTable([
        SettingKey("name", .string, default: .required, validator: .nonEmptyString, .high, ""),
        SettingKey("size", .int, default: .text("3"), validator: .atLeast(1), .low, ""),
        SettingKey("ratio", .double, default: .text("0.5"), .low, ""),
        SettingKey("on", .boolean, default: .text("true"), .low, ""),
        SettingKey("hosts", .list, default: .text("a,b"), .low, ""),
        SettingKey("secret", .password, default: .none, .low, ""),
        SettingKey("kind", .class, default: .none, .low, ""),
    ])

    @Test func `Values come typed, defaults fill in, null stays null`() throws {
        let settings = try Self.table.parse([
            "name": " n ", "secret": "s3cret", "kind": "K", "producer.acks": "all", "producer.": "x",
        ])
        #expect(settings.string("name") == "n")
        #expect(settings.int("size") == 3)
        #expect(settings.double("ratio") == 0.5)
        #expect(settings.bool("on") == true)
        #expect(settings.list("hosts") == ["a", "b"])
        #expect(settings.password("secret")?.reveal() == "s3cret")
        #expect(settings.string("kind") == "K")
        #expect(settings.string("size") == nil)
        #expect(settings.originals(withPrefix: "producer.") == ["acks": "all"])
        #expect(settings.isGiven("secret") && !settings.isGiven("size"))
    }

    @Test func `All problems come at once, in the order of the table`() throws {
        let error = try #require(throws: SettingsError.self) {
            try Self.table.parse(["size": "0", "ratio": "x", "on": "maybe"])
        }
        #expect(
            error.problems.map(\.message) == [
                "Missing required configuration \"name\" which has no default value.",
                "Invalid value 0 for configuration size: Value must be at least 1",
                "Invalid value x for configuration ratio: Not a number of type DOUBLE",
                "Invalid value maybe for configuration on: Expected value to be either true or false",
            ])
        #expect(error.problems.map(\.key) == ["name", "size", "ratio", "on"])
    }

    @Test func `A password does not show itself anywhere`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("hunter2"))
        #expect(!"\(SettingValue.password(secret))".contains("hunter2"))
    }

    @Test func `A key that is defined again replaces the first in its place`() {
        var table = Self.table
        table.define(SettingKey("size", .long, default: .none, .high, "new"))
        #expect(table.keys.map(\.name) == Self.table.keys.map(\.name))
        #expect(table["size"]?.type == .long)
        #expect(table["nothing"] == nil)
    }

    @Test(
        arguments: [
            ("offset.storage.topik", "offset.storage.topic"), ("bootstrap.server", "bootstrap.servers"),
            ("task.max", "tasks.max"), ("Tasks.Max", "tasks.max"), ("gruop.id", "group.id"), ("completely.else", nil),
        ] as [(String, String?)])
    func `A misspelled key is recognised only where it is near enough`(word: String, expected: String?) {
        let known = ["bootstrap.servers", "group.id", "offset.storage.topic", "offset.storage.partitions", "tasks.max"]
        #expect(KeySuggestion.nearest(to: word, in: known) == expected)
    }

    @Test func `Swapped neighbours are one edit`() {
        #expect(KeySuggestion.edits(Array("ab".utf8), Array("ba".utf8)) == 1)
        #expect(KeySuggestion.edits(Array("".utf8), Array("abc".utf8)) == 3)
        #expect(KeySuggestion.edits(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    }
}
