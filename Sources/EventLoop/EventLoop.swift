import CLinux
import Glibc
import Synchronization

/// One thread that waits for descriptors, timers and jobs, and runs what they call for.
///
/// Actors placed on it (it is a `SerialExecutor`) and the plain classes confined to it share its thread and need no lock.
/// A turn is: descriptors that are ready, timers that are due, jobs in the order of their coming, ends of turn.
///
/// Which thread may call what: `execute`, `enqueue`, `stop` and `isCurrent` any; all else only the loop itself, which is
/// checked. A job must not block: plugin calls, disk and name look-ups belong on a ``BlockingPool``.
public final class EventLoop: SerialExecutor {
    private enum Job {
        case closure(@Sendable () -> Void)
        case executor(UnownedJob)
    }

    private struct Registration {
        var generation: UInt32
        var handler: (any ReadinessHandler)?
    }

    private enum Lifecycle {
        case running(pthread_t)
        /// `stop` was called: the thread ends by itself, is being joined or was detached.
        case stopped
    }

    private static let maximumEvents = 256
    private static let stackSize = 1 << 20
    /// The event of the wake-up descriptor; others carry descriptor and generation.
    private static let wakeUpData = UInt64.max

    /// The thread's name, such as `kc-kafka-0`.
    public let name: String
    private let epoll: Int32
    private let wakeUp: Int32
    private let inbox = Mutex<[Job]>([])
    /// A wake-up is under way, or the loop is bound to look into the inbox before it waits.
    private let armed = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)
    private let threadID = Atomic<UInt>(0)
    private let lifecycle = Mutex<Lifecycle>(.stopped)

    // Touched by the loop's thread only.
    nonisolated(unsafe) private var timers = TimerHeap<() -> Void>()
    nonisolated(unsafe) private var registrations: [Registration] = []
    nonisolated(unsafe) private var turnEnds: [any TurnEndHandler] = []
    nonisolated(unsafe) private var jobs: [Job] = []
    nonisolated(unsafe) private let events: UnsafeMutablePointer<epoll_event>

    /// Makes a loop and starts its thread, which lives until ``stop()``.
    public init(name: String) throws(SystemError) {
        self.name = name
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError.last("epoll_create1") }
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeUp >= 0 else {
            let error = SystemError.last("eventfd")
            close(epoll)
            throw error
        }
        events = .allocate(capacity: Self.maximumEvents)
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = Self.wakeUpData
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event) == 0 else { throw SystemError.last("epoll_ctl") }
        // The thread holds the loop, so that its descriptors outlive its last turn.
        let thread = try NativeThread.start(name, stackSize: Self.stackSize) { [self] in run() }
        lifecycle.withLock { $0 = .running(thread) }
    }

    deinit {
        close(wakeUp)
        close(epoll)
        events.deallocate()
    }

    // MARK: Any thread

    /// Nanoseconds of CLOCK_MONOTONIC: the time of every deadline.
    public static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Milliseconds since 1970, UTC: for timestamps that leave the process, never for deadlines.
    public static func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Whether the caller runs on this loop.
    public var isCurrent: Bool { threadID.load(ordering: .relaxed) == NativeThread.currentID }

    /// Runs `job` on the loop, after those given before; a job given on the loop itself runs in its next turn. Dropped
    /// where the loop has stopped.
    public func execute(_ job: @escaping @Sendable () -> Void) {
        push(.closure(job))
    }

    /// Takes a job of an actor that lives on this loop.
    public func enqueue(_ job: consuming ExecutorJob) {
        push(.executor(UnownedJob(job)))
    }

    /// Traps unless the caller runs on this loop: what `assumeIsolated` asks.
    public func checkIsolated() {
        precondition(isCurrent, "not on the loop \(name)")
    }

    /// Whether the caller runs on this loop, for the runtime's checks.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Ends the loop: jobs given before still run, timers and registered descriptors are let go without a call.
    ///
    /// Returns when the thread has ended, except on the loop itself, where the thread ends after the turn. A second call
    /// returns at once.
    public func stop() {
        let thread: pthread_t? = lifecycle.withLock { lifecycle in
            guard case .running(let thread) = lifecycle else { return nil }
            lifecycle = .stopped
            return thread
        }
        guard let thread else { return }
        stopping.store(true, ordering: .releasing)
        if isCurrent {
            pthread_detach(thread)
        } else {
            signal()
            pthread_join(thread, nil)
        }
    }

    private func push(_ job: Job) {
        inbox.withLock { $0.append(job) }
        // At most one write a turn: whoever finds the flag set knows that the loop will look into the inbox after the
        // store that clears it, hence after this append.
        if !armed.exchange(true, ordering: .sequentiallyConsistent), !isCurrent { signal() }
    }

    private func signal() {
        var one: UInt64 = 1
        // Fails only where the counter is full, and then the loop is woken anyway.
        _ = write(wakeUp, &one, 8)
    }

    // MARK: The loop only

    /// Calls `job` once at or soon after `deadline` (nanoseconds of ``now()``; the past means the next turn).
    @discardableResult
    public func schedule(at deadline: UInt64, _ job: @escaping () -> Void) -> TimerID {
        checkIsolated()
        return timers.insert(deadline: deadline, job)
    }

    /// When a wait until `deadline` may end that need not end in time: later by a sixteenth of it at most, together with others,
    /// so that hundreds of tasks that idle wake the loop a few times a second. Waits below a second end in time.
    package static func coalesced(_ deadline: UInt64, now: UInt64) -> UInt64 {
        guard deadline < .max, deadline > now, deadline - now >= 1_000_000_000 else { return deadline }
        let shift = UInt64.bitWidth - 1 - ((deadline - now) / 16).leadingZeroBitCount
        let step: UInt64 = 1 << UInt64(shift)
        let (sum, overflow) = deadline.addingReportingOverflow(step - 1)
        return overflow ? deadline : sum & ~(step - 1)
    }

    /// Takes a timer back; one that has fired is ignored.
    public func cancel(_ timer: TimerID) {
        checkIsolated()
        timers.cancel(timer)
    }

    /// Watches `descriptor`, which stays the caller's and must be deregistered before it is closed.
    public func register(
        _ descriptor: Int32, _ interest: Interest, _ handler: any ReadinessHandler
    ) throws(SystemError) {
        checkIsolated()
        guard descriptor >= 0 else { throw SystemError("epoll_ctl", code: EBADF) }
        let index = Int(descriptor)
        while registrations.count <= index { registrations.append(Registration(generation: 0, handler: nil)) }
        let generation = registrations[index].generation &+ 1
        try control(EPOLL_CTL_ADD, descriptor, interest, generation)
        registrations[index] = Registration(generation: generation, handler: handler)
    }

    /// Changes what a registered descriptor is watched for.
    public func modify(_ descriptor: Int32, _ interest: Interest) throws(SystemError) {
        checkIsolated()
        guard registrations.indices.contains(Int(descriptor)), registrations[Int(descriptor)].handler != nil else {
            throw SystemError("epoll_ctl", code: ENOENT)
        }
        try control(EPOLL_CTL_MOD, descriptor, interest, registrations[Int(descriptor)].generation)
    }

    /// Stops watching; no event of this registration is delivered any more, not even one already fetched.
    public func deregister(_ descriptor: Int32) {
        checkIsolated()
        guard registrations.indices.contains(Int(descriptor)), registrations[Int(descriptor)].handler != nil else {
            return
        }
        registrations[Int(descriptor)].handler = nil
        var event = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
    }

    func callAtTurnEnd(_ handler: any TurnEndHandler) {
        checkIsolated()
        turnEnds.append(handler)
    }

    private func control(
        _ operation: Int32, _ descriptor: Int32, _ interest: Interest, _ generation: UInt32
    ) throws(SystemError) {
        var event = epoll_event()
        if interest.contains(.read) { event.events |= EPOLLIN.rawValue }
        if interest.contains(.write) { event.events |= EPOLLOUT.rawValue }
        if interest.contains(.peerEnd) { event.events |= EPOLLRDHUP.rawValue }
        event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        guard epoll_ctl(epoll, operation, descriptor, &event) == 0 else { throw SystemError.last("epoll_ctl") }
    }

    // MARK: The thread

    private func run() {
        threadID.store(NativeThread.currentID, ordering: .relaxed)
        let executor = asUnownedSerialExecutor()
        while !stopping.load(ordering: .acquiring) {
            let count = epoll_wait(epoll, events, Int32(Self.maximumEvents), waitMilliseconds())
            armed.store(false, ordering: .sequentiallyConsistent)
            for index in 0..<Int(max(count, 0)) { deliver(events[index]) }
            fireTimers()
            runJobs(on: executor)
            endTurn()
        }
        // Actors' jobs must not be lost: what was given before `stop` runs, and what those jobs give.
        while inbox.withLock({ !$0.isEmpty }) { runJobs(on: executor) }
        timers = TimerHeap()
        registrations = []
        turnEnds = []
        threadID.store(0, ordering: .relaxed)
    }

    private func waitMilliseconds() -> Int32 {
        if armed.load(ordering: .sequentiallyConsistent) { return 0 }
        guard let deadline = timers.nextDeadline else { return -1 }
        let now = Self.now()
        guard deadline > now else { return 0 }
        // Rounded up: waking before the deadline would spin until it has come.
        let milliseconds = (deadline - now - 1) / 1_000_000 + 1
        return Int32(min(milliseconds, UInt64(Int32.max)))
    }

    private func deliver(_ event: epoll_event) {
        let data = event.data.u64
        if data == Self.wakeUpData {
            var counter: UInt64 = 0
            _ = read(wakeUp, &counter, 8)
            return
        }
        let index = Int(UInt32(truncatingIfNeeded: data))
        // A descriptor closed and reopened earlier in this turn has another generation.
        guard registrations.indices.contains(index), registrations[index].generation == UInt32(data >> 32),
            let handler = registrations[index].handler
        else { return }
        var readiness: Readiness = []
        if event.events & EPOLLIN.rawValue != 0 { readiness.insert(.read) }
        if event.events & EPOLLOUT.rawValue != 0 { readiness.insert(.write) }
        if event.events & EPOLLRDHUP.rawValue != 0 { readiness.insert(.peerEnd) }
        if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.failure) }
        handler.ready(readiness)
    }

    private func fireTimers() {
        guard timers.nextDeadline != nil else { return }
        let mark = timers.mark
        let now = Self.now()
        while let job = timers.popDue(now: now, before: mark) { job() }
    }

    private func runJobs(on executor: UnownedSerialExecutor) {
        inbox.withLock { swap(&$0, &jobs) }
        guard !jobs.isEmpty else { return }
        var running: [Job] = []
        swap(&running, &jobs)
        for job in running {
            switch job {
            case .closure(let body): body()
            case .executor(let job): job.runSynchronously(on: executor)
            }
        }
        running.removeAll(keepingCapacity: true)
        swap(&running, &jobs)
    }

    private func endTurn() {
        // What a handler gives at the end of a turn is for the end of the next one.
        guard !turnEnds.isEmpty else { return }
        var handlers: [any TurnEndHandler] = []
        swap(&handlers, &turnEnds)
        for handler in handlers { handler.turnEnds() }
        handlers.removeAll(keepingCapacity: true)
        if turnEnds.isEmpty {
            swap(&handlers, &turnEnds)
        } else {
            armed.store(true, ordering: .sequentiallyConsistent)
        }
    }
}
