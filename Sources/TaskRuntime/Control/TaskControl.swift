import ConnectModel
import EventLoop
import Logging
import Synchronization

/// Drives one run of a task: its lane, its timer, its machine, and who is told of it.
///
/// Three domains: the lane runs ``runner`` and asks the machine what to do; any thread may wish; the loop keeps the
/// times. The machine stands under a lock that is held for its transitions only. Reports are given to the loop under that
/// lock, so that they reach the observer in the order of the transitions.
final class TaskControl: TaskHandle {
    typealias MakeRunner = @Sendable (TaskControl) -> any TaskRunner

    private static let log = Logger("connect.task")

    let task: TaskID
    private let incarnation: UInt64
    private let observer: any TaskObserver
    private let loop: EventLoop
    private let lane: Lane
    /// Where the plugin is interrupted: it may hang in that too, and a loop must not.
    private let interruptLane: Lane
    private let machine: Mutex<TaskMachine>
    private let watch = Mutex<(any PluginWatch)?>(nil)
    /// What an abandoned lane cannot do itself any more; nil once that is done.
    private let closers = Mutex<[@Sendable () -> Void]?>([])
    private let isStepQueued = Atomic<Bool>(false)
    private let hasForgottenTopics = Atomic<Bool>(false)
    /// Something else may be wanted than what the step under way was given.
    private let isOverruled = Atomic<Bool>(false)
    /// A `poll` is under way, or about to be.
    private let isPolling = Atomic<Bool>(false)
    private let timer = Mutex<WakeTimer?>(nil)
    private let makeRunner: MakeRunner
    private let isSource: Bool
    /// Touched on the lane only.
    nonisolated(unsafe) private var runner: (any TaskRunner)?

    init(
        _ specification: TaskSpecification, observer: any TaskObserver, loop: EventLoop, lane: Lane,
        interruptLane: Lane, makeRunner: @escaping MakeRunner
    ) {
        task = specification.id
        incarnation = specification.incarnation
        isSource = specification.kind == .source
        self.observer = observer
        self.loop = loop
        self.lane = lane
        self.interruptLane = interruptLane
        self.makeRunner = makeRunner
        machine = Mutex(TaskMachine(startsPaused: specification.startsPaused))
    }

    /// Begins. Once.
    func launch() {
        let wakeTimer = WakeTimer(loop: loop) { [weak self] in self?.wake() }
        timer.withLock { $0 = wakeTimer }
        wake()
    }

    /// Whether the task is over for everybody else: what a late call of the plugin brought is let go unread.
    var hasEnded: Bool { machine.withLock { $0.hasEnded } }

    /// Why a step ends before its turns are used up: the task was given up, or something else may be wanted. Nil where it
    /// goes on. To be asked before every call of the plugin that may take long, since it may have been asked to stop.
    var interruption: Pace? {
        guard isOverruled.load(ordering: .relaxed) else { return nil }
        return hasEnded ? .woken : .again
    }

    /// Whether the task shall go on.
    var isWanted: Bool { machine.withLock { $0.isWanted } }

    // MARK: Any thread

    func pause() { change { $0.wish(paused: true) } }

    func resume() { change { $0.wish(paused: false) } }

    func stop(deadline: UInt64, sessionEnds: UInt64) {
        change { $0.stop(deadline: deadline, sessionEnds: sessionEnds, now: EventLoop.now()) }
    }

    /// Ends the task with an error that came from outside of a step.
    func fail(_ error: ConnectError) {
        var isTold = false
        change { machine in
            let actions = machine.failed(error)
            isTold = !actions.isEmpty
            return actions
        }
        // Whoever observes the task logs what it is told.
        guard !isTold else { return }
        Self.log.error(
            "The task failed while it ended: \(error.message)",
            [.connector(task.connector), .task(task.description), .errorCode(error.code.rawValue)])
    }

    var activity: String {
        watch.withLock { $0 }?.callUnderWay ?? machine.withLock { $0.stage }
    }

    /// Has a `poll` that is under way return: it may wait for ever in good order, while other calls are given their time.
    func interruptPoll() {
        guard let plugin = watch.withLock({ $0 }), isPolling.load(ordering: .sequentiallyConsistent) else { return }
        interruptLane.submit { [self] in
            // By now the plugin may be in its `commit` or `stop`.
            if isPolling.load(ordering: .acquiring) { plugin.interrupt() }
        }
    }

    /// Has the lane take a step soon; any number of calls until then make one step.
    func wake() {
        guard !isStepQueued.exchange(true, ordering: .acquiringAndReleasing) else { return }
        lane.submit { [self] in
            isStepQueued.store(false, ordering: .releasing)
            step()
        }
    }

    func forgetTopics() { hasForgottenTopics.store(true, ordering: .relaxed) }

    /// Whether topics that were told are to be told again. True once for each time.
    func takeForgottenTopics() -> Bool {
        // A load alone for each turn.
        hasForgottenTopics.load(ordering: .relaxed) && hasForgottenTopics.exchange(false, ordering: .relaxed)
    }

    /// The task used a topic for the first time, or for the first time since topics were forgotten.
    func uses(topic: String) { observer.task(task, usesTopic: topic) }

