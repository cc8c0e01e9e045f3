internal import Synchronization

/// Says whether a worker's session with its group surely still stands, and so whether its tasks may write.
///
/// A process that was stopped for longer than its session (SIGSTOP, a hung host) is no longer a member when it goes on, and
/// others may run its tasks already. What it wanted to write in the name of those tasks must not leave before the
/// coordinator has answered for it again. The membership keeps in the gate until when the session stands for sure: the
/// session timeout after the sending of the latest request that the coordinator answered well. Java has no such thing.
///
/// Thread-safe. Asking costs one atomic load.
package final class SessionGate: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var ask: (@Sendable () -> Void)?
        var losses: [@Sendable () -> Void] = []
        var isOver = false
    }

    private let openUntil = Atomic<UInt64>(0)
    private let state = Mutex(State())

    /// A gate that is closed.
    package init() {}

    /// Whether the session stands at this monotonic nanosecond.
    package func allows(_ now: UInt64) -> Bool { now < openUntil.load(ordering: .acquiring) }

    /// Calls `job` once when the gate is opened next, and has the coordinator asked at once.
    ///
    /// - Parameter job: called on the thread that opens; must not block. It may find the gate closed again.
    package func whenOpen(_ job: @escaping @Sendable () -> Void) {
        let ask = state.withLock { state in
            state.waiting.append(job)
            return state.ask
        }
        ask?()
    }

    /// Whether somebody waits for the gate to open.
    package var isAwaited: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// The session stands until `instant`; an earlier one than known is no news.
    ///
    /// - Parameter now: where `instant` has passed already, the gate stays closed.
    package func open(until instant: UInt64, now: UInt64) {
        let waiting = state.withLock { state -> [@Sendable () -> Void] in
            // Not `Atomic.max`, which compares as if the number had a sign.
            if instant > openUntil.load(ordering: .relaxed) { openUntil.store(instant, ordering: .releasing) }
            guard allows(now) else { return [] }
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
        for job in waiting { job() }
    }

    /// There is no session (any more).
    package func shut() {
        // Under the lock, so that no opening comes between its look and its store.
        let losses = state.withLock { state in
            openUntil.store(0, ordering: .releasing)
            state.isOver = true
            return state.losses
        }
        for job in losses { job() }
    }

    /// Whether a session is over and its owner has not settled in the next one: what it gives to be written it may have decided
    /// by what the lost one gave it.
    package var isOver: Bool { state.withLock { $0.isOver } }

    /// The owner has settled in the next session, whether the gate is open for it or not yet.
    package func renew() { state.withLock { $0.isOver = false } }

    /// Has `job` called whenever the session is over for good, before another one can open the gate: what was to be written
    /// in its name is void.
    ///
    /// - Parameter job: called on the thread that shuts; must not block.
    package func onLoss(_ job: @escaping @Sendable () -> Void) {
        state.withLock { $0.losses.append(job) }
    }

    /// Sets what is called, on any thread, when somebody finds the gate closed and waits.
    package func onWait(_ ask: (@Sendable () -> Void)?) {
        state.withLock { $0.ask = ask }
    }
}
