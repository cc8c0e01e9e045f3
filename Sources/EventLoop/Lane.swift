import Synchronization

/// A serial queue on a pool: its jobs run one at a time, in order, on any of the pool's threads. Costs no thread while
/// it is idle.
///
/// Every task of a connector has one, so that a plugin call which blocks stops nothing but its own task.
public final class Lane: SerialContext {
    typealias Job = @Sendable () -> Void

    private struct State {
        var jobs: [Job] = []
        var head = 0
        /// The lane is in the pool's queue or on one of its threads.
        var isScheduled = false
        var isClosed = false
    }

    /// For logs and status texts.
    public let name: String
    /// Whom it works for.
    let kind: LaneKind
    /// What it shares with others; nil where it stands for itself.
    let owner: LaneOwner?
    /// Its thread is one of those for owners that have none. Guarded by the pool's monitor.
    nonisolated(unsafe) var hasThreadOfOwner = false
    private let pool: BlockingPool.Core
    private let state = Mutex(State())
    private let thread = Atomic<UInt>(0)
    private let began = Atomic<UInt64>(0)

    init(name: String, kind: LaneKind, owner: LaneOwner?, pool: BlockingPool.Core) {
        self.name = name
        self.kind = kind
        self.owner = owner
        self.pool = pool
    }

    /// Whether it has an owner no lane of which has a thread. With the pool's monitor held.
    var isOfIdleOwner: Bool { owner?.running == 0 }

    /// Whether the caller is a job of this lane. A job that was abandoned while it ran still counts as one.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == NativeThread.currentID }

    /// When the job that is running now began, in monotonic nanoseconds; nil while none runs. How a plugin call that
    /// hangs is noticed.
    public var runningSince: UInt64? {
        let began = began.load(ordering: .relaxed)
        return began == 0 ? nil : began
    }

    /// Runs `job` after those given before. Any thread.
    ///
    /// - Returns: false where the job was dropped, since the lane is abandoned or the pool has stopped.
    @discardableResult
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        enum Outcome { case dropped, queued, mustSchedule }
        let outcome: Outcome = state.withLock { state in
            if state.isClosed { return .dropped }
            state.jobs.append(job)
            if state.isScheduled { return .queued }
            state.isScheduled = true
            return .mustSchedule
        }
        switch outcome {
        case .dropped: return false
        case .queued: return true
        case .mustSchedule: return pool.schedule(self)
        }
    }

    /// Gives the lane up: queued jobs are dropped and new ones refused. A job that runs keeps its thread for as long as
    /// it takes, for ever if need be, and the pool does without that thread. Any thread; a second call does nothing.
    public func abandon() {
        close()
        pool.giveUp(self)
    }

    /// Refuses jobs from now on and drops those that wait.
    func close() {
        // Released after the lock: what a job captured may call back into the lane as it goes away.
        let dropped = state.withLock { state in
            state.isClosed = true
            state.head = 0
            let jobs = state.jobs
            state.jobs = []
            return jobs
        }
        _ = dropped
    }

    /// Runs jobs on the calling thread until there is none or `slice` nanoseconds have passed.
    ///
    /// - Returns: true where jobs are left, and the lane has to be scheduled again.
    func run(slice: UInt64) -> Bool {
        thread.store(NativeThread.currentID, ordering: .relaxed)
        defer { thread.store(0, ordering: .relaxed) }
        let start = EventLoop.now()
        var now = start
        while true {
            guard let job = next() else { return false }
            began.store(now, ordering: .relaxed)
            job()
            began.store(0, ordering: .relaxed)
            now = EventLoop.now()
            if now - start >= slice { return !settleIfEmpty() }
        }
    }

    private func next() -> Job? {
        state.withLock { state in
            guard state.head < state.jobs.count else {
                state.jobs.removeAll(keepingCapacity: true)
                state.head = 0
                state.isScheduled = false
                return nil
            }
            let job = state.jobs[state.head]
            // The queue would keep what the job captured until it is empty.
            state.jobs[state.head] = {}
            state.head += 1
            if state.head >= 64, state.head * 2 >= state.jobs.count {
                state.jobs.removeFirst(state.head)
                state.head = 0
            }
            return job
        }
    }

    private func settleIfEmpty() -> Bool {
        state.withLock { state in
            guard state.head >= state.jobs.count else { return false }
            state.jobs.removeAll(keepingCapacity: true)
            state.head = 0
            state.isScheduled = false
            return true
        }
    }
}
