import ConnectABI
import PluginTestKit
import Testing

@testable import PluginKit

/// A source that does what its configuration says.
private final class ScriptedConnector: SourceConnector {
    typealias Task = ScriptedTask

    static var definition: ClassDefinition {
        ClassDefinition(
            name: "org.example.Scripted", aliases: ["Script"], documentation: "For tests.",
            keys: [
                ConfigKey(
                    "mode", .string, default: .required, importance: .high, documentation: "What to do.",
                    group: "Group", order: 3, width: .long, displayName: "Mode", dependents: ["other"],
                    recommendedValues: ["a", "b"], validators: [.nonEmpty, .oneOf(["a", "b"], ignoringCase: true)]),
                ConfigKey(
                    "size", .int, default: .text("5"), importance: .low, documentation: "How much.",
                    validators: [.range(minimum: 1, maximum: nil)]),
                ConfigKey("nothing", .password, default: .null, importance: .medium, documentation: ""),
            ])
    }

    init(context: HostContext) {}
    func start(_ configuration: Configuration) throws(PluginError) {}
    func taskConfigurations(maximum: Int) throws(PluginError) -> [Configuration] {
        [Configuration([.init("a", "1"), .init("null", nil)])]
    }
    func validate(_ configuration: Configuration, key: String?) throws(PluginError) -> [PluginKit.ValidationNote] {
        [.init(key: "mode", errors: ["No."], recommendedValues: ["a"], isVisible: false)]
    }
}

private final class ScriptedTask: SourceTask {
    private let context: HostContext
    private var mode = ""
    private var polls = 0

    init(context: HostContext) { self.context = context }

    func start(_ configuration: Configuration) throws(PluginError) { mode = configuration["mode"] ?? "" }

    func poll(_ records: SourceRecords, maximum: Int) throws(PluginError) -> PollAnswer {
        switch mode {
        case "fatal": throw .fatal("it broke")
        case "retriable": throw .retriable("not now", afterMilliseconds: 77)
        case "nothing": return .nothing(retryAfterMilliseconds: 55)
        case "again": return .records
        case "half-fatal", "half-retriable":
            polls += 1
            records.append(kc_record())
            guard polls == 1 else { return .records }
            throw mode == "half-fatal" ? .fatal("it broke") : .retriable("not now", afterMilliseconds: 77)
        default:
            var record = kc_record()
            record.topic = records.topic(mode)
            record.source_partition = records.partition(.fields(["p": .integer(1)]), offsetKey: nil)
            records.append(record)
            return .records
        }
    }
}

@Suite struct DescriptorTests {
    private static let plugin = Plugin(
        name: "scripted", version: "1.2", description: "For tests", classes: [.source(ScriptedConnector.self)])

    private func under() throws -> PluginUnderTest {
        try #require(PluginUnderTest(DescriptorTests.plugin.descriptor, "org.example.Scripted"))
    }

    private func started(_ mode: String) throws -> SourceTaskDriver {
        let task = SourceTaskDriver(try under())
        #expect(task.start(["mode": mode]).status == KC_OK)
        return task
    }

    @Test func `the description says what the class said`() throws {
        let under = try under()
        let plugin = under.plugin.pointee
        #expect(plugin.magic == KC_MAGIC && Int32(plugin.abi_minor) == KC_ABI_MINOR)
        #expect(plugin.struct_size == UInt32(MemoryLayout<kc_plugin>.size))
        #expect(String(cString: plugin.version) == "1.2")
        let klass = under.klass.pointee
        #expect(Int(klass.kind) == KC_CLASS_SOURCE && klass.version == nil && klass.alias_count == 1)
        #expect(klass.aliases[0].map { String(cString: $0) } == "Script")
        #expect(klass.connector.pointee.reconfigure == nil, "a class that cannot reconfigure must not offer it")
        #expect(klass.connector.pointee.alter_sink_offsets == nil)
    }

    @Test func `configuration keys keep every part`() throws {
        let keys = Borrowed.elements(of: kc_config_key.self, try under().klass.pointee.config_keys)
        #expect(keys.count == 3)
        let mode = try #require(keys.first)
        #expect(String(cString: mode.name) == "mode" && mode.flags == 0 && mode.default_value == nil)
        #expect(String(cString: mode.group) == "Group" && mode.order == 3 && mode.width == KC_WIDTH_LONG)
        #expect(mode.dependent_count == 1 && mode.recommended_count == 2)
        let validators = Borrowed.elements(of: kc_validator.self, mode.validators)
        #expect(validators.map { Int($0.kind) } == [KC_VALIDATE_NON_EMPTY, KC_VALIDATE_ONE_OF_IGNORE_CASE])
        #expect(keys[1].flags == UInt32(KC_KEY_HAS_DEFAULT) && String(cString: keys[1].default_value) == "5")
        #expect(keys[2].flags == UInt32(KC_KEY_HAS_DEFAULT) && keys[2].default_value == nil)
    }

