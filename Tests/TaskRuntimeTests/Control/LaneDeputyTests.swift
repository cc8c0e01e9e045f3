import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

struct LaneDeputyTests {
    private final class Count: Sendable {
        private let count = Atomic<Int>(0)

        var value: Int { count.load(ordering: .acquiring) }

        func add() { count.add(1, ordering: .acquiringAndReleasing) }
    }

    private let bench: Bench
    private let deputy: LaneDeputy

    init() throws {
        bench = try Bench()
        deputy = LaneDeputy(loop: bench.loop, lane: bench.pool.makeLane("deputy"))
    }

    private func after(_ milliseconds: UInt64) -> UInt64 { EventLoop.now() + milliseconds * 1_000_000 }

    @Test func `it works again and again while the lane is away, and no more once it is back`() {
        let runs = Count()
        deputy.begin {
            runs.add()
            return EventLoop.now() + 1_000_000
        }
        deputy.during(until: after(1)) {
            eventually("it works") { runs.value > 2 }
        }
        let done = runs.value
        // What was on its way when the lane came back comes to nothing; a later call tells that it is through.
        let other = Count()
        deputy.begin {
            other.add()
            return .max
        }
        deputy.during(until: after(1)) {
            eventually("it works for the next call") { other.value == 1 }
        }
        #expect(runs.value == done)
        deputy.end()
    }

    @Test func `the lane's return waits for work under way`() {
        let gate = Gate()
        let isBack = Count()
        deputy.begin {
            gate.pass()
            #expect(isBack.value == 0)
            return .max
        }
        let lane = bench.pool.makeLane("lane")
        lane.submit { [deputy] in
            deputy.during(until: EventLoop.now()) { eventually("it is at work") { gate.arrivals == 1 } }
            isBack.add()
        }
        eventually("it is at work") { gate.arrivals == 1 }
        gate.letThrough()
        eventually("the lane goes on") { isBack.value == 1 }
    }

    @Test func `calls that return in time need nobody, whatever time an earlier one asked for`() {
        let runs = Count()
        deputy.begin {
            runs.add()
            return .max
        }
        let end = after(50)
        while EventLoop.now() < end { deputy.during(until: after(10_000)) {} }
        #expect(runs.value == 0)
        deputy.end()
        deputy.during(until: EventLoop.now()) {}
        #expect(runs.value == 0)
    }
}
