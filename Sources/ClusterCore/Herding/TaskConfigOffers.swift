import ConnectModel

/// Task configurations of one connector on their way to the leader: one offer at a time, since offered side by side the
/// older could be stored last.
struct TaskConfigOffers: Sendable {
    /// What follows the end of an offer.
    enum Next: Equatable {
        case nothing
        /// Newer ones came meanwhile.
        case offer([ConfigMap])
        /// The connector is asked again after so many nanoseconds, and more with each refusal: meanwhile it may have others.
        case askAgain(after: UInt64)
    }

    private(set) var isUnderWay = false
    /// What came while an offer was under way; only the newest counts.
    private var waiting: [ConfigMap]?
    private var pause = Backoff.taskConfigs

    /// Takes task configurations in.
    ///
    /// - Returns: whether they are to be offered now.
    mutating func begin(_ configs: [ConfigMap]) -> Bool {
        guard !isUnderWay else {
            waiting = configs
            return false
        }
        isUnderWay = true
        return true
    }

    /// The offer under way has come to its end.
    mutating func end(isTaken: Bool) -> Next {
        isUnderWay = false
        if let configs = waiting {
            waiting = nil
            return .offer(configs)
        }
        guard isTaken else { return .askAgain(after: pause.advance()) }
        pause.reset()
        return .nothing
    }

    /// The offer under way can never be taken.
    mutating func refused() -> Next {
        isUnderWay = false
        defer { waiting = nil }
        return waiting.map { .offer($0) } ?? .nothing
    }

    /// The connector is not this worker's any more: nothing is offered.
    mutating func drop() {
        isUnderWay = false
        waiting = nil
    }
}
