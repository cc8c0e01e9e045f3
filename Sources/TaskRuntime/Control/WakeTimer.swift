import EventLoop
import Synchronization

/// Wakes a task's lane at a time. One timer at most is set; a later time than the set one is for the woken lane to ask
/// for again. Any thread.
final class WakeTimer: Sendable {
    private struct State {
        var deadline: UInt64?
        var generation: UInt64 = 0
    }

    private let loop: EventLoop
    private let state = Mutex(State())
    /// Touched on the loop only.
    nonisolated(unsafe) private var timer: TimerID?
    private let wake: @Sendable () -> Void

    init(loop: EventLoop, wake: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.wake = wake
    }

    /// Wakes at `wanted` (monotonic nanoseconds) or earlier; where that is far away, a little later together with others.
    func set(_ wanted: UInt64) {
        // First of all: what is asked for until the timer fires is compared with when it does.
        let deadline = EventLoop.coalesced(wanted, now: EventLoop.now())
        let generation: UInt64? = state.withLock { state in
            if let set = state.deadline, set <= deadline { return nil }
            state.deadline = deadline
            state.generation += 1
            return state.generation
        }
        guard let generation else { return }
        loop.execute { [self] in
            if let timer { loop.cancel(timer) }
            timer = loop.schedule(at: deadline) { [self] in
                timer = nil
                let isCurrent = state.withLock { state in
                    guard state.generation == generation else { return false }
                    state.deadline = nil
                    return true
                }
                if isCurrent { wake() }
            }
        }
    }

    /// Takes the timer back, so that nothing keeps the task alive.
    func clear() {
        state.withLock { state in
            state.deadline = nil
            state.generation += 1
        }
        loop.execute { [self] in
            if let timer { loop.cancel(timer) }
            timer = nil
        }
    }
}
