import ClusterCore
import ConnectModel
import Testing

private let broken = ConnectError(.taskFailed, "disk on fire")

@Suite struct TaskSetLifecycleTests {
    /// Two tasks that run as 1 and 2, of generation 1.
    private func running() -> TaskSetLifecycle {
        var tasks = TaskSetLifecycle("orders", firstIncarnation: 1)
        _ = tasks.want(count: 2, generation: 1)
        for number in [Int32(0), 1] {
            _ = tasks.started(number, incarnation: UInt64(number) + 1)
            _ = tasks.reached(number, incarnation: UInt64(number) + 1, .running, nil)
        }
        return tasks
    }

    @Test func `a generation is started and told`() {
        var tasks = TaskSetLifecycle("orders", firstIncarnation: 1)
        #expect(
            tasks.want(count: 2, generation: 1) == [
                .start(0, incarnation: 1, isPaused: false), .start(1, incarnation: 2, isPaused: false), .settled,
            ])
        #expect(tasks.started(0, incarnation: 1) == [])
        #expect(tasks.reached(0, incarnation: 1, .running, nil) == [.status(0, .running, nil)])
        #expect(tasks.want(count: 2, generation: 1) == [], "nothing new")
    }

    @Test func `no task of a new generation starts before all of the old one have ended`() {
        var tasks = running()
        #expect(tasks.want(count: 1, generation: 2) == [.stop(0, incarnation: 1), .stop(1, incarnation: 2)])
        #expect(tasks.ended(0, incarnation: 1, .stopped) == [.status(0, .unassigned, nil)])
        #expect(!tasks.isSettled)
        #expect(tasks.want(count: 1, generation: 3) == [], "a newer one takes its place")
        #expect(
            tasks.ended(1, incarnation: 2, .stopped) == [
                .status(1, .unassigned, nil), .removeStatus(1), .start(0, incarnation: 3, isPaused: false), .settled,
            ])
        #expect(tasks.isSettled)
    }

    @Test func `no tasks leave no status`() {
        var tasks = running()
        _ = tasks.want(count: 0, generation: 2)
        _ = tasks.ended(0, incarnation: 1, .stopped)
        #expect(
            tasks.ended(1, incarnation: 2, .stopped) == [
                .status(1, .unassigned, nil), .removeStatus(0), .removeStatus(1), .settled,
            ])
    }

    @Test func `pause and resume reach those that run, and new ones start paused`() {
        var tasks = running()
        #expect(tasks.pause(true) == [.pause(0, incarnation: 1), .pause(1, incarnation: 2)])
        #expect(tasks.pause(true) == [])
        #expect(tasks.reached(0, incarnation: 1, .paused, nil) == [.status(0, .paused, nil)])
        _ = tasks.reached(1, incarnation: 2, .failed, broken)
        _ = tasks.ended(1, incarnation: 2, .failed)
        _ = tasks.restart([1])
        #expect(tasks.incarnation(of: 1) == 3)
        #expect(tasks.pause(false) == [.resume(0, incarnation: 1), .resume(1, incarnation: 3)])
    }

    @Test func `a failed task stays so until it is restarted`() {
        var tasks = running()
        #expect(tasks.reached(1, incarnation: 2, .failed, broken) == [.status(1, .failed, broken)])
        #expect(tasks.ended(1, incarnation: 2, .failed) == [])
        #expect(tasks.pause(true) == [.pause(0, incarnation: 1)])
        #expect(
            tasks.restart([1]) == [
                .status(1, .restarting, nil), .start(1, incarnation: 3, isPaused: true), .settled,
            ])
        #expect(tasks.started(1, incarnation: 3) == [.restarted(1, nil)])
    }

    @Test func `an end with an untold error is a failure all the same`() {
        var tasks = running()
        let actions = tasks.ended(0, incarnation: 1, .failed)
        guard case .status(0, .failed, .some)? = actions.first else { return unexpected(actions) }
    }

    @Test func `a restart of a running task waits for its end`() {
        var tasks = running()
        #expect(tasks.restart([0, 7]) == [.stop(0, incarnation: 1)])
        #expect(!tasks.isSettled)
        #expect(tasks.reached(0, incarnation: 1, .running, nil) == [], "a late word of the old run")
        #expect(
            tasks.ended(0, incarnation: 1, .stopped) == [
                .status(0, .restarting, nil), .start(0, incarnation: 3, isPaused: false), .settled,
            ])
        #expect(tasks.started(0, incarnation: 3) == [.restarted(0, nil)])
        #expect(tasks.ended(0, incarnation: 1, .stopped) == [], "an old run")
    }

    @Test func `a start that is refused fails the task and its restart`() {
        var tasks = running()
        _ = tasks.restart([0])
        _ = tasks.ended(0, incarnation: 1, .stopped)
        #expect(
            tasks.refused(0, incarnation: 3, broken) == [.status(0, .failed, broken), .restarted(0, broken)])
        #expect(tasks.incarnation(of: 0) == nil)
    }

    @Test func `a restart that a new generation overtakes is answered`() {
        var tasks = running()
        _ = tasks.restart([0, 1])
        _ = tasks.want(count: 1, generation: 2)
        _ = tasks.ended(0, incarnation: 1, .stopped)
        let actions = tasks.ended(1, incarnation: 2, .stopped)
        let gone = ConnectError(.taskUnknown, "Task orders-1 not found")
        #expect(actions.contains(.restarted(0, nil)) && actions.contains(.restarted(1, gone)))
        #expect(actions.suffix(2) == [.start(0, incarnation: 3, isPaused: false), .settled])
    }

    @Test func `a task that hangs when it is restarted is counted, left behind, and runs anew`() {
        var tasks = running()
        #expect(tasks.restart([0]) == [.stop(0, incarnation: 1)])
        let actions = tasks.ended(0, incarnation: 1, .abandoned(call: "poll"))
        #expect(
            actions.prefix(2) == [.status(0, .restarting, nil), .start(0, incarnation: 3, isPaused: false)])
        #expect(tasks.abandonedCalls.count == 1)
    }

    @Test func `a task that hangs in its stop does not hold up the next generation`() {
        var tasks = running()
        _ = tasks.want(count: 1, generation: 2)
        #expect(tasks.ended(0, incarnation: 1, .abandoned(call: "stop")) == [], "it writes nothing any more")
        #expect(
            tasks.ended(1, incarnation: 2, .stopped).suffix(2) == [
                .start(0, incarnation: 3, isPaused: false), .settled,
            ])
    }

    @Test func `after eight abandoned calls tasks are refused`() {
        var tasks = running()
        for _ in 0..<AbandonedCalls.limit { tasks.abandonedCalls.add() }
        _ = tasks.reached(0, incarnation: 1, .failed, broken)
        _ = tasks.ended(0, incarnation: 1, .failed)
        let actions = tasks.restart([0])
        guard case .restarted(0, let error?)? = actions.dropFirst(2).first else {
            return unexpected(actions)
        }
        #expect(error.code == .tooManyAbandoned)
    }

    @Test(arguments: [(ConnectorLifecycle.End.removed, false), (.unassigned, true)])
    func `the end stops all, and failed ones stay failed`(end: ConnectorLifecycle.End, hasStatus: Bool) {
        var tasks = running()
        _ = tasks.reached(1, incarnation: 2, .failed, broken)
        _ = tasks.ended(1, incarnation: 2, .failed)
        #expect(tasks.end(end) == [.stop(0, incarnation: 1)])
        #expect(
            tasks.ended(0, incarnation: 1, .stopped) == (hasStatus ? [.status(0, .unassigned, nil)] : []) + [.ended])
        #expect(tasks.want(count: 3, generation: 9) == [])
        #expect(tasks.restart([0]) == [])
    }

    @Test func `an error while stopping is told`() {
        var tasks = running()
        _ = tasks.want(count: 0, generation: 2)
        #expect(tasks.reached(0, incarnation: 1, .failed, broken) == [.status(0, .failed, broken)])
        #expect(tasks.ended(0, incarnation: 1, .failed) == [])
    }
}
