import ConnectModel
import EventLoop
import Glibc
import Synchronization

@testable import TaskRuntime

/// Notes what a task tells, in order.
final class FakeObserver: TaskObserver {
    struct Log {
        var states: [InstanceState] = []
        var errors: [ConnectError] = []
        var ends: [TaskEnd] = []
        var topics: [String] = []
    }

    private let kept = Mutex(Log())

    var log: Log { kept.withLock { $0 } }

    func task(_ task: TaskID, incarnation: UInt64, reached state: InstanceState, error: ConnectError?) {
        kept.withLock { log in
            log.states.append(state)
            if let error { log.errors.append(error) }
        }
    }

    func task(_ task: TaskID, incarnation: UInt64, ended end: TaskEnd) { kept.withLock { $0.ends.append(end) } }

    func task(_ task: TaskID, usesTopic topic: String) { kept.withLock { $0.topics.append(topic) } }
}

/// Keeps offsets as text by partition; answers at once, or when the test says so.
final class FakeStore: OffsetStore {
    struct State {
        var stored: [String: String] = [:]
        var writes = 0
        var isHolding = false
        /// Reads wait as long as they are wanted.
        var isUnreadable = false
        var failure: ConnectError?
        var held: [@Sendable () -> Void] = []
    }

    let state = Mutex(State())

    subscript(partition: String) -> String? { state.withLock { $0.stored[partition] } }

    var writes: Int { state.withLock { $0.writes } }

    func read(connector: String, partitions: [[UInt8]], isWanted: (() -> Bool)?) throws(ConnectError) -> [[UInt8]?] {
        while state.withLock({ $0.isUnreadable }) {
            guard isWanted?() == true else { throw ConnectError(.workerStopping, "not wanted any more") }
            usleep(1000)
        }
        return state.withLock { state in
            partitions.map { state.stored[String(decoding: $0, as: UTF8.self)].map { Array($0.utf8) } }
        }
    }

    func readAll(connector: String) throws(ConnectError) -> [OffsetChange] { [] }

    func write(connector: String, _ changes: [OffsetChange], _ done: @escaping @Sendable (ConnectError?) -> Void) {
        let answer: (@Sendable () -> Void)? = state.withLock { state in
            state.writes += 1
            if let failure = state.failure { return { done(failure) } }
            let apply: @Sendable () -> Void = { [self] in
                self.state.withLock { state in
                    for change in changes {
                        state.stored[String(decoding: change.partition, as: UTF8.self)] = change.offset.map {
                            String(decoding: $0, as: UTF8.self)
                        }
                    }
                }
                done(nil)
            }
            if state.isHolding {
                state.held.append(apply)
                return nil
            }
            return apply
        }
        answer?()
    }

    func letGo() {
        let held = state.withLock { state in
            state.isHolding = false
            defer { state.held = [] }
            return state.held
        }
        for answer in held { answer() }
    }
}

/// Hands out the plugin and the ends towards Kafka that a test has made.
final class FakeSurroundings: PluginCatalog, KafkaPorts {
    let plugin = PluginDescription(
        className: "org.example.Fake", aliases: [], kind: .source, version: "1", location: "test")
    let source: FakeSource.Controls?
    let sender: FakeSender.Controls
    let sink: FakeSink.Controls?
    let receiver: FakeReceiver.Controls
    /// Before it, the making of a plugin's task stands.
    let making: Gate?

    init(
        source: FakeSource.Controls? = nil, sender: FakeSender.Controls = .init(), sink: FakeSink.Controls? = nil,
        receiver: FakeReceiver.Controls = .init(), making: Gate? = nil
    ) {
        self.making = making
        self.source = source
        self.sender = sender
        self.sink = sink
        self.receiver = receiver
    }

    var plugins: [PluginDescription] { [plugin] }
    var broken: [BrokenPlugin] { [] }

    func resolve(_ className: String) throws(ConnectError) -> PluginDescription { plugin }