    @Test func `errors cross as status, text and hint`() throws {
        #expect(
            try started("fatal").pollKeeping().outcome == Outcome(status: KC_FATAL, error: "it broke", hint: 0))
        #expect(
            try started("retriable").pollKeeping().outcome == Outcome(status: KC_RETRIABLE, error: "not now", hint: 77))
        #expect(
            try started("nothing").pollKeeping().outcome == Outcome(status: KC_WOULD_BLOCK, error: "", hint: 55))
        #expect(try started("again").pollKeeping().outcome == Outcome(status: KC_OK, error: "", hint: 0))
    }

    @Test(arguments: [("half-fatal", KC_FATAL, "it broke"), ("half-retriable", KC_RETRIABLE, "not now")])
    func `records that came before an error go out, and the error comes next`(
        mode: String, status: Int, text: String
    ) throws {
        let task = try started(mode)
        let first = task.pollKeeping()
        #expect(first.outcome.status == KC_OK && first.lines.count == 1)
        task.release(first)
        let second = task.pollKeeping()
        #expect(second.outcome.status == status && second.outcome.error == text && second.batch == nil)
        #expect(task.pollKeeping().lines.count == 1, "once")
    }

    @Test func `a long error is cut to the caller's buffer`() {
        var text = [CChar](repeating: 0, count: 5)
        let reply = text.withUnsafeMutableBufferPointer { buffer in
            var reply = kc_reply(
                struct_size: 24, error_capacity: 4, error: buffer.baseAddress, error_length: 0, hint_ms: 0)
            _ = Answering.run(&reply) { () throws(PluginError) in throw .fatal("abcdefgh") }
            return reply.error_length
        }
        #expect(reply == 4 && text[3] != 0 && text[4] == 0)
    }

    @Test func `calls without an instance fail and do not crash`() throws {
        let functions = try #require(try under().klass.pointee.task).assumingMemoryBound(to: kc_source_task.self)
            .pointee
        #expect(PluginUnderTest.call { functions.start(nil, nil, $0) }.status == KC_FATAL)
        #expect(PluginUnderTest.call { functions.poll(nil, 1, nil, $0) }.status == KC_FATAL)
        functions.release_batch(nil, nil)
        functions.interrupt(nil)
        functions.destroy(nil)
    }

    @Test func `values of one poll are freed with its records, those of all polls stay`() {
        let records = SourceRecords(tables: SourceTables())
        let kept = records.value(.fields(["file": .string("a")]))
        for _ in 0..<3 {
            let offset = records.passingValue(.fields(["position": .integer(7)]))
            #expect(Datum(offset) == .fields(["position": .integer(7)]))
            #expect(records.memory.blocks.count == 2)
            records.reset()
            #expect(records.memory.blocks.isEmpty)
        }
        #expect(Datum(kept) == .fields(["file": .string("a")]))
    }

    @Test func `tables keep their version until something is added`() throws {
        let task = try started("topic-a")
        let first = task.pollKeeping()
        let second = task.pollKeeping()
        let versions = try [first, second].map { try #require($0.batch).pointee.tables_version }
        #expect(versions[0] == versions[1] && versions[0] != 0)
        #expect(first.batch != second.batch, "a batch that is out must not be given again")
        task.release(first)
        let third = task.pollKeeping()
        #expect(third.batch == first.batch, "a released batch is used again")
        task.release(second)
        task.release(third)
    }

    @Test func `answers in memory of the plugin stay until the next call`() throws {
        let under = try under()
        let functions = under.klass.pointee.connector.pointee
        var connector: UnsafeMutableRawPointer?
        #expect(
            PluginUnderTest.call { functions.create(under.klass, under.fake.host, under.fake.context, &connector, $0) }
                .status == KC_OK)
        defer { functions.destroy(connector) }
        var configs = kc_table()
        #expect(PluginUnderTest.call { functions.task_configs(connector, 4, &configs, $0) }.status == KC_OK)
        let config = try #require(Borrowed.elements(of: kc_config.self, configs).first)
        #expect(
            withUnsafePointer(to: config) { Borrowed.configuration($0) }.entries == [
                .init("a", "1"), .init("null", nil),
            ])
        var found = kc_table()
        let outcome = PluginUnderTest.withConfig(["mode": "x"]) { config in
            PluginUnderTest.call { functions.validate(connector, config, kc_string(), &found, $0) }
        }
        #expect(outcome.status == KC_OK)
        let note = try #require(Borrowed.elements(of: kc_validation.self, found).first)
        #expect(Borrowed.text(note.key) == "mode" && note.flags == UInt32(KC_VALIDATION_HIDDEN))
        #expect(Borrowed.elements(of: kc_string.self, note.errors).map(Borrowed.text) == ["No."])
    }
}
