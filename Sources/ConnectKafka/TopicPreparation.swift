import ConnectModel
import Synchronization

/// Sees to it that a topic exists before records go to it: KIP-158's topic creation.
protocol TopicPreparation: AnyObject {
    /// Begins, or joins, the preparation of a topic. Task's lane.
    func prepare(_ topic: String, _ state: TopicPreparationState)
    /// Tells that nobody waits any more: what has not begun does not begin. For any thread.
    var closer: @Sendable () -> Void { get }
}

/// How far the preparation of one topic is; nil while it goes on. Any thread.
final class TopicPreparationState: Sendable {
    private let stored = Mutex<Result<Void, ConnectError>?>(nil)

    var outcome: Result<Void, ConnectError>? { stored.withLock { $0 } }

    func finish(_ outcome: Result<Void, ConnectError>) { stored.withLock { $0 = outcome } }
}
