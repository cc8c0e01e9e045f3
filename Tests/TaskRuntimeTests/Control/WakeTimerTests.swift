import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

final class WakeTimerTests {
    private final class Wakes: Sendable {
        let times = Mutex<[UInt64]>([])

        var count: Int { times.withLock { $0.count } }

        func note() { times.withLock { $0.append(EventLoop.now()) } }
    }

    private let loop: EventLoop
    private let wakes = Wakes()
    private let timer: WakeTimer
    private let hour: UInt64 = 3_600_000_000_000

    init() throws {
        loop = try EventLoop(name: "kc-test-wake")
        timer = WakeTimer(loop: loop) { [wakes] in wakes.note() }
    }

    deinit { loop.stop() }

    @Test func `an earlier time replaces a later one`() {
        let now = EventLoop.now()
        timer.set(now + hour)
        timer.set(now + 3_000_000)
        eventually("it wakes") { wakes.count == 1 }
        #expect(wakes.times.withLock { $0[0] } >= now + 3_000_000)
    }

    @Test func `a later time does not replace an earlier one`() {
        let now = EventLoop.now()
        timer.set(now + 3_000_000)
        timer.set(now + hour)
        eventually("it wakes") { wakes.count == 1 }
        // The later time is for the woken lane to ask for again.
        timer.set(EventLoop.now())
        eventually("it wakes again") { wakes.count == 2 }
    }

    @Test func `what is cleared does not wake`() {
        timer.set(EventLoop.now() + 2_000_000)
        timer.clear()
        timer.set(EventLoop.now() + 4_000_000)
        eventually("the later one does") { wakes.count == 1 }
        #expect(wakes.count == 1)
    }
}
