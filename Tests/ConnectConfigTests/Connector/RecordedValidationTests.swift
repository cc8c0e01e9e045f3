import ConnectModel
import JSON
import Settings
import Testing

@testable import ConnectConfig

/// Our answers beside those of Apache Kafka 4.3.1 for the same requests.
struct RecordedValidationTests {
    static let cases = [
        "base", "tasksx", "tasks0", "taskslong", "namemissing", "nameempty", "namectl", "topicempty", "dup",
        "emptyalias",
        "convunknown", "convopts", "smt", "smt2", "override", "overridesink2", "both", "neither", "dlqin", "dlqre",
        "groupconf", "null", "topiccreation", "action",
    ]

    private func validate(_ recorded: JSONValue) throws -> ConfigValidation {
        let config = ConfigMap((recorded["config"]?.object?.members ?? []).map { ($0.key, $0.value.string) })
        let kind = recorded["plugin"] == "FileStreamSink" ? "sink" : "source"
        return try Recorded.table(kind).validate(config, plugin: Recorded.fileStream(kind), version: "4.3.1").answer
    }

    @Test(arguments: cases)
    func `Values and errors of every key are Apache's, in its order`(name: String) throws {
        let recorded = try #require(try Recorded.json("validations")[name])
        let ours = try validate(recorded)
        let theirs = try #require(recorded["answer"])
        #expect(Int64(ours.errorCount) == theirs["error_count"]?.int64)
        // Groups of converters come in the order of a hash map there.
        #expect(ours.groups.sorted() == theirs["groups"]?.array?.compactMap(\.string).sorted())
        let values = (theirs["configs"]?.array ?? []).compactMap { $0["value"] }
        func isUnordered(_ name: String) -> Bool {
            // Converters' options and unknown keys come in the order of a hash map there.
            name.contains(".converter.") && !name.hasSuffix("plugin.version") || name == "unknown"
        }
        #expect(
            ours.keys.map(\.name).filter { !isUnordered($0) }
                == values.compactMap { $0["name"]?.string }.filter { !isUnordered($0) })
        for theirs in values {
            let key = try #require(theirs["name"]?.string)
            let ours = try #require(ours.keys.first { $0.name == key }, "\(key)")
            #expect(ours.value == theirs["value"]?.string, "\(key)")
            #expect(theirs["visible"]?.bool == ours.isVisible)
            let errors = theirs["errors"]?.array?.compactMap(\.string) ?? []
            // The engine of regular expressions has words of its own behind this.
            func comparable(_ error: String) -> String { error.cut(behind: "Invalid regex: ") }
            #expect(ours.errors.map(comparable) == errors.map(comparable), "\(key)")
        }
    }

    @Test(arguments: ["base", "smt2", "convopts"])
    func `Keys are described as Apache describes them`(name: String) throws {
        let recorded = try #require(try Recorded.json("validations")[name])
        let ours = try validate(recorded)
        for entry in recorded["answer"]?["configs"]?.array ?? [] {
            guard let theirs = entry["definition"], let key = theirs["name"]?.string else { continue }
            let ours = try #require(ours.keys.first { $0.name == key }?.definition, "\(key)")
            expectEqual(ours, theirs)
        }
    }

    @Test(arguments: ["source", "sink"])
    func `A plugin's keys are listed as Apache lists them`(kind: String) throws {
        let theirs = try Recorded.json("\(kind)-keys").array ?? []
        let ours = try Recorded.table(kind).definitions(plugin: Recorded.fileStream(kind), version: "4.3.1")
        #expect(ours.map(\.name) == theirs.compactMap { $0["name"]?.string })
        for (ours, theirs) in zip(ours, theirs) { expectEqual(ours, theirs) }
    }

    @Test func `Recommended classes are those of the interface, in order`() throws {
        let recorded = try #require(try Recorded.json("validations")["base"])
        let ours = try validate(recorded)
        for entry in recorded["answer"]?["configs"]?.array ?? [] {
            guard let value = entry["value"], let key = value["name"]?.string else { continue }
            let theirs = value["recommended_values"]?.array?.compactMap(\.string)
            #expect(ours.keys.first { $0.name == key }?.recommendedValues == theirs, "\(key)")
        }
    }

    private func expectEqual(_ ours: ConfigKeyDescription, _ theirs: JSONValue) {
        let name = Comment(rawValue: ours.name)
        #expect(ours.type == theirs["type"]?.string, name)
        #expect(ours.isRequired == theirs["required"]?.bool, name)
        #expect(ours.defaultValue == theirs["default_value"]?.string, name)
        #expect(ours.importance == theirs["importance"]?.string, name)
        #expect(ours.documentation == theirs["documentation"]?.string, name)
        #expect(ours.group == theirs["group"]?.string, name)
        #expect(Int64(ours.order) == theirs["order_in_group"]?.int64, name)
        #expect(ours.width == theirs["width"]?.string, name)
        #expect(ours.displayName == theirs["display_name"]?.string, name)
        #expect(ours.dependents == theirs["dependents"]?.array?.compactMap(\.string), name)
    }
}

extension String {
    /// The text up to and with `mark`.
    fileprivate func cut(behind mark: String) -> String {
        guard let start = indices.first(where: { self[$0...].hasPrefix(mark) }) else { return self }
        return String(self[..<start]) + mark
    }
}
