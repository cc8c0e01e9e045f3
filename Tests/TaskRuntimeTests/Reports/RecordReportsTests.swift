import ConnectModel
import EventLoop
import Logging
import RecordPipeline
import Synchronization
import Testing

@testable import TaskRuntime

/// What the log says of records that are left out: both runners, stepped by hand, with a log of the test's.
struct RecordReportsTests {
    /// Keeps texts with their fields.
    private final class MemorySink: LogSink {
        private let kept = Mutex<[String]>([])

        var texts: [String] { kept.withLock { $0 } }

        func write(_ event: LogEvent) {
            let fields = event.fields.map { " \($0.key)=\($0.value)" }.joined()
            kept.withLock { $0.append("\(event.level) \(event.message)\(fields)") }
        }
    }

    /// The control's own runner: wakes reach it, and the test steps the other.
    private final class IdleRunner: TaskRunner {
        func start() throws(ConnectError) {}
        func step(isPaused: Bool) throws(ConnectError) -> Pace { .woken }
        func finish(limit: UInt64?) -> Pace { .done }
        func letGo() -> Pace { .done }
    }

    private static let bytes = "org.apache.kafka.connect.converters.ByteArrayConverter"
    private static let json = "org.apache.kafka.connect.json.JsonConverter"

    private let bench: Bench
    private let log = MemorySink()

    init() throws { bench = try Bench() }

    private var logger: Logger { Logger("connect.task", in: LogRegistry(sinks: [log])) }

    private func config(_ converter: String, enable: Bool = true, messages: Bool) -> ConfigMap {
        ConfigMap([
            ("errors.tolerance", "all"), ("errors.log.enable", "\(enable)"),
            ("errors.log.include.messages", "\(messages)"), ("value.converter", converter),
            ("value.converter.schemas.enable", "false"),
            ("key.converter", "org.apache.kafka.connect.storage.StringConverter"),
        ])
    }

    private func specification(_ kind: ConnectorKind, _ config: ConfigMap, _ world: FakeSurroundings)
        -> TaskSpecification
    {
        TaskSpecification(
            id: TaskID(connector: "orders", number: 0), incarnation: 1, kind: kind, plugin: world.plugin,
            connectorConfig: config, taskConfig: ConfigMap(), startsPaused: false)
    }

    private func control(_ specification: TaskSpecification) -> TaskControl {
        TaskControl(
            specification, observer: bench.observer, loop: bench.loop, lane: bench.pool.makeLane("orders-0"),
            interruptLane: bench.pool.makeLane("orders-0 interrupt"), makeRunner: { _ in IdleRunner() })
    }

    private func sourceRunner(_ world: FakeSurroundings, _ config: ConfigMap) throws -> SourceTaskRunner {
        let specification = specification(.source, config, world)
        let parts = SourceTaskRunner.Parts(
            specification: specification, settings: try TaskSettings(connector: config, worker: ConfigMap()),
            worker: TaskRuntimeSettings(), catalog: world, kafka: world, offsets: bench.store, log: logger)
        let runner = SourceTaskRunner(
            parts, control: control(specification),
            deputy: LaneDeputy(loop: bench.loop, lane: bench.pool.makeLane("orders-0 deputy")))
        try runner.start()
        return runner
    }

    private func sinkRunner(_ world: FakeSurroundings, _ config: ConfigMap) throws -> SinkTaskRunner {
        let specification = specification(.sink, config, world)
        let parts = SinkTaskRunner.Parts(
            specification: specification, settings: try TaskSettings(connector: config, worker: ConfigMap()),
            worker: TaskRuntimeSettings(), catalog: world, kafka: world, log: logger)
        let runner = SinkTaskRunner(parts, control: control(specification))
        try runner.start()
        return runner
    }

    /// Steps until there is nothing to do: a wake that reaches the control ends a step early.
    private func run(_ runner: any TaskRunner) throws {
        while try runner.step(isPaused: false) == .again {}
    }

