import ClusterCore
import ConnectModel
import EventLoop
import TaskRuntime

/// How a command is answered.
typealias ReplyHandler = @Sendable (Result<Reply, ConnectError>) -> Void

/// All that the herder keeps of one connector, from its first configuration until nothing of it is left. Confined to the
/// herder's loop.
final class ConnectorEntry {
    /// Somebody who waits until the wishes up to a number are fulfilled and the tasks are as they should be.
    struct Waiter {
        let revision: UInt64
        let reply: ReplyHandler
        let make: (isolated Herder, ConnectorEntry) -> Result<Reply, ConnectError>
    }

    /// A run of a task.
    struct Run {
        let incarnation: UInt64
        /// nil until it was started.
        var handle: (any TaskHandle)?
        var isPaused: Bool
        var mustStop = false
    }

    /// An instance of the plugin class with what goes on in it.
    struct Live {
        let instance: ConnectorInstance
        /// `connector.class` as it was written when the instance was started.
        let className: String?
        var stage: StageBook.Token?
        /// Tells of a call that takes long.
        var slowCall: TimerID?
    }

    /// Task configurations that were given and not published yet.
    struct Offer {
        let configs: [ConfigMap]
        let differs: Bool
    }

    let name: String
    var lifecycle: ConnectorLifecycle
    var tasks: TaskSetLifecycle
    /// What the class was found to be when the configuration was checked last; nil when it could not be found.
    var plugin: PluginDescription?
    /// Counts changes of the configuration.
    var configuration: UInt64 = 0
    /// Counts commits of task configurations.
    var taskGeneration: UInt64 = 0
    var live: [UInt64: Live] = [:]
    var runs: [Int32: Run] = [:]
    var offer: Offer?
    /// Task configurations are on their way to the leader.
    var isOffering = false
    /// Newer ones that wait for them: offered side by side, the older could be stored last.
    var nextOffer: [ConfigMap]?
    /// How often the leader did not take task configurations, since it did last.
    var refusedOffers = 0
    var settled: (revision: UInt64, error: ConnectError?) = (0, nil)
    /// What the last start failed with, and what is answered for that.
    var startFailure: (cause: ConnectError, answer: ConnectError)?
    /// An error that was known before the connector was ever started, for a configuration.
    var refusal: (configuration: UInt64, error: ConnectError)?
    var waiters: [Waiter] = []
    var endWaiters: [ReplyHandler] = []
    var restartWaiters: [(task: Int32, reply: ReplyHandler)] = []
    var isEnding = false
    var connectorHasEnded = false
    var tasksHaveEnded = false
    /// For files, offsets and references of this connector.
    let lane: Lane
    /// The picture's part, until something changes.
    var picture: WorkerSnapshot.Connector?

    /// - Parameter ownsAll: whether connector and tasks run here in any case, as in standalone mode.
    init(_ name: String, serial: UInt64, pool: BlockingPool, patience: ConnectorLifecycle.Patience, ownsAll: Bool) {
        self.name = name
        // Numbers of different lives of one name must not meet.
        lifecycle = ConnectorLifecycle(name, firstInstance: serial << 32, isOwned: ownsAll, patience: patience)
        tasks = TaskSetLifecycle(name, firstIncarnation: serial << 32, ownsAll: ownsAll)
        lane = pool.makeLane("herder \(name)", for: .worker)
    }

    var kind: ConnectorKind { plugin?.kind ?? .unknown }
    var hasEnded: Bool { connectorHasEnded && tasksHaveEnded }

    /// Whether nothing is on its way to its end: what is given up has stopped.
    var isQuiet: Bool { (lifecycle.isOwned || lifecycle.isReleased) && tasks.isQuiet }

    /// Whether everything is as it was wished to be, or has failed.
    var isSettled: Bool { lifecycle.isSettled && tasks.isSettled }

    /// What the connector's machine counted goes to the tasks' machine too.
    func shareAbandonedOfConnector() { tasks.abandonedCalls = lifecycle.abandonedCalls }

    /// What the tasks' machine counted goes to the connector's machine too.
    func shareAbandonedOfTasks() { lifecycle.abandonedCalls = tasks.abandonedCalls }
}
