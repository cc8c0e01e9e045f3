import ConnectModel
import EventLoop
import Logging
import TaskRuntime

/// How a command is answered.
typealias ReplyHandler = @Sendable (Result<Reply, ConnectError>) -> Void

/// What of one connector is no decision: its plugin instances, the handles of its tasks, and who waits for it. Confined to
/// the herder's loop.
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
        /// Hidden while the task may tell them.
        var secrets: SecretHold?
    }

    /// An instance of the plugin class with what goes on in it.
    struct Live {
        let instance: ConnectorInstance
        /// `connector.class` as it was written when the instance was started.
        let className: String?
        var stage: StageBook.Token?
        /// Tells of a call that takes long.
        var slowCall: TimerID?
        /// What the instance asks the worker with.
        var services: ConnectorServicesHost?
    }

    let name: String
    /// What the class was found to be when the configuration was checked last; nil when it could not be found.
    var plugin: PluginDescription?
    var live: [UInt64: Live] = [:]
    var runs: [Int32: Run] = [:]
    var settled: (revision: UInt64, error: ConnectError?) = (0, nil)
    /// What the last start failed with, and what is answered for that.
    var startFailure: (cause: ConnectError, answer: ConnectError)?
    /// An error that was known before the connector was ever started, for a configuration.
    var refusal: (configuration: UInt64, error: ConnectError)?
    var waiters: [Waiter] = []
    var endWaiters: [ReplyHandler] = []
    var restartWaiters: [(task: Int32, reply: ReplyHandler)] = []
    /// For the references of this connector.
    let lane: Lane
    /// For requests that read its offsets: while Kafka does not answer they take long, and nothing else of it is to wait for them.
    let offsetsLane: Lane
    /// The picture's part, until something changes.
    var picture: WorkerSnapshot.Connector?

    /// A connector that nothing is known of.
    init(_ name: String, pool: BlockingPool) {
        self.name = name
        lane = pool.makeLane("herder \(name)", for: .worker)
        offsetsLane = pool.makeLane("offsets \(name)", for: .worker)
    }

    var kind: ConnectorKind { plugin?.kind ?? .unknown }
}
