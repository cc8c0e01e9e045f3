import ConnectModel
import Glibc
import Synchronization

/// What connectors of one name do in each call, and what they were asked. Thread-safe.
final class Script: Sendable {
    enum Step: Sendable {
        case fail(ConnectError)
        /// The call returns when ``Script/release(_:)`` lets it go.
        case block
        /// The same, with an error.
        case blockThenFail(ConnectError)
        /// The call asks for the offset of a partition.
        case readOffset([UInt8])
        /// As `block`, but `interrupt` lets it go too, with an error.
        case blockUntilInterrupted
    }

    private struct State {
        var steps: [String: Step] = [:]
        var calls: [String] = []
        var configs: [ConfigMap] = []
        var tasks: [ConfigMap] = [ConfigMap([("task", "0")])]
        var isReconfigurable = false
        var alterAnswer: Bool? = true
        var notes: [ValidationNote] = []
        var services: [any ConnectorServices] = []
        var isInterrupted = false
        var offsets: [[UInt8]?] = []
    }

    private let state = Mutex(State())
    private let gate = Gate()

    /// What a call does from now on; nil: what it should.
    func set(_ call: String, _ step: Step?) { state.withLock { $0.steps[call] = step } }
    /// How many tasks with which configurations `taskConfigs` gives.
    func setTasks(_ configs: [ConfigMap]) { state.withLock { $0.tasks = configs } }
    func setReconfigurable(_ value: Bool) { state.withLock { $0.isReconfigurable = value } }
    func setAlterAnswer(_ value: Bool?) { state.withLock { $0.alterAnswer = value } }
    func setNotes(_ notes: [ValidationNote]) { state.withLock { $0.notes = notes } }
    /// Lets every blocked call go, for good.
    func release() { gate.open() }

    var calls: [String] { state.withLock { $0.calls } }
    /// Configurations that `start` and `reconfigure` got.
    var configs: [ConfigMap] { state.withLock { $0.configs } }
    /// Offsets that were read.
    var offsets: [[UInt8]?] { state.withLock { $0.offsets } }
    var services: (any ConnectorServices)? { state.withLock { $0.services.last } }
    func count(_ call: String) -> Int { calls.count { $0 == call } }

    fileprivate func made(_ services: any ConnectorServices) { state.withLock { $0.services.append(services) } }
    fileprivate func interrupt() {
        state.withLock { state in
            state.calls.append("interrupt")
            state.isInterrupted = true
        }
        gate.wake()
    }

    fileprivate func call<Answer>(
        _ name: String, _ config: ConfigMap? = nil, _ services: (any ConnectorServices)? = nil,
        _ answer: (borrowing Snapshot) -> Answer
    ) throws(ConnectError) -> Answer {
        let step = state.withLock { state in
            state.calls.append(name)
            state.isInterrupted = false
            if let config { state.configs.append(config) }
            return state.steps[name]
        }
        switch step {
        case .fail(let error): throw error
        case .block: gate.wait { false }
        case .blockThenFail(let error):
            gate.wait { false }
            throw error
        case .blockUntilInterrupted:
            gate.wait { self.state.withLock { $0.isInterrupted } }
            throw ConnectError(.pluginFailed, "interrupted")
        case .readOffset(let partition):
            guard let services else { break }
            let found = try services.storedOffsets(for: [partition])
            state.withLock { $0.offsets.append(found[0]) }
        case nil: break
        }
        return answer(
            state.withLock {
                Snapshot(
                    tasks: $0.tasks, isReconfigurable: $0.isReconfigurable, alterAnswer: $0.alterAnswer, notes: $0.notes
                )
            })
    }

    fileprivate struct Snapshot {
        let tasks: [ConfigMap]
        let isReconfigurable: Bool
        let alterAnswer: Bool?
        let notes: [ValidationNote]
    }
}

/// A door that stays open once it was opened.
final class Gate: Sendable {
    // Never changed, and made for several threads.
    nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    nonisolated(unsafe) private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let isOpen = Atomic<Bool>(false)

