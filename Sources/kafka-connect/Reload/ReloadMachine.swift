/// When the worker reads its files again: a pure machine.
///
/// A reload that is asked for while the worker starts follows once it is ready, and one that is asked for while another is under
/// way follows that, since files may have changed after they were read; several such wishes are one. A reload whose time is up
/// counts as through, whatever still comes of it. A worker that stops reads nothing any more.
struct ReloadMachine {
    /// What the caller has to do.
    enum Action: Equatable {
        /// Tell systemd that the worker is ready: for the first time, or again.
        case tellReady
        /// Tell systemd that a reload begins, and begin. The number tells it from others.
        case begin(UInt64)
        /// Say in the log that the wish was heard and has to wait.
        case postpone
        /// Say in the log that nothing will come of it.
        case ignore
    }

    private enum State {
        case starting(isWanted: Bool)
        case ready
        case reloading(UInt64, isWantedAgain: Bool)
        case stopping
    }

    private var state = State.starting(isWanted: false)
    private var last: UInt64 = 0

    /// Somebody asked for a reload.
    mutating func wanted() -> [Action] {
        switch state {
        case .starting:
            state = .starting(isWanted: true)
            return [.postpone]
        case .ready:
            return [begin()]
        case .reloading(let number, _):
            state = .reloading(number, isWantedAgain: true)
            return [.postpone]
        case .stopping: return [.ignore]
        }
    }

    /// The worker came up.
    mutating func started() -> [Action] {
        guard case .starting(let isWanted) = state else { return [] }
        state = .ready
        return isWanted ? [.tellReady, begin()] : [.tellReady]
    }

    /// Whether a reload is the one that systemd waits for.
    func isUnderWay(_ number: UInt64) -> Bool {
        if case .reloading(number, _) = state { true } else { false }
    }

    /// Whether none has begun since.
    func isLast(_ number: UInt64) -> Bool { number == last }

    /// A reload is through, whatever came of it, or its time is up. Of one that is not under way any more nothing follows.
    mutating func over(_ number: UInt64) -> [Action] {
        guard case .reloading(number, let isWantedAgain) = state else { return [] }
        state = .ready
        return isWantedAgain ? [.tellReady, begin()] : [.tellReady]
    }

    private mutating func begin() -> Action {
        last += 1
        state = .reloading(last, isWantedAgain: false)
        return .begin(last)
    }

    /// The worker stops: systemd must not hear any more that it is ready.
    mutating func stopping() { state = .stopping }
}
