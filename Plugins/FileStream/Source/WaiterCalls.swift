import CLinux
import Glibc
import Synchronization

/// Calls waiters on threads of its own: one, and one more for each call that blocks. So whoever looks at a mount that does not
/// answer holds up nobody else.
///
/// A waiter has one call under way at most, so there are never more threads than waiters. One that comes back from a call ends
/// where another has nothing to do.
final class WaiterCalls: Sendable {
    private struct State {
        var queue: [FileWatch.Waiter] = []
        /// Threads that wait for work.
        var idle = 0
        /// When a call began last, or the queue began.
        var lastBegin: UInt64 = 0
    }

    /// So long the queue may stand still before a call counts as one that blocks.
    private static let stuckNanoseconds: UInt64 = 2_000_000
    /// How soon it has to be seen whether the queue stands still.
    private static let lookMilliseconds: Int32 = 3

    /// An eventfd that counts what is queued.
    private let tokens: Int32
    private let state = Mutex(State())

    /// Nil where the system has no descriptor or no thread to give.
    init?() {
        tokens = eventfd(0, Int32(EFD_CLOEXEC | EFD_SEMAPHORE))
        guard tokens >= 0, startThread() else {
            if tokens >= 0 { close(tokens) }
            return nil
        }
    }

    /// Has waiters called of whose files something changed. Any thread; does not wait.
    func put(_ waiters: [FileWatch.Waiter]) {
        for waiter in waiters where waiter.changed() { queue(waiter) }
    }

    /// Adds a thread where the queue stands still.
    ///
    /// - Returns: in how many milliseconds this is to be called again; -1 once nothing is queued.
    func relieve() -> Int32 {
        let time = SystemClock.monotonicNanoseconds()
        let (isStuck, isEmpty) = state.withLock { state in
            let isStuck = !state.queue.isEmpty && time &- state.lastBegin >= WaiterCalls.stuckNanoseconds
            if isStuck { state.lastBegin = time }
            return (isStuck, state.queue.isEmpty)
        }
        // Where there is none to be had, it is tried again.
        if isStuck { _ = startThread() }
        return isEmpty ? -1 : WaiterCalls.lookMilliseconds
    }

    private func queue(_ waiter: FileWatch.Waiter) {
        let time = SystemClock.monotonicNanoseconds()
        state.withLock { state in
            if state.queue.isEmpty { state.lastBegin = time }
            state.queue.append(waiter)
        }
        _ = eventfd_write(tokens, 1)
    }

    // MARK: - The threads

    private func startThread() -> Bool {
        WatchThread.start("kc-file-look") { [self] in
            while let waiter = next() {
                if waiter.call() { queue(waiter) }
            }
        }
    }

    /// Waits for the next; nil where there are threads enough without this one.
    private func next() -> FileWatch.Waiter? {
        let isNeeded = state.withLock { state in
            // Those that wait may be about to take what is queued.
            guard state.idle < max(1, state.queue.count) else { return false }
            state.idle += 1
            return true
        }
        guard isNeeded else { return nil }
        var token: eventfd_t = 0
        var isTaken = eventfd_read(tokens, &token) == 0
        while !isTaken && errno == EINTR { isTaken = eventfd_read(tokens, &token) == 0 }
        let time = SystemClock.monotonicNanoseconds()
        return state.withLock { state in
            state.idle -= 1
            guard isTaken, !state.queue.isEmpty else { return nil }
            state.lastBegin = time
            return state.queue.removeFirst()
        }
    }
}
