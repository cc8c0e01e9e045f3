import ConnectModel
import EventLoop
import Logging
import Synchronization
import Testing

@testable import TaskRuntime

/// What a source task tells an operator of a Kafka that takes nothing: its runner, stepped by hand, with a clock of the test's.
struct SourceWatchTests {
    private final class Clock: Sendable {
        static let second: UInt64 = 1_000_000_000
        private let time = Mutex<UInt64>(1000 * second)

        var now: UInt64 { time.withLock { $0 } }

        func advance(seconds: UInt64) { time.withLock { $0 += seconds * Self.second } }
    }

    /// Keeps texts with their levels.
    private final class MemorySink: LogSink {
        private let kept = Mutex<[String]>([])

        var texts: [String] { kept.withLock { $0 } }

        func write(_ event: LogEvent) {
            let fields = event.fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            kept.withLock { $0.append("\(event.level) \(event.message) \(fields)") }
        }
    }

    /// The control's own runner: wakes reach it, and the test steps the other.
    private final class IdleRunner: TaskRunner {
        func start() throws(ConnectError) {}
        func step(isPaused: Bool) throws(ConnectError) -> Pace { .woken }
        func finish(limit: UInt64?) -> Pace { .done }
        func letGo() -> Pace { .done }
    }

    private let bench: Bench
    private let clock = Clock()
    private let log = MemorySink()
    private let source = FakeSource.Controls()
    private let world: FakeSurroundings
    private let runner: SourceTaskRunner

    init() throws {
        bench = try Bench()
        world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        source.state.withLock { $0.available = 10 }
        var worker = TaskRuntimeSettings()
        worker.offsetFlushInterval = 1_000_000 * Clock.second
        let converter = "org.apache.kafka.connect.storage.StringConverter"
        worker.workerConfig = ConfigMap([("key.converter", converter), ("value.converter", converter)])
        let specification = TaskSpecification(
            id: TaskID(connector: "orders", number: 0), incarnation: 1, kind: .source, plugin: world.plugin,
            connectorConfig: ConfigMap(), taskConfig: ConfigMap(), startsPaused: false)
        let registry = LogRegistry(sinks: [log])
        let parts = SourceTaskRunner.Parts(
            specification: specification,
            settings: try TaskSettings(connector: ConfigMap(), worker: worker.workerConfig),
            worker: worker, catalog: world, kafka: world, offsets: bench.store, now: { [clock] in clock.now },
            log: Logger("connect.task.source", in: registry))
        let control = TaskControl(
            specification, observer: bench.observer, loop: bench.loop, lane: bench.pool.makeLane("orders-0"),
            interruptLane: bench.pool.makeLane("orders-0 interrupt"), makeRunner: { _ in IdleRunner() })
        runner = SourceTaskRunner(
            parts, control: control, deputy: LaneDeputy(loop: bench.loop, lane: bench.pool.makeLane("orders-0 deputy")))
        try runner.start()
    }

    private func step() throws -> Pace { try runner.step(isPaused: false) }

    @Test func `silence of Kafka is told with the records that wait, and its end`() throws {
        let began = clock.now
        // The plugin wants no poll for a minute, so the first thing to do is to look at Kafka again.
        #expect(try step() == .until(began + 30 * Clock.second))
        #expect(world.sender.texts.count == 10)
        clock.advance(seconds: 29)
        _ = try step()
        #expect(log.texts == [])
        clock.advance(seconds: 1)
        _ = try step()
        let silence = "warn 10 records wait: Kafka has acknowledged nothing for 30 s connector=orders task=orders-0"
        #expect(log.texts == [silence])
        clock.advance(seconds: 5)
        world.sender.answer([0])
        _ = try step()
        #expect(
            log.texts == [silence, "info Kafka acknowledges records again, after 35 s connector=orders task=orders-0"])
        _ = runner.letGo()
    }

    /// The clock stands still between the calls, so that like lines come once.
    @Test func `what the plugin does not take note of is told for what it is`() throws {
        source.state.withLock { state in
            state.tellFailure = ConnectError(.pluginFailed, "its log is full")
            state.perPoll = 2
        }
        _ = try step()
        for _ in 0..<2 {
            world.sender.answer([0, 1])
            _ = try step()
        }
        #expect(source.state.withLock { $0.acknowledged } == 4)
        let end = "connector=orders task=orders-0 error_code=plugin.failed"
        #expect(
            log.texts == [
                "error Kafka has the records, but the plugin failed when it was told so (acknowledged): its log is full \(end)"
            ])
        world.sender.answer(Array(0..<6))
        clock.advance(seconds: 1_000_000)
        _ = try step()
        #expect(bench.store.writes == 1 && source.state.withLock { $0.commits } == 1)
        #expect(
            log.texts.last
                == "error Offsets are stored, but the plugin failed when it was told so (commit): its log is full \(end)"
        )
        _ = runner.finish(limit: clock.now)
        #expect(!log.texts.contains { $0.contains("could not be committed") })
    }

    @Test func `acknowledgements in time are no news`() throws {
        _ = try step()
        for _ in 0..<5 {
            clock.advance(seconds: 20)
            world.sender.answer([0])
            _ = try step()
        }
        world.sender.answer(Array(0..<5))
        clock.advance(seconds: 100)
        _ = try step()
        #expect(log.texts == [])
        _ = runner.letGo()
    }

    @Test func `a topic that does not appear is told by its name`() throws {
        world.sender.state.withLock { state in
            state.missing = .topic("orders-topic")
            state.room = 0
        }
        #expect(try step() == .until(clock.now + 60 * Clock.second))
        clock.advance(seconds: 60)
        _ = try step()
        try #require(log.texts.count == 1)
        #expect(
            log.texts[0].hasPrefix("warn Records wait for the topic orders-topic, which Kafka has not known for 60 s"))
        _ = runner.letGo()
    }

    @Test func `a partition that does not appear is told by its number and how many there are`() throws {
        world.sender.state.withLock { state in
            state.missing = .partition(7, of: "orders-topic", count: 3)
            state.room = 0
        }
        #expect(try step() == .until(clock.now + 30 * Clock.second))
        clock.advance(seconds: 30)
        _ = try step()
        try #require(log.texts.count == 1)
        #expect(
            log.texts[0].hasPrefix(
                "warn Records wait for partition 7 of the topic orders-topic, which has 3 partitions, for 30 s"))
        _ = runner.letGo()
    }
}