    private static let about = " connector=orders task=orders-0 error_code="

    @Test(arguments: [false, true])
    func `a source's record is named, and shown where messages are wanted`(messages: Bool) throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.usesBytes = true
            state.isNonsenseAt = 3
            state.partitions = 2
            state.available = 10
        }
        let world = FakeSurroundings(source: source)
        // Behind one that the pipeline dropped.
        world.sender.state.withLock { $0.refusal = ("7", ConnectError(.recordTooLarge, "too large")) }
        let runner = try sourceRunner(world, config(Self.bytes, messages: messages))
        try run(runner)
        #expect(world.sender.texts == ["0", "1", "2", "4", "5", "6", "8", "9"])
        try #require(log.texts.count == 2, "\(log.texts)")
        let failed = log.texts[0]
        #expect(failed.hasPrefix("error A record was left out: "))
        #expect(
            failed.hasSuffix(
                Self.about + "record.conversion stage=VALUE_CONVERTER topic=topic-b source_partition={\"file\":1}"
                    + " source_offset={\"position\":4}" + (messages ? " key=null value=3" : "")))
        #expect(
            log.texts[1] == "error A record was left out: too large" + Self.about
                + "record.too-large stage=KAFKA_PRODUCE topic=topic-b source_partition={\"file\":1}"
                + " source_offset={\"position\":8}" + (messages ? " key=null value=Nw==" : ""))
        _ = runner.letGo()
    }

    @Test func `a record that Kafka refused is named as far as it is known`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.partitions = 2
            state.available = 4
        }
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        let runner = try sourceRunner(
            world, config("org.apache.kafka.connect.storage.StringConverter", messages: true))
        try run(runner)
        world.sender.answer([1], error: ConnectError(.recordTooLarge, "too large"))
        try run(runner)
        #expect(
            log.texts == [
                "error A record was left out: too large" + Self.about
                    + "record.too-large stage=KAFKA_PRODUCE topic=topic-b source_partition={\"file\":1}"
            ])
        _ = runner.letGo()
    }

    @Test func `nothing is said where errors are not logged`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.usesBytes = true
            state.isNonsenseAt = 3
            state.available = 10
        }
        let world = FakeSurroundings(source: source)
        let runner = try sourceRunner(world, config(Self.bytes, enable: false, messages: true))
        try run(runner)
        #expect(world.sender.texts.count == 9)
        #expect(log.texts == [])
        _ = runner.letGo()
    }

    @Test(arguments: [false, true])
    func `a sink's record is named, with its time where messages are wanted`(messages: Bool) throws {
        let sink = FakeSink.Controls(onPut: { (services, texts) throws(ConnectError) in
            if texts.count == 2 { try services.reportBadRecord(index: 1, ConnectError(.pluginFailed, "no room")) }
        })
        let world = FakeSurroundings(sink: sink)
        world.receiver.state.withLock { state in
            state.timestamp = 5_000
            state.flags = [.hasTimestamp, .appendTime]
        }
        let partition = TopicPartition(topic: "t", partition: 4)
        let runner = try sinkRunner(world, config(Self.json, messages: messages))
        world.receiver.tell(.assigned([TopicPartitionOffset(partition, 0)]))
        world.receiver.produce(["\"good\"", "{bad", "\"fine\""], to: partition)
        try run(runner)
        #expect(sink.texts == ["good", "fine"])
        try #require(log.texts.count == 2, "\(log.texts)")
        let time = messages ? " timestamp=5000 timestamp_type=LogAppendTime" : ""
        #expect(
            log.texts[0].hasSuffix(
                Self.about + "record.conversion stage=VALUE_CONVERTER topic=t partition=4 offset=1" + time))
        #expect(
            log.texts[1] == "error A record was left out: no room" + Self.about
                + "plugin.failed stage=TASK_PUT topic=t partition=4 offset=2" + time)
        _ = runner.letGo()
    }

    @Test func `a sink's record is named as far as it is known`() throws {
        let settings = try TaskSettings(connector: config(Self.json, messages: true), worker: ConfigMap())
        let reports = RecordReports(TaskID(connector: "orders", number: 0), settings, logger)
        let error = ConnectError(.pluginFailed, "no room")
        reports.put(error, 0, of: nil)
        reports.put(error, 0, of: SinkBatch())
        var record = IncomingRecord()
        record.offset = 7
        record.timestamp = 6_000
        record.flags = .hasTimestamp
        let partition = TopicPartition(topic: "t", partition: 4)
        reports.sink(error, stage: "KEY_CONVERTER", partition, record)
        record.flags = []
        reports.sink(error, stage: "KEY_CONVERTER", partition, record)
        let start = "error A record was left out: no room" + Self.about + "plugin.failed stage="
        #expect(
            log.texts == [
                start + "TASK_PUT", start + "TASK_PUT",
                start + "KEY_CONVERTER topic=t partition=4 offset=7 timestamp=6000 timestamp_type=CreateTime",
                start + "KEY_CONVERTER topic=t partition=4 offset=7",
            ])
    }

    @Test func `all that a source's record holds is shown, on one line and cut`() throws {
        let settings = try TaskSettings(connector: config(Self.json, messages: true), worker: ConfigMap())
        let reports = RecordReports(TaskID(connector: "orders", number: 0), settings, logger)
        let long = Array(repeating: UInt8(ascii: "x"), count: 5_000)
        let key = Array("a\nERROR forged".utf8)
        let batch = SourceBatch()
        batch.topics = ["t\u{2028}"]
        batch.sourcePartitions = [SourcePartition(json: Array("{\"f\":\"\u{85}\"}".utf8), offsetKey: nil)]
        batch.schemas = [
            Schema(.string),
            Schema(.structure, name: "Order", fields: [.init(name: "text", schema: Schema(.string))]),
        ]
        long.withUnsafeBytes { long in
            key.withUnsafeBytes { key in
                withUnsafePointer(to: Value.string(long.baseAddress, Int32(long.count))) { text in
                    let name = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    let header = RecordHeader(name: name, nameLength: 1, schema: -1, value: .int64(1))
                    let other = RecordHeader(name: name, nameLength: 2, schema: -1, value: text.pointee)
                    [header, other, header].withUnsafeBufferPointer { headers in
                        var record = ConnectRecord()
                        record.key = .string(key.baseAddress, Int32(key.count))
                        record.keySchema = 0
                        record.value = .container(.structure, text, 1)
                        record.valueSchema = 1
                        record.partition = 3
                        record.timestamp = 9
                        record.flags = [.hasPartition, .hasTimestamp]
                        record.headers = headers.baseAddress
                        record.headerCount = 3
                        withUnsafeMutablePointer(to: &record) { record in
                            batch.records = UnsafeMutableBufferPointer(start: record, count: 1)
                            let error = ConnectError(.recordConversion, "bad")
                            reports.source(error, stage: "KEY_CONVERTER", 0, of: batch, OffsetText())
                            reports.source(error, stage: "KEY_CONVERTER", 1, of: batch, OffsetText())
                            batch.records = UnsafeMutableBufferPointer(start: nil, count: 0)
                        }
                    }
                }
            }
        }
        let start = "error A record was left out: bad" + Self.about + "record.conversion stage=KEY_CONVERTER"
        func cut(_ text: String) -> String {
            String((text + String(decoding: long, as: UTF8.self)).prefix(1_024)) + "…"
        }
        #expect(
            log.texts == [
                start + " topic=t\\u2028 partition=3 source_partition={\"f\":\"\\u0085\"} timestamp=9"
                    + " key_schema=Schema{STRING} key=a\\nERROR forged value_schema=Schema{Order:STRUCT} value="
                    + cut("Struct{text=") + " headers=" + cut("a=1, a\\n="),
                start,
            ])
    }
}
