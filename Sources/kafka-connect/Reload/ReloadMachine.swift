/// When the worker reads its files again: a pure machine.
///
/// A reload that is asked for while the worker starts follows once it is ready, and one that is asked for while another is under
/// way follows that, since files may have changed after they were read; several such wishes are one. A worker that stops
/// reads nothing any more.
struct ReloadMachine {
    /// What the caller has to do.
    enum Action: Equatable {
        /// Tell systemd that the worker is ready: for the first time, or again.
        case tellReady
        /// Tell systemd that a reload begins, and begin.
        case begin
        /// Say in the log that the wish was heard and has to wait.
        case postpone
        /// Say in the log that nothing will come of it.
        case ignore
    }

    private enum State {
        case starting(isWanted: Bool)
        case ready
        case reloading(isWantedAgain: Bool)
        case stopping
    }

    private var state = State.starting(isWanted: false)

    /// Somebody asked for a reload.
    mutating func wanted() -> [Action] {
        switch state {
        case .starting:
            state = .starting(isWanted: true)
            return [.postpone]
        case .ready:
            state = .reloading(isWantedAgain: false)
            return [.begin]
        case .reloading:
            state = .reloading(isWantedAgain: true)
            return [.postpone]
        case .stopping: return [.ignore]
        }
    }

    /// The worker came up.
    mutating func started() -> [Action] {
        guard case .starting(let isWanted) = state else { return [] }
        state = isWanted ? .reloading(isWantedAgain: false) : .ready
        return isWanted ? [.tellReady, .begin] : [.tellReady]
    }

    /// The reload is through, whatever came of it.
    mutating func ended() -> [Action] {
        guard case .reloading(let isWantedAgain) = state else { return [] }
        state = isWantedAgain ? .reloading(isWantedAgain: false) : .ready
        return isWantedAgain ? [.tellReady, .begin] : [.tellReady]
    }

    /// The worker stops: systemd must not hear any more that it is ready.
    mutating func stopping() { state = .stopping }
}
