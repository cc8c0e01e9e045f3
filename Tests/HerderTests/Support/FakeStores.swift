import ConnectModel
import Glibc
import Synchronization

@testable import Herder

/// Kafka as the herder needs it: connected when told, groups as plain tables. Thread-safe.
final class FakeKafka: KafkaPorts {
    private struct State {
        var isConnected = false
        var waiting: [@Sendable (String?) -> Void] = []
        var groups: [String: [TopicPartition: Int64]] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    func connect() {
        let waiting = state.withLock { state in
            state.isConnected = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for done in waiting { done("cluster-1") }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
    func set(_ group: String, _ offsets: [TopicPartition: Int64]) { state.withLock { $0.groups[group] = offsets } }
    func group(_ name: String) -> [TopicPartition: Int64]? { state.withLock { $0.groups[name] } }

    func whenConnected(_ done: @escaping @Sendable (_ clusterID: String?) -> Void) {
        let isConnected = state.withLock { state in
            if !state.isConnected { state.waiting.append(done) }
            return state.isConnected
        }
        if isConnected { done("cluster-1") }
    }

    var waitingFor: String? { nil }

    func groupOffsets(
        _ connector: String, config: ConfigMap,
        _ done: @escaping @Sendable (Result<[TopicPartitionOffset], ConnectError>) -> Void
    ) {
        let group = group(connector) ?? [:]
        done(.success(group.sorted { $0.key < $1.key }.map { TopicPartitionOffset($0.key, $0.value) }))
    }

    func alterGroupOffsets(
        _ connector: String, config: ConfigMap, _ changes: [GroupOffsetChange],
        _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        state.withLock { state in
            for change in changes { state.groups[connector, default: [:]][change.partition] = change.offset }
        }
        done(nil)
    }

    func deleteGroup(_ connector: String, config: ConfigMap, _ done: @escaping @Sendable (ConnectError?) -> Void) {
        state.withLock { $0.groups[connector] = nil }
        done(nil)
    }

    func close(_ done: @escaping @Sendable () -> Void) {
        state.withLock { $0.isClosed = true }
        done()
    }

    func makeSender(
        task: TaskID, config: ConfigMap, wake: @escaping @Sendable () -> Void
    ) throws(ConnectError) -> any RecordSender { throw ConnectError(.workerFailed, "not here") }

    func makeReceiver(
        task: TaskID, config: ConfigMap, wake: @escaping @Sendable () -> Void
    ) throws(ConnectError) -> any RecordReceiver { throw ConnectError(.workerFailed, "not here") }
}

/// Offsets in memory. Thread-safe.
final class MemoryOffsets: OffsetStore {
    private let table = Mutex<[String: [OffsetChange]]>([:])
    private let failure = Mutex<ConnectError?>(nil)

    private let isUnreadable = Atomic<Bool>(false)

    func fail(_ error: ConnectError?) { failure.withLock { $0 = error } }
    /// From now on reads wait as long as they are wanted, and are given up at once where nobody says so; false: no longer.
    func makeUnreadable(_ value: Bool) { isUnreadable.store(value, ordering: .sequentiallyConsistent) }

    func read(connector: String, partitions: [[UInt8]], isWanted: (() -> Bool)?) throws(ConnectError) -> [[UInt8]?] {
        while isUnreadable.load(ordering: .sequentiallyConsistent) {
            guard let isWanted else { throw ConnectError(.kafkaUnavailable, "patience is over") }
            guard isWanted() else { throw ConnectError(.workerStopping, "not wanted any more") }
            usleep(1000)
        }
        let all = table.withLock { $0[connector] ?? [] }
        return partitions.map { partition in all.first { $0.partition == partition }?.offset }
    }

    func readAll(connector: String) throws(ConnectError) -> [OffsetChange] {
        while isUnreadable.load(ordering: .sequentiallyConsistent) { usleep(1000) }
        return table.withLock { $0[connector] ?? [] }
    }

    func write(
        connector: String, _ changes: [OffsetChange], _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        if let error = failure.withLock({ $0 }) { return done(error) }
        table.withLock { table in
            for change in changes {
                table[connector, default: []].removeAll { $0.partition == change.partition }
                if change.offset != nil { table[connector, default: []].append(change) }
            }
        }
        done(nil)
    }
}

/// Asks for `name` and numbers that are numbers; knows one plugin.
struct FakeChecking: ConnectorChecking {
    func secrets(of config: ConfigMap, className: String) -> [String] { [config["password"] ?? nil].compactMap(\.self) }

    func validate(
        _ config: ConfigMap, plugin: PluginDescription, notes: [ValidationNote]
    ) throws(ConnectError) -> ConfigValidation {
        var keys: [ConfigValidation.Key] = []
        func add(_ name: String, _ errors: [String]) {
            keys.append(
                .init(
                    definition: nil, name: name, value: config[name], recommendedValues: [], errors: errors,
                    isVisible: true))
        }
        add(
            "name", config["name"] == nil ? [#"Missing required configuration "name" which has no default value."#] : []
        )
        if let text = config["tasks.max"] {
            add("tasks.max", Int32(text) == nil ? ["Invalid value \(text) for configuration tasks.max"] : [])
        }
        if config.contains("secret") { add("secret", []) }
        for note in notes { add(note.key, note.errors) }
        return ConfigValidation(
            name: config["connector.class"] ?? "", errorCount: keys.reduce(0) { $0 + $1.errors.count }, groups: [],
            keys: keys)
    }

    func keys(of className: String) throws(ConnectError) -> [ConfigKeyDescription] { [] }
}
