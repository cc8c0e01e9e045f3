import ConnectModel
import EventLoop

/// What a herder keeps of its cluster beside the machine that decides. Confined to the herder's loop; nil in standalone mode,
/// where the log and the table of statuses are memory.
final class ClusterSession {
    let parts: ClusterDependencies
    var hasJoined = false
    /// Of the three internal topics.
    var openLogs = 0
    /// Called at the first settled round.
    var whenJoined: (@Sendable (isolated Herder) -> Void)?
    /// Called when the group cannot be joined.
    var whenFailed: (@Sendable (ConnectError) -> Void)?
    /// For the machine's next deadline.
    var timer: (id: TimerID, at: UInt64)?
    var stage: StageBook.Token?
    /// From when on other workers may run what stops now; set while a lost coordinator is seen to.
    var sessionEnds: UInt64 = .max
    /// The first assignment after a lost membership is being carried out: what stops meanwhile does not wait for Kafka's answers,
    /// since nothing is written before everything that was taken away has stopped.
    var isInDoubt = false
    /// What keeps the worker from its group, as a stage of its own.
    var absence: (token: StageBook.Token, stage: Stage)?

    init(_ parts: ClusterDependencies) { self.parts = parts }
}
