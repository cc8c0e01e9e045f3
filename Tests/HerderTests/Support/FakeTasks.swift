import ConnectModel
import Synchronization
import TaskRuntime

@testable import Herder

/// Tasks that reach their state at once and stop at once, unless they are told to hang. Thread-safe.
final class FakeTasks: TaskStarting {
    struct Run: Sendable {
        let specification: TaskSpecification
        let observer: any TaskObserver
        var isPaused: Bool
        var isStopping = false
        var hasEnded = false
        /// The earliest that it was told when it was stopped.
        var sessionEnds = UInt64.max
        /// How often it was told to tell of its topics again.
        var forgotTopics = 0
    }

    private struct State {
        var runs: [Run] = []
        var refusal: ConnectError?
        var hanging: Set<String> = []
        var overlaps = 0
    }

    private let state = Mutex(State())

    /// From now on tasks are refused.
    func refuse(_ error: ConnectError?) { state.withLock { $0.refusal = error } }
    /// From now on tasks of this connector do not stop by themselves.
    func hang(_ connector: String) { state.withLock { _ = $0.hanging.insert(connector) } }

    var runs: [Run] { state.withLock { $0.runs } }
    var live: [Run] { runs.filter { !$0.hasEnded } }
    /// How often a task was started while another run of it had not ended.
    var overlaps: Int { state.withLock { $0.overlaps } }

    func startTask(
        _ task: TaskSpecification, observer: any TaskObserver
    ) throws(ConnectError) -> any TaskHandle {
        let result = state.withLock { state -> Result<Int, ConnectError> in
            if let refusal = state.refusal { return .failure(refusal) }
            if state.runs.contains(where: { !$0.hasEnded && $0.specification.id == task.id }) { state.overlaps += 1 }
            state.runs.append(Run(specification: task, observer: observer, isPaused: task.startsPaused))
            return .success(state.runs.count - 1)
        }
        let index = try result.get()
        tell(index, task.startsPaused ? .paused : .running)
        return Handle(tasks: self, index: index)
    }

    /// Lets the newest run of a task fail.
    func fail(_ task: TaskID, _ error: ConnectError) {
        guard let index = runs.lastIndex(where: { $0.specification.id == task }) else { return }
        tell(index, .failed, error)
        end(index, .failed)
    }

    /// Ends the newest run of a task as asked.
    func end(_ task: TaskID, _ end: TaskEnd) {
        guard let index = runs.lastIndex(where: { $0.specification.id == task }) else { return }
        self.end(index, end)
    }

    private func tell(_ index: Int, _ reached: InstanceState, _ error: ConnectError? = nil) {
        let run = runs[index]
        run.observer.task(
            run.specification.id, incarnation: run.specification.incarnation, reached: reached, error: error)
    }

    private func end(_ index: Int, _ end: TaskEnd) {
        let run = state.withLock { state in
            state.runs[index].hasEnded = true
            return state.runs[index]
        }
        run.observer.task(run.specification.id, incarnation: run.specification.incarnation, ended: end)
    }

    fileprivate func setPaused(_ index: Int, _ isPaused: Bool) {
        state.withLock { $0.runs[index].isPaused = isPaused }
        tell(index, isPaused ? .paused : .running)
    }

    fileprivate func forgetTopics(_ index: Int) { state.withLock { $0.runs[index].forgotTopics += 1 } }

    fileprivate func stop(_ index: Int, _ sessionEnds: UInt64) {
        let mustEnd = state.withLock { state in
            state.runs[index].sessionEnds = min(state.runs[index].sessionEnds, sessionEnds)
            let first = !state.runs[index].isStopping && !state.runs[index].hasEnded
            state.runs[index].isStopping = true
            return first && !state.hanging.contains(state.runs[index].specification.id.connector)
        }
        if mustEnd { end(index, .stopped) }
    }
}

private final class Handle: TaskHandle {
    private let tasks: FakeTasks
    private let index: Int

    init(tasks: FakeTasks, index: Int) {
        self.tasks = tasks
        self.index = index
    }

    func pause() { tasks.setPaused(index, true) }
    func resume() { tasks.setPaused(index, false) }
    func stop(deadline: UInt64, sessionEnds: UInt64) { tasks.stop(index, sessionEnds) }
    func forgetTopics() { tasks.forgetTopics(index) }
    var activity: String { "poll" }
}
