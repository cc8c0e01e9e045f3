import EventLoop
import Synchronization

/// Wakes a task's lane at a time. One timer at most is set; a later time than the set one is for the woken lane to ask
/// for again. Any thread.
final class WakeTimer: Sendable {
    private let loop: EventLoop
    private let plan = Mutex(WakePlan())
    /// Touched on the loop only.
    nonisolated(unsafe) private var timer: TimerID?
    private let wake: @Sendable () -> Void

    init(loop: EventLoop, wake: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.wake = wake
    }

    /// Wakes at `wanted` (monotonic nanoseconds) or earlier; where that is far away, a little later together with others.
    func set(_ wanted: UInt64) {
        guard let setting = plan.withLock({ $0.ask(wanted, now: EventLoop.now()) }) else { return }
        loop.execute { [self] in carryOut(setting) }
    }

    private func carryOut(_ setting: WakePlan.Setting) {
        guard plan.withLock({ $0.isCurrent(setting) }) else { return }
        if let timer { loop.cancel(timer) }
        timer = loop.schedule(at: setting.deadline) { [self] in
            timer = nil
            if plan.withLock({ $0.fired(setting) }) { wake() }
        }
    }

    /// Takes the timer back, so that nothing keeps the task alive.
    func clear() {
        plan.withLock { $0.clear() }
        loop.execute { [self] in
            if let timer { loop.cancel(timer) }
            timer = nil
        }
    }
}