    func makeConnector(
        _ plugin: PluginDescription, services: any ConnectorServices
    ) throws(ConnectError) -> any ConnectorPort { throw ConnectError(.pluginUnusable, "no connectors here") }

    func makeSourceTask(
        _ plugin: PluginDescription, services: any SourceTaskServices
    ) throws(ConnectError) -> any SourceTaskPort {
        guard let source else { throw ConnectError(.pluginUnusable, "no source here") }
        source.state.withLock { $0.services = services }
        making?.pass()
        return FakeSource(source)
    }

    func makeSinkTask(
        _ plugin: PluginDescription, services: any SinkTaskServices
    ) throws(ConnectError) -> any SinkTaskPort {
        guard let sink else { throw ConnectError(.pluginUnusable, "no sink here") }
        sink.state.withLock { $0.services = services }
        making?.pass()
        return FakeSink(sink)
    }

    func rescan() {}

    func makeSender(
        task: TaskID, config: ConfigMap, wake: @escaping @Sendable () -> Void
    ) throws(ConnectError) -> any RecordSender {
        sender.state.withLock { $0.wake = wake }
        return FakeSender(sender)
    }

    func makeReceiver(
        task: TaskID, config: ConfigMap, wake: @escaping @Sendable () -> Void
    ) throws(ConnectError) -> any RecordReceiver {
        receiver.state.withLock { $0.wake = wake }
        return FakeReceiver(receiver)
    }

    func whenConnected(_ done: @escaping @Sendable (String?) -> Void) { done(nil) }

    var waitingFor: String? { nil }

    func groupOffsets(
        _ connector: String, config: ConfigMap,
        _ done: @escaping @Sendable (Result<[TopicPartitionOffset], ConnectError>) -> Void
    ) { done(.success([])) }

    func alterGroupOffsets(
        _ connector: String, config: ConfigMap, _ changes: [GroupOffsetChange],
        _ done: @escaping @Sendable (ConnectError?) -> Void
    ) { done(nil) }

    func deleteGroup(_ connector: String, config: ConfigMap, _ done: @escaping @Sendable (ConnectError?) -> Void) {
        done(nil)
    }

    func close(_ done: @escaping @Sendable () -> Void) { done() }
}

/// A loop, a pool and a runtime for one test.
final class Bench {
    let loop: EventLoop
    let pool: BlockingPool
    let store = FakeStore()
    let observer = FakeObserver()

    init() throws {
        loop = try EventLoop(name: "kc-test-tasks")
        pool = BlockingPool(name: "kc-test-lane")
    }

    deinit {
        pool.stop()
        loop.stop()
    }

    /// Starts a task with String converters.
    func start(
        _ surroundings: FakeSurroundings, kind: ConnectorKind, config: [(String, String?)] = [],
        startsPaused: Bool = false, observer: FakeObserver? = nil, flushInterval: UInt64 = 5_000_000,
        flushTimeout: UInt64 = 5_000_000_000, name: String = "orders"
    ) throws -> any TaskHandle {
        var settings = TaskRuntimeSettings()
        settings.offsetFlushInterval = flushInterval
        settings.offsetFlushTimeout = flushTimeout
        settings.workerConfig = ConfigMap([
            ("key.converter", "org.apache.kafka.connect.storage.StringConverter"),
            ("value.converter", "org.apache.kafka.connect.storage.StringConverter"),
        ])
        let runtime = TaskRuntime(
            settings: settings, catalog: surroundings, kafka: surroundings, offsets: store, pool: pool, loop: loop)
        return try runtime.startTask(
            TaskSpecification(
                id: TaskID(connector: name, number: 0), incarnation: 1, kind: kind, plugin: surroundings.plugin,
                connectorConfig: ConfigMap(config), taskConfig: ConfigMap(), startsPaused: startsPaused),
            observer: observer ?? self.observer)
    }

    /// A deadline `milliseconds` from now.
    func soon(_ milliseconds: UInt64 = 10_000) -> UInt64 { EventLoop.now() + milliseconds * 1_000_000 }
}
