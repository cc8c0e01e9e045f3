/// What several lanes belong to, a connector: so that one whose lanes have all the threads there are leaves a thread to each other.
final class LaneOwner: Sendable {
    /// Lanes of it that have a thread. Guarded by the pool's monitor.
    nonisolated(unsafe) var running = 0
}
