import EventLoop
import Synchronization

/// Works in place of a task's lane while that is inside a call of the plugin, which may block for as long as it likes.
///
/// The lane says when it leaves for such a call, and until when nothing needs to be done. If it is still away by then, the
/// work is done on a lane of the deputy's own: never beside the task's lane, whose return waits for work under way. So the
/// work may touch what else is confined to the task's lane, save the plugin. A call that returns in time costs a lock.
///
/// Source: Apache's `SourceTaskOffsetCommitter`, whose thread stores offsets whatever the tasks' threads do.
final class LaneDeputy: Sendable {
    /// What is done; returns until when nothing needs to be done after it.
    typealias Work = @Sendable () -> UInt64

    /// A closure that stands in a lock by itself would be wrapped once more by each `withLock`, without an end.
    private struct Duty {
        var work: Work?
    }

    private let lane: Lane
    /// Held for the length of the work, and for the lane's return.
    private let duty = Mutex(Duty())
    /// Until when the lane, which is away, needs nobody; 0 while it is there.
    private let awayUntil = Atomic<UInt64>(0)
    /// Set once, by init.
    nonisolated(unsafe) private var timer: WakeTimer?

    /// - Parameters:
    ///   - loop: keeps the times.
    ///   - lane: where the work is done.
    init(loop: EventLoop, lane: Lane) {
        self.lane = lane
        timer = WakeTimer(loop: loop) { [weak self] in self?.timeCame() }
    }

    /// From now on there is something to do.
    func begin(_ work: @escaping Work) { duty.withLock { $0.work = work } }

    /// Nothing is done any more. Not from within the work.
    func end() {
        duty.withLock { $0.work = nil }
        timer?.clear()
    }

    /// Makes a call that may block.
    ///
    /// - Parameter time: monotonic nanoseconds from which on the work is to be done if the call has not returned.
    @inline(__always)
    func during<Answer, Failure: Error>(
        until time: UInt64, _ call: () throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        awayUntil.store(max(time, 1), ordering: .releasing)
        if time < .max { timer?.set(time) }
        defer { duty.withLock { _ in awayUntil.store(0, ordering: .relaxed) } }
        return try call()
    }

    private func timeCame() {
        let time = awayUntil.load(ordering: .relaxed)
        if time > EventLoop.now() {
            // The time was that of an earlier call.
            if time < .max { timer?.set(time) }
        } else if time > 0 {
            lane.submit { [self] in run() }
        }
    }

    private func run() {
        let next = duty.withLock { duty -> UInt64? in
            guard awayUntil.load(ordering: .acquiring) > 0, let work = duty.work else { return nil }
            let next = max(work(), 1)
            awayUntil.store(next, ordering: .relaxed)
            return next
        }
        if let next, next < .max { timer?.set(next) }
    }
}
