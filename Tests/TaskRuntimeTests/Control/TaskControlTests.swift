import ConnectModel
import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

struct TaskControlTests {
    /// A runner whose step hangs, and then wants another, or fails.
    private final class HungRunner: TaskRunner {
        final class Controls: Sendable {
            let gate = Gate()
            let lettingsGo = Atomic<Int>(0)
            let fails: Bool

            init(fails: Bool) { self.fails = fails }
        }

        private let controls: Controls

        init(_ controls: Controls) { self.controls = controls }

        func start() throws(ConnectError) {}

        func step(isPaused: Bool) throws(ConnectError) -> Pace {
            controls.gate.pass()
            guard controls.fails else { return .again }
            throw ConnectError(.pluginFailed, "late")
        }

        func finish(limit: UInt64?) -> Pace { .done }

        func letGo() -> Pace {
            controls.lettingsGo.add(1, ordering: .acquiringAndReleasing)
            return .done
        }
    }

    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test(arguments: [false, true])
    func `a runner is let go when the last call of its step returns after the task was abandoned`(fails: Bool) throws {
        let controls = HungRunner.Controls(fails: fails)
        let plugin = FakeSurroundings().plugin
        let control = TaskControl(
            TaskSpecification(
                id: TaskID(connector: "orders", number: 0), incarnation: 1, kind: .source, plugin: plugin,
                connectorConfig: ConfigMap(), taskConfig: ConfigMap(), startsPaused: false),
            observer: bench.observer, loop: bench.loop, lane: bench.pool.makeLane("lane"),
            interruptLane: bench.pool.makeLane("interrupt"), makeRunner: { _ in HungRunner(controls) })
        control.launch()
        eventually("its step hangs") { controls.gate.arrivals == 1 }
        control.stop(deadline: bench.soon(20), sessionEnds: .max)
        eventually("it is abandoned") { bench.observer.log.ends.count == 1 }
        #expect(controls.lettingsGo.load(ordering: .acquiring) == 0)
        controls.gate.letThrough()
        eventually("the thread ends") { bench.pool.abandonedThreadCount == 0 }
        #expect(controls.lettingsGo.load(ordering: .acquiring) == 1)
    }
}
