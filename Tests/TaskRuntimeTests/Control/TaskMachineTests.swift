import ConnectModel
import Testing

@testable import TaskRuntime

struct TaskMachineTests {
    private let failure = ConnectError(.pluginFailed, "broken")

    private func running() -> TaskMachine {
        var machine = TaskMachine(startsPaused: false)
        _ = machine.directive()
        _ = machine.started()
        return machine
    }

    @Test func `it starts, runs, pauses, resumes and stops`() {
        var machine = TaskMachine(startsPaused: false)
        var (directive, actions) = machine.directive()
        #expect(directive == .start && actions.isEmpty)
        actions = machine.started()
        #expect(actions == [.tell(.running, nil), .wake])
        actions = machine.wish(paused: true)
        #expect(actions == [.wake])
        (directive, actions) = machine.directive()
        #expect(directive == .rest && actions == [.tell(.paused, nil)])
        (directive, actions) = machine.directive()
        #expect(directive == .rest && actions.isEmpty)
        _ = machine.wish(paused: false)
        (directive, actions) = machine.directive()
        #expect(directive == .run && actions == [.tell(.running, nil)])
        actions = machine.stop(deadline: 100, now: 0)
        #expect(actions == [.wake, .interrupt, .watch(until: 100)])
        (directive, actions) = machine.directive()
        #expect(directive == .finish && actions.isEmpty)
        actions = machine.finished()
        #expect(actions == [.end(.stopped)])
        #expect(machine.hasEnded)
    }

    @Test func `a task that starts paused is told so once and not started`() {
        var machine = TaskMachine(startsPaused: true)
        var (directive, actions) = machine.directive()
        #expect(directive == .wait && actions == [.tell(.paused, nil)])
        (directive, actions) = machine.directive()
        #expect(directive == .wait && actions.isEmpty)
        _ = machine.wish(paused: false)
        (directive, actions) = machine.directive()
        #expect(directive == .start)
    }

    @Test func `a paused task that never started can be stopped`() {
        var machine = TaskMachine(startsPaused: true)
        _ = machine.directive()
        _ = machine.stop(deadline: 1, now: 0)
        let (directive, _) = machine.directive()
        #expect(directive == .finish)
        let actions = machine.finished()
        #expect(actions == [.end(.stopped)])
    }

    @Test func `a failure is told, taken down and ends as failed`() {
        var machine = running()
        var actions = machine.failed(failure)
        #expect(actions == [.tell(.failed, failure), .wake])
        actions = machine.failed(failure)
        #expect(actions.isEmpty)
        let (directive, _) = machine.directive()
        #expect(directive == .finish)
        actions = machine.finished()
        #expect(actions == [.end(.failed)])
    }

    @Test func `what fails while it stops changes nothing`() {
        var machine = running()
        _ = machine.stop(deadline: 1, now: 0)
        _ = machine.directive()
        var actions = machine.failed(failure)
        #expect(actions.isEmpty)
        actions = machine.finished()
        #expect(actions == [.end(.stopped)])
    }

    @Test func `patience ends at the deadline and not before`() {
        var machine = running()
        _ = machine.stop(deadline: 100, now: 0)
        var actions = machine.patienceEnded(call: "poll", now: 99)
        #expect(actions.isEmpty)
        actions = machine.patienceEnded(call: "poll", now: 100)
        #expect(actions == [.abandonLane(call: "poll"), .end(.abandoned(call: "poll"))])
        // Whatever comes back later is too late.
        actions = machine.started() + machine.failed(failure) + machine.finished()
        #expect(actions.isEmpty)
        let (directive, _) = machine.directive()
        #expect(directive == .wait)
    }

    @Test func `some of the time to stop is kept for the plugin`() {
        var machine = running()
        _ = machine.stop(deadline: 1_100_000_000, now: 100_000_000)
        #expect(machine.stopLimit == 850_000_000)
        var patient = running()
        _ = patient.stop(deadline: 60_000_000_000, now: 0)
        #expect(patient.stopLimit == 59_500_000_000)
        var late = running()
        _ = late.stop(deadline: 5, now: 9)
        #expect(late.stopLimit == 5)
    }

    @Test func `Kafka is not waited for when another worker may run the task, but the plugin's calls are`() {
        var machine = running()
        var actions = machine.stop(deadline: 10_000_000_000, sessionEnds: 4_000_000_000, now: 0)
        #expect(machine.stopLimit == 3_500_000_000)
        #expect(actions.contains(.watch(until: 10_000_000_000)))
        // A stop that is under way is shortened, and never made longer again.
        var stopping = running()
        _ = stopping.stop(deadline: 10_000_000_000, now: 0)
        actions = stopping.stop(deadline: 11_000_000_000, sessionEnds: 4_000_000_000, now: 0)
        #expect(actions == [.wake] && stopping.stopLimit == 3_500_000_000)
        actions = stopping.stop(deadline: 11_000_000_000, now: 0)
        #expect(actions.isEmpty && stopping.stopLimit == 3_500_000_000)
        var late = running()
        _ = late.stop(deadline: 10_000_000_000, sessionEnds: 0, now: 9)
        #expect(late.stopLimit == 0)
    }

    @Test func `nobody is impatient with a task that was not asked to stop`() {
        var machine = running()
        let actions = machine.patienceEnded(call: "poll", now: .max)
        #expect(actions.isEmpty)
    }

    @Test func `a second stop can only shorten the time`() {
        var machine = running()
        _ = machine.stop(deadline: 100, now: 0)
        var actions = machine.stop(deadline: 200, now: 0)
        #expect(actions.isEmpty)
        actions = machine.stop(deadline: 50, now: 0)
        #expect(actions.contains(.watch(until: 50)))
        actions = machine.patienceEnded(call: "put", now: 60)
        #expect(!actions.isEmpty)
    }

    @Test func `a start that gave up because the task is to stop is no failure`() {
        let givenUp = ConnectError(.workerStopping, "stopped while offsets were read")
        var machine = TaskMachine(startsPaused: false)
        _ = machine.directive()
        #expect(machine.isWanted)
        _ = machine.stop(deadline: 100, now: 0)
        #expect(!machine.isWanted)
        #expect(machine.failed(givenUp) == [.wake])
        #expect(machine.directive().0 == .finish)
        #expect(machine.finished() == [.end(.stopped)])
        // Nobody has asked for that: it is one.
        machine = TaskMachine(startsPaused: false)
        _ = machine.directive()
        #expect(machine.failed(givenUp) == [.tell(.failed, givenUp), .wake])
    }

    @Test func `a stop while the plugin starts waits for the start`() {
        var machine = TaskMachine(startsPaused: false)
        _ = machine.directive()
        _ = machine.stop(deadline: 10, now: 0)
        var (directive, actions) = machine.directive()
        #expect(directive == .wait)
        _ = machine.started()
        (directive, actions) = machine.directive()
        #expect(directive == .finish && actions.isEmpty)
    }
}
