import ClusterCore
import ConnectModel
import EventLoop
import Logging
import Synchronization
import Testing

@testable import Herder

/// A herder with everything around it faked, on a loop and a pool of its own.
final class Worker: Sendable {
    let loop: EventLoop
    let pool: BlockingPool
    let catalog = FakeCatalog()
    let tasks = FakeTasks()
    let kafka = FakeKafka()
    let offsets = MemoryOffsets()
    /// Lets `${x:slow}` be resolved.
    let gate = Gate()
    /// For whom references were replaced, looks left out.
    let uses = ReferenceUses()
    let herder: Herder
    let name: String

    /// - Parameter isReady: started without connectors, with Kafka there.
    init(
        isReady: Bool = true, requestTime: UInt64 = 90_000_000_000, slowCallTime: UInt64 = 10_000_000_000,
        cluster: FakeCluster? = nil, name: String = "here",
        patience: ConnectorLifecycle.Patience = .init(
            interruptAfter: 20_000_000, interruptStopAfter: 40_000_000, abandonAfter: 100_000_000)
    ) async throws {
        self.name = name
        // What goes wrong here goes wrong on purpose; a silent sink keeps the tests' output readable.
        LogSystem.setSinks([])
        loop = try EventLoop(name: "test-herder")
        pool = BlockingPool(name: "test-lane")
        let gate = gate
        let uses = uses
        herder = Herder(
            HerderDependencies(
                catalog: catalog, kafka: kafka, offsets: offsets, tasks: tasks, checking: FakeChecking(),
                resolve: { config, user throws(ConnectError) in
                    if let user { uses.note(user) }
                    return Worker.resolve(config, gate)
                }, loop: loop, pool: pool,
                cluster: cluster?.parts(name)),
            settings: HerderSettings(
                workerID: "\(name):8083", taskShutdownTime: 200_000_000, slowCallTime: slowCallTime,
                requestTime: requestTime, offsetsTime: 200_000_000, patience: patience))
        cluster?.add(herder, name)
        guard isReady else { return }
        kafka.connect()
        #expect(await start([]).isEmpty)
    }

    deinit {
        loop.stop()
    }

    /// `${x:secret}` stands for `hush`; `${x:slow}` takes until the gate is open.
    private static func resolve(_ config: ConfigMap, _ gate: Gate) -> ConfigMap {
        if config.entries.contains(where: { $0.value == "${x:slow}" }) { gate.wait { false } }
        return ConfigMap(config.entries.map { ($0.key, $0.value == "${x:secret}" ? "hush" : $0.value) })
    }

    func start(_ connectors: [StartupConnector]) async -> [StartupProblem] {
        await withCheckedContinuation { continuation in
            herder.start(connectors) { continuation.resume(returning: $0) }
        }
    }

    func stop() async {
        await withCheckedContinuation { continuation in
            herder.stop { continuation.resume() }
        }
    }

    func ask(_ command: Command) async -> Result<Reply, ConnectError> {
        await withCheckedContinuation { continuation in
            herder.submit(command) { continuation.resume(returning: $0) }
        }
    }

    /// Submits without waiting.
    func send(_ command: Command) -> Answer {
        let answer = Answer()
        herder.submit(command) { answer.set($0) }
        return answer
    }

    func create(
        _ name: String, _ extra: [(String, String?)] = [], className: String = "Good", state: TargetState? = nil
    ) async -> Result<Reply, ConnectError> {
        await ask(.createConnector(name: name, config: config(name, extra, className), initialState: state))
    }

    func config(_ name: String, _ extra: [(String, String?)] = [], _ className: String = "Good") -> ConfigMap {
        ConfigMap([("name", name), ("connector.class", className)] + extra)
    }

    func connector(_ name: String) -> WorkerSnapshot.Connector? { herder.snapshot.connector(name) }
    func state(_ name: String) -> InstanceState? { connector(name)?.status?.connector.state }
    func taskStates(_ name: String) -> [InstanceState] {
        connector(name)?.status?.tasks.map(\.status.state) ?? []
    }

    /// Waits for a condition, 10 s at most.
    func until(
        _ what: String, _ location: SourceLocation = #_sourceLocation, _ holds: () -> Bool
    ) async {
        for _ in 0..<10_000 {
            if holds() { return }
            try? await Task.sleep(for: .milliseconds(1))
        }
        Issue.record("never: \(what)", sourceLocation: location)
    }
}

/// A reply that may have come.
final class Answer: Sendable {
    private let result = Mutex<Result<Reply, ConnectError>?>(nil)

    var value: Result<Reply, ConnectError>? { result.withLock { $0 } }
    func set(_ value: Result<Reply, ConnectError>) { result.withLock { $0 = value } }
}

extension Result<Reply, ConnectError> {
    var info: ConnectorInfo? {
        switch self {
        case .success(.created(let info)), .success(.updated(let info)): info
        default: nil
        }
    }

    var isCreated: Bool { if case .success(.created) = self { true } else { false } }
    var isUpdated: Bool { if case .success(.updated) = self { true } else { false } }
    var isDone: Bool { if case .success(.done) = self { true } else { false } }
    var accepted: ConnectorStatus? { if case .success(.accepted(let status)) = self { status } else { nil } }
    var message: String? { if case .success(.message(let text)) = self { text } else { nil } }
    var offsets: [OffsetChange]? { if case .success(.offsets(let list)) = self { list } else { nil } }
    var error: ConnectError? { if case .failure(let error) = self { error } else { nil } }
    /// Status and message of an error.
    var refusal: String? { error.map { "\($0.httpStatus) \($0.message)" } }
}

/// Who asked for values of references, in order.
final class ReferenceUses: Sendable {
    private let seen = Mutex<[ReferenceUser]>([])

    var all: [ReferenceUser] { seen.withLock { $0 } }

    func note(_ user: ReferenceUser) { seen.withLock { $0.append(user) } }
}