    init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    func open() {
        isOpen.store(true, ordering: .sequentiallyConsistent)
        wake()
    }

    func wake() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Blocks the thread until the door is open or `condition` holds after a ``wake()``.
    func wait(_ holds: () -> Bool) {
        pthread_mutex_lock(mutex)
        while !isOpen.load(ordering: .sequentiallyConsistent), !holds() { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }
}

/// A connector that follows a ``Script``.
final class FakeConnector: ConnectorPort {
    private let script: Script
    /// Its own: others of its script may have been made since, for one call.
    private let services: any ConnectorServices

    init(_ script: Script, services: any ConnectorServices) {
        self.script = script
        self.services = services
        script.made(services)
    }

    func start(_ config: ConfigMap) throws(ConnectError) { try script.call("start", config, services) { _ in } }
    func reconfigure(_ config: ConfigMap) throws(ConnectError) -> Bool {
        try script.call("reconfigure", config, services) { $0.isReconfigurable }
    }
    func taskConfigs(maximum: Int32) throws(ConnectError) -> [ConfigMap] {
        try script.call("taskConfigs", nil, services) { $0.tasks }
    }
    func stop() throws(ConnectError) { try script.call("stop", nil, services) { _ in } }
    func validate(_ config: ConfigMap) throws(ConnectError) -> [ValidationNote] {
        try script.call("validate") { $0.notes }
    }
    func alterOffsets(_ config: ConfigMap, _ offsets: [OffsetChange]) throws(ConnectError) -> Bool? {
        try script.call("alterOffsets") { $0.alterAnswer }
    }
    func destroy() { try? script.call("destroy") { _ in } }
    func interrupt() { script.interrupt() }
}

/// Connectors `Good` (source) and `GoodSink`, whose instances follow the script of their connector's name.
final class FakeCatalog: PluginCatalog {
    private let scripts = Mutex<[String: Script]>([:])
    private let makeError = Mutex<ConnectError?>(nil)
    private let found = Mutex([
        PluginDescription(
            className: "org.GoodConnector", aliases: ["Good"], kind: .source, version: "1.2", location: ""),
        PluginDescription(
            className: "org.OtherConnector", aliases: ["Other"], kind: .source, version: "1", location: ""),
        PluginDescription(
            className: "org.GoodSinkConnector", aliases: ["GoodSink"], kind: .sink, version: "1", location: ""),
    ])

    var plugins: [PluginDescription] { found.withLock { $0 } }
    let broken: [BrokenPlugin] = []

    /// The script of a connector, the same every time.
    subscript(name: String) -> Script {
        scripts.withLock { scripts in
            if let script = scripts[name] { return script }
            let script = Script()
            scripts[name] = script
            return script
        }
    }

    /// A class that a scan found later.
    func add(_ className: String) {
        let plugin = PluginDescription(
            className: className, aliases: [], kind: .source, version: "1", location: "")
        found.withLock { $0.append(plugin) }
    }

    /// From now on no connector can be made.
    func failToMake(_ error: ConnectError?) { makeError.withLock { $0 = error } }

    func resolve(_ className: String) throws(ConnectError) -> PluginDescription {
        guard let found = plugins.first(where: { $0.className == className || $0.aliases.contains(className) }) else {
            throw ConnectError(.configUnknownClass, "No connector class \(className)")
        }
        return found
    }

    func makeConnector(
        _ plugin: PluginDescription, services: any ConnectorServices
    ) throws(ConnectError) -> any ConnectorPort {
        if let error = makeError.withLock({ $0 }) { throw error }
        return FakeConnector(self[services.connectorName], services: services)
    }

    func makeSourceTask(
        _ plugin: PluginDescription, services: any SourceTaskServices
    ) throws(ConnectError) -> any SourceTaskPort { throw ConnectError(.workerFailed, "not here") }

    func makeSinkTask(
        _ plugin: PluginDescription, services: any SinkTaskServices
    ) throws(ConnectError) -> any SinkTaskPort { throw ConnectError(.workerFailed, "not here") }

    func rescan() {}
}
