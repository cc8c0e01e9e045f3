/// The herder as REST sees it. Thread-safe; nothing here waits.
public protocol HerderPort: AnyObject, Sendable {
    /// Hands a command over. `reply` is called once, on the herder's loop; it must not block.
    func submit(_ command: Command, _ reply: @escaping @Sendable (Result<Reply, ConnectError>) -> Void)
    /// What reads are answered from: the newest published state.
    var snapshot: WorkerSnapshot { get }
    /// The plugins that this worker found.
    var catalog: any PluginCatalog { get }
    /// Keys of a plugin class for `GET /connector-plugins/PLUGIN/config`: the plugin's own, then the framework's.
    func configKeys(of className: String) throws(ConnectError) -> [ConfigKeyDescription]
}

/// What the worker is doing, for time-outs, `/health` and systemd's STATUS.
public struct Stage: Sendable, Equatable {
    /// Such as `reading to the end of the config topic`.
    public let description: String
    /// Milliseconds since 1970.
    public let began: Int64
    /// nil while it goes on.
    public let completed: Int64?
    /// The connector that it is for; nil for what concerns the whole worker.
    public let connector: String?

    /// A stage.
    public init(description: String, began: Int64, completed: Int64? = nil, connector: String? = nil) {
        self.connector = connector
        self.description = description
        self.began = began
        self.completed = completed
    }
}

/// An immutable picture of the worker, published by the herder after each change.
public final class WorkerSnapshot: Sendable {
    public struct Connector: Sendable {
        public let info: ConnectorInfo
        /// nil before its first status.
        public let status: ConnectorStatus?
        /// Raw task configurations by number.
        public let taskConfigs: [ConfigMap]
        /// Sorted.
        public let activeTopics: [String]

        /// A connector in the picture.
        public init(info: ConnectorInfo, status: ConnectorStatus?, taskConfigs: [ConfigMap], activeTopics: [String]) {
            self.info = info
            self.status = status
            self.taskConfigs = taskConfigs
            self.activeTopics = activeTopics
        }
    }

    /// Whether start-up is over.
    public let isReady: Bool
    /// Whether the worker is shutting down.
    public let isStopping: Bool
    /// The newest stage under way, else the last one that was completed.
    public let stage: Stage?
    /// Every stage under way, the newest last.
    public let stages: [Stage]
    public let kafkaClusterID: String?
    /// Sorted by name.
    public let connectors: [Connector]
    /// nil in standalone mode.
    public let cluster: ClusterView?

    /// A picture.
    public init(
        isReady: Bool, isStopping: Bool, stage: Stage?, kafkaClusterID: String?, connectors: [Connector],
        cluster: ClusterView? = nil, stages: [Stage] = []
    ) {
        self.stages = stages
        self.cluster = cluster
        self.isReady = isReady
        self.isStopping = isStopping
        self.stage = stage
        self.kafkaClusterID = kafkaClusterID
        self.connectors = connectors
    }

    /// What a request about a connector waits for: the connector's own newest stage, else the worker's, never that of
    /// another connector.
    ///
    /// - Parameter connector: nil for a request about no connector.
    public func stage(for connector: String?) -> Stage? {
        guard let connector else { return stage }
        let own = stages.last { $0.connector?.isExactly(connector) == true }
        let newest = own ?? stages.last { $0.connector == nil } ?? stage
        return newest?.connector?.isExactly(connector) != false ? newest : nil
    }

    /// The connector of that name; binary search.
    public func connector(_ name: String) -> Connector? {
        var low = 0
        var high = connectors.count
        while low < high {
            let middle = (low + high) / 2
            let found = connectors[middle].info.name
            if found.isExactly(name) { return connectors[middle] }
            if found.precedesExactly(name) { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
