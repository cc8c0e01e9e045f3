import ClusterCore
import ConnectModel
import EventLoop

/// What a herder keeps of its cluster: its membership, and what waits for it. Confined to the herder's loop; nil in
/// standalone mode, where the log and the table of statuses are memory.
final class ClusterSession {
    /// Who may write what only the leader writes.
    enum Leadership: Sendable {
        case here
        /// Another worker leads; nil while nobody knows who.
        case elsewhere(url: String?)
    }

    /// A write to the config topic that waits for those before it.
    struct ConnectorWrite: Sendable {
        /// What is written, by what the log says when its turn has come, or why nothing is.
        let make: @Sendable (isolated Herder) -> Result<[ConfigLogRecord], ConnectError>
        let done: @Sendable (isolated Herder, ConnectError?) -> Void
    }

    /// Something that waits until no round is under way.
    typealias Waiter = @Sendable (isolated Herder, Leadership) -> Void

    /// Requests that may wait for a round to end. Beyond that they are refused, since nobody seems to answer them.
    static let maximumWaiters = 10_000

    let parts: ClusterDependencies
    var machine: WorkerMachine
    var rotation: SessionKeyRotation
    /// False while the config topic is read for the first time.
    var isLive = false
    /// What this worker runs, and how much of the config log that was made from.
    var work: (set: WorkSet, offset: Int64) = (WorkSet(), -1)
    /// The group waits for what was given up to stop.
    var awaitsQuiet = false
    var hasJoined = false
    /// Of the three internal topics.
    var openLogs = 0
    var waiters: [Waiter] = []
    /// Called at the first settled round.
    var whenJoined: (@Sendable (isolated Herder) -> Void)?
    var timer: (id: TimerID, at: UInt64)?
    var keyTimer: TimerID?
    var stage: StageBook.Token?
    /// From when on other workers may run what stops now; set while a lost coordinator is seen to.
    var sessionEnds: UInt64 = .max
    /// What keeps the worker from its group, as a stage of its own.
    var absence: (token: StageBook.Token, stage: Stage)?
    /// Writes about each connector, the first of them under way.
    var connectorWrites = SortedTable<String, [ConnectorWrite]>()
    /// The newest write of each status, to know whether one that failed is still wanted.
    var statusWrites: [String: UInt64] = [:]
    var statusWritesUnderWay = 0
    /// What this worker said last of what it runs.
    var ownStatuses: [String: StatusRecord] = [:]
    /// Topics that were told to the status topic and not read back yet.
    var toldTopics: Set<String> = []

    init(_ parts: ClusterDependencies) {
        self.parts = parts
        machine = WorkerMachine(settings: parts.membership)
        rotation = parts.rotation
    }
}
