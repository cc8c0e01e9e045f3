import ClusterCore
import ConnectModel
import Testing

/// Connectors and tasks that another worker may run.
@Suite struct OwnershipTests {
    @Test func `a connector that is not owned does nothing and says nothing`() {
        var connector = ConnectorLifecycle("orders", firstInstance: 1, isOwned: false)
        #expect(connector.want(.started, configuration: 1, now: 0) == [.settled(revision: 1, nil)])
        #expect(connector.isReleased)
        #expect(connector.restart(now: 0) == [.settled(revision: 2, nil)])
        #expect(
            connector.end(.unassigned, now: 0) == [.settled(revision: 3, nil), .ended],
            "no status of another's connector")
    }

    @Test func `a connector that comes starts by the newest wish, and one that goes stops and shows it`() {
        var connector = ConnectorLifecycle("orders", firstInstance: 1, isOwned: false)
        _ = connector.want(.started, configuration: 7, now: 0)
        #expect(connector.own(true, now: 0) == [.start(instance: 1)])
        _ = connector.started(instance: 1, error: nil, now: 0)
        #expect(!connector.isReleased)
        // It was about to be asked for its tasks; that ends first.
        _ = connector.own(false, now: 1)
        let stop = connector.gaveTaskConfigs(instance: 1, .success([]), now: 1)
        #expect(stop.first == .stop(instance: 1))
        #expect(!connector.isReleased)
        #expect(connector.stopped(instance: 1, now: 2) == [.status(.unassigned, nil), .settled(revision: 3, nil)])
        #expect(connector.isReleased)
        #expect(connector.own(true, now: 3) == [.start(instance: 2)])
    }

    @Test func `paused, stopped and failed connectors show that they are nobody's too`() {
        for state in [TargetState.paused, .stopped] {
            var connector = ConnectorLifecycle("orders", firstInstance: 1)
            _ = connector.want(state, configuration: 1, now: 0)
            #expect(connector.own(false, now: 0).first == .status(.unassigned, nil))
            #expect(connector.own(true, now: 0).first == .status(state == .paused ? .paused : .stopped, nil))
        }
        var connector = ConnectorLifecycle("orders", firstInstance: 1)
        _ = connector.want(.started, configuration: 1, now: 0)
        _ = connector.started(instance: 1, error: ConnectError(.pluginFailed, "no"), now: 0)
        #expect(connector.own(false, now: 0).first == .status(.unassigned, nil))
        #expect(connector.own(true, now: 0) == [.start(instance: 2)], "another worker's failure says nothing")
    }

    @Test func `tasks start when they are given, and only those`() {
        var tasks = TaskSetLifecycle("orders", firstIncarnation: 1, ownsAll: false)
        #expect(tasks.want(count: 3, generation: 1) == [.settled])
        #expect(
            tasks.own([1, 2, 9]) == [
                .start(1, incarnation: 1, isPaused: false), .start(2, incarnation: 2, isPaused: false),
            ])
        #expect(tasks.own([1, 2]) == [], "they run")
        #expect(tasks.owns(1) && !tasks.owns(0) && !tasks.owns(9))
        #expect(tasks.own([0, 2]) == [.stop(1, incarnation: 1), .start(0, incarnation: 3, isPaused: false)])
        #expect(!tasks.isQuiet)
        #expect(tasks.ended(1, incarnation: 1, .stopped) == [.status(1, .unassigned, nil)])
        #expect(tasks.isQuiet)
        #expect(tasks.restart([1]) == [], "not ours")
    }

    @Test func `a task that comes back while it stops starts after that`() {
        var tasks = TaskSetLifecycle("orders", firstIncarnation: 1, ownsAll: false)
        _ = tasks.want(count: 1, generation: 1)
        _ = tasks.own([0])
        _ = tasks.own([])
        #expect(tasks.own([0]) == [])
        #expect(
            tasks.ended(0, incarnation: 1, .stopped) == [
                .status(0, .unassigned, nil), .start(0, incarnation: 2, isPaused: false),
            ])
    }

    @Test func `new configurations are nobody's before somebody gives them`() {
        var tasks = TaskSetLifecycle("orders", firstIncarnation: 1, ownsAll: false)
        _ = tasks.want(count: 1, generation: 1)
        _ = tasks.own([0])
        #expect(tasks.want(count: 2, generation: 2) == [.stop(0, incarnation: 1)])
        #expect(!tasks.isQuiet)
        #expect(tasks.own([0]) == [], "an assignment that knows nothing of the new ones")
        #expect(tasks.ended(0, incarnation: 1, .stopped) == [.status(0, .unassigned, nil), .settled])
        #expect(tasks.isQuiet && !tasks.owns(0))
        #expect(tasks.own([0]) == [.start(0, incarnation: 2, isPaused: false)])
    }

    @Test func `a failed task that goes keeps its status, and starts anew when it comes back`() {
        var tasks = TaskSetLifecycle("orders", firstIncarnation: 1, ownsAll: false)
        _ = tasks.want(count: 1, generation: 1)
        _ = tasks.own([0])
        _ = tasks.reached(0, incarnation: 1, .failed, ConnectError(.taskFailed, "no"))
        _ = tasks.ended(0, incarnation: 1, .failed)
        #expect(tasks.own([]) == [])
        #expect(tasks.own([0]) == [.start(0, incarnation: 2, isPaused: false)])
    }

    @Test func `a restart of a task that goes is answered`() {
        var tasks = TaskSetLifecycle("orders", firstIncarnation: 1, ownsAll: false)
        _ = tasks.want(count: 1, generation: 1)
        _ = tasks.own([0])
        #expect(tasks.restart([0]) == [.stop(0, incarnation: 1)])
        let actions = tasks.own([])
        #expect(actions.contains { if case .restarted(0, .some) = $0 { true } else { false } })
        _ = tasks.ended(0, incarnation: 1, .stopped)
        #expect(tasks.isSettled)
    }
}
