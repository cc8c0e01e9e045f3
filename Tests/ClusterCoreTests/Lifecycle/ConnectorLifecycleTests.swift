import ClusterCore
import ConnectModel
import Testing

private let broken = ConnectError(.pluginFailed, "no such table")
private let busy = ConnectError(.pluginRetriable, "try later")
private let seconds: UInt64 = 1_000_000_000

/// Each story moves one connector by hand; times are given where they matter.
@Suite struct ConnectorLifecycleTests {
    /// A connector that runs as instance 1 with configuration 1 and has given its task configurations.
    private func running() -> ConnectorLifecycle {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        _ = life.started(instance: 1, error: nil, now: 0)
        _ = life.gaveTaskConfigs(instance: 1, .success([]), now: 0)
        return life
    }

    @Test func `a new connector is started, asked for tasks, and then settled`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        #expect(life.want(.started, configuration: 1, now: 0) == [.start(instance: 1)])
        #expect(life.callUnderWay == .start)
        #expect(
            life.started(instance: 1, error: nil, now: 0) == [.status(.running, nil), .askTaskConfigs(instance: 1)])
        #expect(!life.isSettled)
        let config = ConfigMap([("a", "b")])
        #expect(
            life.gaveTaskConfigs(instance: 1, .success([config]), now: 0) == [
                .publish([config]), .settled(revision: 1, nil),
            ])
        #expect(life.isSettled)
    }

    @Test(arguments: [(TargetState.paused, InstanceState.paused), (.stopped, .stopped)])
    func `one that is not to run makes no instance`(target: TargetState, state: InstanceState) {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        #expect(
            life.want(target, configuration: 1, now: 0) == [.status(state, nil), .settled(revision: 1, nil)])
        #expect(life.want(target, configuration: 2, now: 0) == [.settled(revision: 2, nil)])
        #expect(life.want(.started, configuration: 2, now: 0) == [.start(instance: 1)])
    }

    @Test func `a start error fails it until it gets another configuration`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        #expect(
            life.started(instance: 1, error: broken, now: 0) == [
                .status(.failed, broken), .settled(revision: 1, broken),
            ])
        #expect(life.want(.started, configuration: 1, now: 0) == [.settled(revision: 2, broken)])
        #expect(life.want(.paused, configuration: 1, now: 0) == [.settled(revision: 3, broken)], "it stays failed")
        #expect(life.want(.started, configuration: 2, now: 0) == [.start(instance: 2)])
    }

    @Test func `a failed one can be restarted and stopped`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        _ = life.started(instance: 1, error: broken, now: 0)
        #expect(life.restart(now: 0) == [.status(.restarting, nil), .start(instance: 2)])
        _ = life.started(instance: 2, error: broken, now: 0)
        #expect(
            life.want(.stopped, configuration: 1, now: 0) == [.status(.stopped, nil), .settled(revision: 3, nil)])
    }

    @Test func `pause and stop end the instance and resume makes another`() {
        var life = running()
        let stop = life.want(.paused, configuration: 1, now: 0)
        #expect(stop.first == .stop(instance: 1))
        #expect(
            life.stopped(instance: 1, now: 0) == [.status(.paused, nil), .settled(revision: 2, nil)])
        #expect(
            life.want(.stopped, configuration: 1, now: 0) == [.status(.stopped, nil), .settled(revision: 3, nil)])
        #expect(life.want(.started, configuration: 1, now: 0) == [.start(instance: 2)])
    }

    @Test func `a changed configuration reaches the running instance`() {
        var life = running()
        #expect(life.want(.started, configuration: 2, now: 0) == [.reconfigure(instance: 1)])
        #expect(life.reconfigured(instance: 1, .success(true), now: 0) == [.askTaskConfigs(instance: 1)])
        #expect(
            life.gaveTaskConfigs(instance: 1, .success([]), now: 0) == [.publish([]), .settled(revision: 2, nil)])
    }

    @Test func `one that cannot be reconfigured is stopped and started`() {
        var life = running()
        _ = life.want(.started, configuration: 2, now: 0)
        #expect(life.reconfigured(instance: 1, .success(false), now: 0).first == .stop(instance: 1))
        #expect(
            life.stopped(instance: 1, now: 0) == [.status(.unassigned, nil), .start(instance: 2)])
    }

    @Test func `an error of reconfigure fails it, and the next configuration starts anew`() {
        var life = running()
        _ = life.want(.started, configuration: 2, now: 0)
        #expect(
            life.reconfigured(instance: 1, .failure(broken), now: 0) == [
                .status(.failed, broken), .settled(revision: 2, broken),
            ])
        #expect(life.want(.started, configuration: 3, now: 0).first == .stop(instance: 1))
    }

    @Test func `configurations that come during a start are taken up together`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        for number in 2...1000 {
            let actions = life.want(.started, configuration: UInt64(number), now: 0)
            #expect(actions.allSatisfy { if case .wakeUp = $0 { true } else { false } })
        }
        // It is up, and may take the newest over as it is: nothing else would tell of it.
        #expect(
            life.started(instance: 1, error: nil, now: 0) == [.status(.running, nil), .reconfigure(instance: 1)])
        #expect(life.reconfigured(instance: 1, .success(true), now: 0) == [.askTaskConfigs(instance: 1)])
        #expect(
            life.gaveTaskConfigs(instance: 1, .success([]), now: 0) == [.publish([]), .settled(revision: 1000, nil)])
    }

    @Test func `task configurations of an old configuration are never published`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        _ = life.started(instance: 1, error: nil, now: 0)
        _ = life.want(.started, configuration: 2, now: 0)
        #expect(
            life.gaveTaskConfigs(instance: 1, .success([ConfigMap()]), now: 0) == [.reconfigure(instance: 1)])
    }

    @Test func `a failed start of an old configuration says nothing`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        _ = life.want(.started, configuration: 2, now: 0)
        #expect(life.started(instance: 1, error: broken, now: 0) == [.start(instance: 2)])
    }

    @Test func `restart stops and starts again`() {
        var life = running()
        #expect(life.restart(now: 0).first == .stop(instance: 1))
        #expect(life.stopped(instance: 1, now: 0) == [.status(.restarting, nil), .start(instance: 2)])
    }

    @Test func `task configurations that could not be had are asked again with growing waits`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        _ = life.started(instance: 1, error: nil, now: 0)
        var now: UInt64 = 0
        var waits: [UInt64] = []
        for attempt in 0..<12 {
            let actions = life.gaveTaskConfigs(instance: 1, .failure(busy), now: now)
            guard case .wakeUp(instance: 1, let at) = actions.first else { return unexpected(actions) }
            #expect(actions.dropFirst() == (attempt == 0 ? [.settled(revision: 1, busy)] : []), "told once")
            waits.append((at - now) / 1_000_000)
            #expect(life.timeIsUp(instance: 1, now: at - 1) == [])
            #expect(life.timeIsUp(instance: 1, now: at) == [.askTaskConfigs(instance: 1)])
            now = at
        }
        #expect(waits == [250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000, 60000])
        #expect(life.gaveTaskConfigs(instance: 1, .success([]), now: now) == [.publish([])])
    }

    @Test func `task configurations are not asked for before the connector wants that`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        _ = life.started(instance: 1, error: nil, now: 0)
        let slow = ConnectError(.pluginRetriable, "tables are not listed yet", retryAfter: 3 * seconds)
        let actions = life.gaveTaskConfigs(instance: 1, .failure(slow), now: 0)
        #expect(actions.first == .wakeUp(instance: 1, at: 3 * seconds))
        #expect(life.timeIsUp(instance: 1, now: 3 * seconds - 1) == [])
        #expect(life.timeIsUp(instance: 1, now: 3 * seconds) == [.askTaskConfigs(instance: 1)])
    }

    @Test func `task configurations that cannot be had fail the connector`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        _ = life.started(instance: 1, error: nil, now: 0)
        #expect(
            life.gaveTaskConfigs(instance: 1, .failure(broken), now: 0) == [
                .status(.failed, broken), .settled(revision: 1, broken),
            ])
        #expect(life.timeIsUp(instance: 1, now: 100 * seconds) == [], "no retry")
        #expect(life.restart(now: 0).first == .stop(instance: 1))
    }

    @Test func `a wish for other tasks is not lost while it is asked`() {
        var life = running()
        #expect(life.requestTaskConfigs(now: 0) == [.askTaskConfigs(instance: 1)])
        #expect(life.requestTaskConfigs(now: 0) == [])
        #expect(
            life.gaveTaskConfigs(instance: 1, .success([]), now: 0) == [.publish([]), .askTaskConfigs(instance: 1)])
        #expect(life.gaveTaskConfigs(instance: 1, .success([]), now: 0) == [.publish([])])
        #expect(life.requestTaskConfigs(instance: 7, now: 5 * seconds) == [], "not of another instance")
    }

    @Test func `a connector that wants its tasks asked for again and again gets that once a second`() {
        var life = running()
        #expect(
            life.requestTaskConfigs(instance: 1, now: seconds) == [.askTaskConfigs(instance: 1)],
            "at once, where it has been quiet for a second")
        // Within the call, as a connector does that spins.
        for round in 1...3 {
            let now = UInt64(round) * seconds
            #expect(life.requestTaskConfigs(instance: 1, now: now) == [])
            let wakeUp = ConnectorLifecycle.Action.wakeUp(instance: 1, at: now + seconds)
            #expect(life.gaveTaskConfigs(instance: 1, .success([]), now: now) == [.publish([]), wakeUp])
            #expect(life.timeIsUp(instance: 1, now: now + seconds - 1) == [wakeUp])
            #expect(life.timeIsUp(instance: 1, now: now + seconds) == [.askTaskConfigs(instance: 1)])
        }
    }

    @Test func `a wish of the worker's does not wait for the connector's pause`() {
        var life = running()
        #expect(life.requestTaskConfigs(instance: 1, now: 1) == [.wakeUp(instance: 1, at: seconds)])
        #expect(life.requestTaskConfigs(now: 2) == [.askTaskConfigs(instance: 1)])
        #expect(life.gaveTaskConfigs(instance: 1, .success([]), now: 3) == [.publish([])], "both are met")
        _ = life.requestTaskConfigs(instance: 1, now: 4)
        #expect(life.want(.started, configuration: 2, now: 5) == [.reconfigure(instance: 1)])
        #expect(life.reconfigured(instance: 1, .success(true), now: 6) == [.askTaskConfigs(instance: 1)])
    }

    @Test func `a connector cannot spin through attempts that fail either`() {
        var life = running()
        _ = life.requestTaskConfigs(now: 0)
        var now: UInt64 = 0
        var asked = 0
        // The wait grows to 60 seconds; each wish cuts it to one.
        for _ in 0..<12 {
            let failed = life.gaveTaskConfigs(instance: 1, .failure(busy), now: now)
            guard case .wakeUp(instance: 1, let planned)? = failed.first else { return unexpected(failed) }
            let at = min(planned, now + seconds)
            #expect(life.requestTaskConfigs(instance: 1, now: now + 1) == [.wakeUp(instance: 1, at: at)])
            #expect(life.timeIsUp(instance: 1, now: at) == [.askTaskConfigs(instance: 1)])
            now = at
            asked += 1
        }
        #expect(now >= 10 * seconds && asked == 12)
    }

    @Test func `an error outside of a call fails it while it goes on`() {
        var life = running()
        #expect(life.raised(broken, instance: 1, now: 0) == [.status(.failed, broken)])
        #expect(life.requestTaskConfigs(instance: 1, now: 0) == [])
        #expect(life.want(.paused, configuration: 1, now: 0).first == .stop(instance: 1))
        #expect(life.stopped(instance: 1, now: 0) == [.settled(revision: 2, broken)], "it stays failed")
        #expect(
            life.want(.stopped, configuration: 1, now: 0) == [.status(.stopped, nil), .settled(revision: 3, nil)])
        #expect(life.raised(broken, instance: 1, now: 0) == [], "an instance that is gone")
    }

    @Test func `an error raised during the start is not covered by RUNNING`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        #expect(life.raised(broken, instance: 1, now: 0) == [.status(.failed, broken)])
        #expect(life.started(instance: 1, error: nil, now: 0) == [.settled(revision: 1, broken)])
    }

    @Test(arguments: [(ConnectorLifecycle.End.removed, false), (.unassigned, true)])
    func `the end stops it, and only an unassigned one has a status`(end: ConnectorLifecycle.End, hasStatus: Bool) {
        var life = running()
        #expect(life.end(end, now: 0).first == .stop(instance: 1))
        #expect(
            life.stopped(instance: 1, now: 0)
                == (hasStatus ? [.status(.unassigned, nil)] : []) + [.settled(revision: 2, nil), .ended])
        #expect(life.want(.started, configuration: 2, now: 0) == [])
        #expect(life.restart(now: 0) == [])
        #expect(life.end(end, now: 0) == [])
    }

    @Test func `a start that hangs is interrupted, abandoned, and gone`() {
        var life = ConnectorLifecycle("orders", firstInstance: 1)
        _ = life.want(.started, configuration: 1, now: 0)
        #expect(life.timeIsUp(instance: 1, now: 100 * seconds) == [], "it is in nobody's way")
        #expect(
            life.end(.removed, now: 100 * seconds) == [.wakeUp(instance: 1, at: 100 * seconds + seconds / 2)])
        #expect(
            life.timeIsUp(instance: 1, now: 100 * seconds + seconds / 2) == [
                .interrupt(instance: 1), .wakeUp(instance: 1, at: 105 * seconds),
            ])
        #expect(
            life.timeIsUp(instance: 1, now: 105 * seconds) == [
                .abandon(instance: 1, call: .start), .settled(revision: 2, nil), .ended,
            ])
        #expect(life.abandonedCalls.count == 1)
        #expect(life.started(instance: 1, error: nil, now: 0) == [], "what it returns later is nobody's")
    }

    @Test func `a hung stop gives way to the next instance`() {
        var life = running()
        #expect(life.restart(now: 0) == [.stop(instance: 1), .wakeUp(instance: 1, at: 4 * seconds)])
        #expect(
            life.timeIsUp(instance: 1, now: 4 * seconds) == [
                .interrupt(instance: 1), .wakeUp(instance: 1, at: 5 * seconds),
            ])
        #expect(
            life.timeIsUp(instance: 1, now: 5 * seconds) == [
                .abandon(instance: 1, call: .stop), .status(.restarting, nil), .start(instance: 2),
            ])
        #expect(life.stopped(instance: 1, now: 0) == [])
    }

    @Test func `after eight abandoned calls nothing is started any more`() {
        var life = running()
        for _ in 0..<AbandonedCalls.limit { life.abandonedCalls.add() }
        _ = life.restart(now: 0)
        let actions = life.stopped(instance: 1, now: 0)
        guard case .status(.failed, let error?)? = actions.dropFirst().first else {
            return unexpected(actions)
        }
        #expect(error.code == .tooManyAbandoned)
        #expect(error.message.contains("8 calls of connector orders"))
        #expect(actions.last == .settled(revision: 2, error))
    }
}
