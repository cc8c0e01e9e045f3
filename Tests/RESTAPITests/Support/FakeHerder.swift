import ConnectModel
import Synchronization

/// A herder that answers from a closure, or not at all.
final class FakeHerder: HerderPort {
    typealias Respond = @Sendable (Command) -> Result<Reply, ConnectError>?

    struct State {
        var snapshot: WorkerSnapshot
        var respond: Respond
        var keys: Result<[ConfigKeyDescription], ConnectError> = .success([])
        var commands: [Command] = []
        var unanswered: [@Sendable (Result<Reply, ConnectError>) -> Void] = []
    }

    let state: Mutex<State>
    let plugins: FakeCatalog

    init(
        _ snapshot: WorkerSnapshot = .ready(), plugins: [PluginDescription] = [],
        respond: @escaping Respond = { _ in nil }
    ) {
        state = Mutex(State(snapshot: snapshot, respond: respond))
        self.plugins = FakeCatalog(plugins)
    }

    var snapshot: WorkerSnapshot { state.withLock { $0.snapshot } }
    var catalog: any PluginCatalog { plugins }
    /// What was asked, in order.
    var commands: [Command] { state.withLock { $0.commands } }

    func submit(_ command: Command, _ reply: @escaping @Sendable (Result<Reply, ConnectError>) -> Void) {
        let respond = state.withLock { state in
            state.commands.append(command)
            return state.respond
        }
        if let result = respond(command) {
            reply(result)
        } else {
            state.withLock { $0.unanswered.append(reply) }
        }
    }

    func configKeys(of className: String) throws(ConnectError) -> [ConfigKeyDescription] {
        try state.withLock { $0.keys }.get()
    }
}

/// A catalog that only lists.
final class FakeCatalog: PluginCatalog {
    let plugins: [PluginDescription]
    var broken: [BrokenPlugin] { [] }

    init(_ plugins: [PluginDescription]) { self.plugins = plugins }

    func resolve(_ className: String) throws(ConnectError) -> PluginDescription { throw Self.refusal }
    func makeConnector(_ plugin: PluginDescription, services: any ConnectorServices) throws(ConnectError)
        -> any ConnectorPort
    { throw Self.refusal }
    func makeSourceTask(_ plugin: PluginDescription, services: any SourceTaskServices) throws(ConnectError)
        -> any SourceTaskPort
    { throw Self.refusal }
    func makeSinkTask(_ plugin: PluginDescription, services: any SinkTaskServices) throws(ConnectError)
        -> any SinkTaskPort
    { throw Self.refusal }
    func rescan() {}

    private static let refusal = ConnectError(.workerFailed, "The catalog only lists.")
}

extension WorkerSnapshot {
    /// A picture of a worker that is ready.
    static func ready(
        _ connectors: [Connector] = [], stage: Stage? = nil, isReady: Bool = true, stages: [Stage] = []
    ) -> WorkerSnapshot {
        WorkerSnapshot(
            isReady: isReady, isStopping: false, stage: stage, kafkaClusterID: "KAFKA_CLUSTER_ID",
            connectors: connectors, stages: stages)
    }
}

extension WorkerSnapshot.Connector {
    /// A connector of which the picture knows little.
    static func named(
        _ name: String, config: ConfigMap = ConfigMap(), tasks: [TaskID] = [], kind: ConnectorKind = .source,
        status: ConnectorStatus? = nil, taskConfigs: [ConfigMap] = [], topics: [String] = []
    ) -> WorkerSnapshot.Connector {
        WorkerSnapshot.Connector(
            info: ConnectorInfo(name: name, config: config, tasks: tasks, kind: kind), status: status,
            taskConfigs: taskConfigs, activeTopics: topics)
    }
}
