package import ClusterCore
package import ConnectModel
package import EventLoop
import Logging
package import TaskRuntime

/// What a herder works with. Put together once by the program, or by a test with parts of its own.
package struct HerderDependencies: Sendable {
    package let catalog: any PluginCatalog
    package let kafka: any KafkaPorts
    package let offsets: any OffsetStore
    package let tasks: any TaskStarting
    package let checking: any ConnectorChecking
    /// Replaces references to config providers, for who is about to run with what they stand for; nil for a look. May block;
    /// called on lanes.
    package let resolve: @Sendable (ConfigMap, ReferenceUser?) throws(ConnectError) -> ConfigMap
    /// The herder's own loop.
    package let loop: EventLoop
    /// Where plugins are called.
    package let pool: BlockingPool
    /// nil in standalone mode.
    package let cluster: ClusterDependencies?

    /// All that a herder works with.
    package init(
        catalog: any PluginCatalog, kafka: any KafkaPorts, offsets: any OffsetStore, tasks: any TaskStarting,
        checking: any ConnectorChecking,
        resolve: @escaping @Sendable (ConfigMap, ReferenceUser?) throws(ConnectError) -> ConfigMap, loop: EventLoop,
        pool: BlockingPool, cluster: ClusterDependencies? = nil
    ) {
        self.catalog = catalog
        self.kafka = kafka
        self.offsets = offsets
        self.tasks = tasks
        self.checking = checking
        self.resolve = resolve
        self.loop = loop
        self.pool = pool
        self.cluster = cluster
    }
}

extension HerderDependencies {
    /// A connector's configuration with its references resolved and its secrets hidden. May block; called on lanes.
    func opened(
        _ config: ConfigMap, for user: ReferenceUser?
    ) throws(ConnectError) -> (config: ConfigMap, secrets: SecretHold) {
        let resolved = try resolve(config, user)
        let className = resolved["connector.class"] ?? ""
        return (resolved, LogSystem.redactor.hold(checking.secrets(of: resolved, className: className)))
    }

    /// The same for a task: with its connector's configuration.
    func opened(
        _ connector: ConfigMap, task: ConfigMap, for user: ReferenceUser
    ) throws(ConnectError) -> (connector: ConfigMap, task: ConfigMap, secrets: SecretHold) {
        let (connector, task) = (try resolve(connector, user), try resolve(task, nil))
        let className = connector["connector.class"] ?? ""
        let secrets = [connector, task].flatMap { checking.secrets(of: $0, className: className) }
        return (connector, task, LogSystem.redactor.hold(secrets))
    }
}

extension SecretHold {
    /// An error whose text shows no secret, also when these are hidden no more.
    func hide(_ error: ConnectError) -> ConnectError { error.telling(redact) }
}

extension ConnectError {
    /// The same error with another wording.
    func telling(_ word: (String) -> String) -> ConnectError {
        ConnectError(
            code, word(message), detail: detail.map(word), status: statusOverride,
            keyErrors: keyErrors.map { KeyError($0.key, word($0.message)) }, retryAfter: retryAfter)
    }
}

/// What runs with the values that the references of a configuration stood for when it was started.
package enum ReferenceUser: Hashable, Sendable {
    case connector(String)
    case task(TaskID)

    /// Name of the connector that it belongs to.
    package var connector: String {
        switch self {
        case .connector(let name): name
        case .task(let task): task.connector
        }
    }
}

/// What of the worker's configuration concerns the herder.
package struct HerderSettings: Sendable {
    /// `host:port` that other workers and clients know this one by.
    package let workerID: String
    /// `task.shutdown.graceful.timeout.ms`, in nanoseconds.
    package let taskShutdownTime: UInt64
    /// `topic.tracking.enable`.
    package let tracksTopics: Bool
    /// After which a plugin's call that does not return is logged, in nanoseconds.
    package let slowCallTime: UInt64
    /// As long as a client waits for its answer at most, in nanoseconds: calls made for a request alone end with it.
    package let requestTime: UInt64
    /// How long a change of offsets waits for the tasks of a stopped connector to end, in nanoseconds.
    package let offsetsTime: UInt64
    /// How long a connector's call may be in the way.
    package let patience: ConnectorLifecycle.Patience

    /// Settings of a herder.
    package init(
        workerID: String, taskShutdownTime: UInt64 = 5_000_000_000, tracksTopics: Bool = true,
        slowCallTime: UInt64 = 10_000_000_000, requestTime: UInt64 = 90_000_000_000,
        offsetsTime: UInt64 = 20_000_000_000, patience: ConnectorLifecycle.Patience = .standard
    ) {
        self.workerID = workerID
        self.taskShutdownTime = taskShutdownTime
        self.tracksTopics = tracksTopics
        self.slowCallTime = slowCallTime
        self.requestTime = requestTime
        self.offsetsTime = offsetsTime
        self.patience = patience
    }
}

/// Checks connector configurations against the tables of framework and plugin. Thread-safe.
package protocol ConnectorChecking: Sendable {
    /// The outcome for every key. May block: lanes only.
    ///
    /// - Parameters:
    ///   - config: resolved.
    ///   - notes: what the connector's own checks said.
    func validate(
        _ config: ConfigMap, plugin: PluginDescription, notes: [ValidationNote]
    ) throws(ConnectError) -> ConfigValidation
    /// What of a configuration logs and answers must not show. Of an unknown class, the secrets of the framework's keys.
    ///
    /// - Parameter config: resolved; a connector's or a task's.
    func secrets(of config: ConfigMap, className: String) -> [String]
    /// Keys of a plugin class by name or alias: its own, then the framework's.
    func keys(of className: String) throws(ConnectError) -> [ConfigKeyDescription]
}
