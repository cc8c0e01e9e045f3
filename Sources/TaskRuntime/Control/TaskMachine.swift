import ConnectModel

/// The life of one run of a task, from its launch to its end. Pure: events in, actions out.
///
/// The lane asks for a ``Directive`` at every step and reports what it did; the herder wishes; the clock ends the
/// patience with a plugin that does not return.
struct TaskMachine {
    private enum State: Equatable {
        /// Not started. Entered at launch; left by the lane, which starts or (after a stop) finishes it.
        case idle
        /// The plugin is being made and started. Left by its success or failure.
        case starting
        /// Started; left by a failure or a stop.
        case active(isPaused: Bool)
        /// Commits what can be and takes everything down. Left when that is done.
        case finishing(hasFailed: Bool)
        /// Over: nothing leads out, and nothing more is told.
        case ended(TaskEnd)
    }

    /// What the lane does in this step.
    enum Directive: Equatable {
        /// Nothing, until it is woken.
        case wait
        /// Make and start the plugin's task, then report ``TaskMachine/started()`` or ``TaskMachine/failed(_:)``.
        case start
        /// Move records.
        case run
        /// Move none, but commit what is under way.
        case rest
        /// Take it down, then report ``TaskMachine/finished()``.
        case finish
    }

    /// What the driver does next, in order.
    enum Action: Equatable {
        case tell(InstanceState, ConnectError?)
        case end(TaskEnd)
        /// Have the lane ask for a directive.
        case wake
        /// Make a `poll` that blocks return.
        case interrupt
        /// Call ``TaskMachine/patienceEnded(call:)`` at this time.
        case watch(until: UInt64)
        /// Give the lane up with this call, which never returned.
        case abandonLane(call: String)
    }

    private var state = State.idle
    private var isPauseWanted: Bool
    private var hasToldPaused = false
    /// Until when it has to be down; nil while nobody asked for that.
    private var stopDeadline: UInt64?
    /// Beyond which it waits for nothing but the plugin's own stop; nil while nobody asked it to stop.
    private(set) var stopLimit: UInt64?
    /// The longest part of the time to stop that is kept for taking the plugin down, in nanoseconds.
    private static let longestReserve: UInt64 = 500_000_000

    /// - Parameter startsPaused: it is told to be paused, and the plugin is not started before the first resume.
    init(startsPaused: Bool) {
        isPauseWanted = startsPaused
    }

    /// Whether it has ended, in whatever way.
    var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }

    /// Whether nobody has wished it to end, and it has not.
    var isWanted: Bool { stopDeadline == nil && !hasEnded }

    /// What it is doing, for the texts of status and log.
    var stage: String {
        switch state {
        case .idle: "waiting to start"
        case .starting: "start"
        case .active(isPaused: true): "pause"
        case .active(isPaused: false): "run"
        case .finishing: "stop"
        case .ended: "end"
        }
    }

    // MARK: The lane

    /// What to do now.
    mutating func directive() -> (Directive, [Action]) {
        switch state {
        case .idle:
            if stopDeadline != nil {
                state = .finishing(hasFailed: false)
                return (.finish, [])
            }
            guard isPauseWanted else {
                state = .starting
                return (.start, [])
            }
            defer { hasToldPaused = true }
            return (.wait, hasToldPaused ? [] : [.tell(.paused, nil)])
        case .starting:
            return (.wait, [])
        case .active(let isPaused):
            if stopDeadline != nil {
                state = .finishing(hasFailed: false)
                return (.finish, [])
            }
            guard isPaused != isPauseWanted else { return (isPaused ? .rest : .run, []) }
            state = .active(isPaused: isPauseWanted)
            return isPauseWanted ? (.rest, [.tell(.paused, nil)]) : (.run, [.tell(.running, nil)])
        case .finishing:
            return (.finish, [])
        case .ended:
            return (.wait, [])
        }
    }

    /// The plugin's task is started.
    mutating func started() -> [Action] {
        guard state == .starting else { return [] }
        state = .active(isPaused: false)
        return [.tell(.running, nil), .wake]
    }

    /// Something failed that ends the task. What fails while it is being taken down changes nothing.
    mutating func failed(_ error: ConnectError) -> [Action] {
        switch state {
        case .starting where error.code == .workerStopping && stopDeadline != nil:
            state = .finishing(hasFailed: false)
            return [.wake]
        case .idle, .starting, .active:
            state = .finishing(hasFailed: true)
            return [.tell(.failed, error), .wake]
        case .finishing, .ended:
            return []
        }
    }

    /// Everything is taken down.
    mutating func finished() -> [Action] {
        guard case .finishing(let hasFailed) = state else { return [] }
        let end: TaskEnd = hasFailed ? .failed : .stopped
        state = .ended(end)
        return [.end(end)]
    }

    // MARK: Wishes

    /// Whether it shall be paused.
    mutating func wish(paused: Bool) -> [Action] {
        guard paused != isPauseWanted else { return [] }
        isPauseWanted = paused
        return hasEnded ? [] : [.wake]
    }

    /// It shall end, by `deadline` (monotonic nanoseconds) at the latest. A second wish can only shorten that.
    ///
    /// - Parameter sessionEnds: from when on another worker may run it.
    mutating func stop(deadline: UInt64, sessionEnds: UInt64 = .max, now: UInt64) -> [Action] {
        if hasEnded { return [] }
        let quiet = min(deadline, sessionEnds)
        let limit = quiet > now ? quiet - min((quiet - now) / 4, Self.longestReserve) : quiet
        let isShorter = limit < stopLimit ?? .max
        if isShorter { stopLimit = limit }
        if let earlier = stopDeadline, earlier <= deadline { return isShorter ? [.wake] : [] }
        stopDeadline = deadline
        return [.wake, .interrupt, .watch(until: deadline)]
    }

    /// The time of a ``Action/watch(until:)`` has come.
    ///
    /// - Parameter call: the call that the lane is in.
    mutating func patienceEnded(call: String, now: UInt64) -> [Action] {
        guard !hasEnded, let stopDeadline, stopDeadline <= now else { return [] }
        let end = TaskEnd.abandoned(call: call)
        state = .ended(end)
        return [.abandonLane(call: call), .end(end)]
    }
}