    // MARK: The lane

    /// Makes a `poll`, unless something else is wanted than records.
    ///
    /// A stop sets its flag and then looks for a poll; here it is the other way round. So one of them sees the other, and no
    /// poll that nobody interrupts begins after a stop.
    ///
    /// - Returns: nil without a call.
    @inline(__always)
    func polling<Answer>(_ poll: () -> Answer) -> Answer? {
        isPolling.store(true, ordering: .sequentiallyConsistent)
        defer { isPolling.store(false, ordering: .releasing) }
        guard !isOverruled.load(ordering: .sequentiallyConsistent) else { return nil }
        return poll()
    }

    /// From now on the plugin's call under way can be named and interrupted.
    func watch(_ plugin: (any PluginWatch)?) { watch.withLock { $0 = plugin } }

    /// Has this done when the task is abandoned; at once where it has been.
    func whenAbandoned(_ close: @escaping @Sendable () -> Void) {
        let isLate = closers.withLock { closers in
            closers?.append(close)
            return closers == nil
        }
        if isLate { close() }
    }

    private func closeAll() {
        let all = closers.withLock { closers in
            defer { closers = nil }
            return closers
        }
        for close in all ?? [] { close() }
    }

    private func step() {
        var directive = TaskMachine.Directive.wait
        // What is wished from here on is either in the directive or sets this again.
        isOverruled.store(false, ordering: .sequentiallyConsistent)
        change { machine in
            let (next, actions) = machine.directive()
            directive = next
            return actions
        }
        do throws(ConnectError) {
            switch directive {
            case .wait:
                return
            case .start:
                let runner = makeRunner(self)
                self.runner = runner
                try letGoIfLate(runner) { (runner) throws(ConnectError) in try runner.start() }
                change { $0.started() }
            case .run, .rest:
                guard let runner else { return }
                follow(
                    try letGoIfLate(runner) { (runner) throws(ConnectError) in
                        try runner.step(isPaused: directive == .rest)
                    })
            case .finish:
                finish()
            }
        } catch {
            fail(error)
        }
    }

    /// A call of the plugin may return, or fail, when the task was abandoned long ago: no step follows then.
    private func letGoIfLate<Result>(
        _ runner: any TaskRunner, _ body: (any TaskRunner) throws(ConnectError) -> Result
    ) throws(ConnectError) -> Result {
        defer { if hasEnded { _ = runner.letGo() } }
        return try body(runner)
    }

    private func finish() {
        let pace = runner?.finish(limit: machine.withLock { $0.stopLimit }) ?? .done
        guard pace == .done else { return follow(pace) }
        runner = nil
        watch(nil)
        timer.withLock { $0 }?.clear()
        closers.withLock { $0?.removeAll() }
        change { $0.finished() }
    }

    private func follow(_ pace: Pace) {
        switch pace {
        case .again: wake()
        case .until(let deadline): timer.withLock { $0 }?.set(deadline)
        case .woken, .done: break
        }
    }

    // MARK: Transitions

    private func change(_ event: (inout TaskMachine) -> [TaskMachine.Action]) {
        let actions = machine.withLock { machine in
            let actions = event(&machine)
            for action in actions { report(action) }
            return actions
        }
        for action in actions { perform(action) }
    }

    private func report(_ action: TaskMachine.Action) {
        switch action {
        case .tell(let state, let error):
            loop.execute { [observer, task, incarnation] in
                observer.task(task, incarnation: incarnation, reached: state, error: error)
            }
        case .end(let end):
            loop.execute { [observer, task, incarnation] in
                observer.task(task, incarnation: incarnation, ended: end)
            }
        case .wake, .interrupt, .watch, .abandonLane:
            break
        }
    }

    private func perform(_ action: TaskMachine.Action) {
        switch action {
        case .tell, .end:
            break
        case .wake:
            isOverruled.store(true, ordering: .sequentiallyConsistent)
            wake()
        case .interrupt:
            interruptPoll()
        case .watch(let deadline):
            loop.execute { [self] in
                loop.schedule(at: deadline) { [self] in endPatience() }
                let now = EventLoop.now()
                guard deadline > now else { return }
                loop.schedule(at: now + (deadline - now) / 2) { [self] in interruptLateCall() }
            }
        case .abandonLane(let call):
            isOverruled.store(true, ordering: .sequentiallyConsistent)
            Self.log.error(
                "A call of the plugin did not return in time; the task is abandoned with its thread",
                [
                    .connector(task.connector), .task(task.description),
                    .errorCode(ErrorCode.taskHung.rawValue), LogField("call", call),
                ])
            // Another run of the task may begin as soon as this one's end is told: nothing of it goes on.
            closeAll()
            lane.abandon()
        }
    }

    private func interruptLateCall() {
        guard machine.withLock({ !$0.hasEnded }), let plugin = watch.withLock({ $0 }), plugin.callUnderWay != nil
        else { return }
        interruptLane.submit { plugin.interrupt() }
    }

    private func endPatience() {
        let call = activity
        change { $0.patienceEnded(call: call, now: EventLoop.now()) }
    }
}
