import CLinux
import EventLoop
import Glibc
import Synchronization
import Testing

final class EventLoopTests {
    private let loop: EventLoop

    init() throws { loop = try EventLoop(name: "kc-test-loop") }

    deinit { loop.stop() }

    @Test func `long waits end together, later by a sixteenth at most; short ones in time`() {
        let start: UInt64 = 1_234_567_890_123
        #expect(EventLoop.coalesced(start + 999_999_999, now: start) == start + 999_999_999)
        #expect(EventLoop.coalesced(start - 1, now: start) == start - 1)
        #expect(EventLoop.coalesced(.max, now: start) == .max)
        #expect(EventLoop.coalesced(UInt64.max - 1, now: start) == UInt64.max - 1)
        for wait: UInt64 in [1_000_000_000, 3_000_000_000, 10_000_000_000, 3_600_000_000_000] {
            let ends = (0..<300 as Range<UInt64>).map { number in
                // Waits that began within as much time as they take.
                let now = start + number * wait / 300
                let end = EventLoop.coalesced(now + wait, now: now)
                #expect(end >= now + wait && end - now <= wait + wait / 16)
                return end
            }
            #expect(Set(ends).count <= 34)
        }
    }

    @Test func `jobs of one thread run in order and on the loop`() {
        let seen = Mutex<[Int]>([])
        let strangers = Signal()
        for number in 0..<1000 {
            loop.execute { [loop] in
                if !loop.isCurrent { strangers.raise() }
                seen.withLock { $0.append(number) }
            }
        }
        eventually("all jobs run") { seen.withLock { $0.count } == 1000 }
        #expect(seen.withLock { $0 } == Array(0..<1000))
        #expect(strangers.value == 0)
        #expect(!loop.isCurrent)
    }

    @Test func `no wake-up is lost under many submitters`() async {
        let ran = Signal()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { [loop] in
                    for _ in 0..<2000 { loop.execute { ran.raise() } }
                }
            }
        }
        eventually("every job ran") { ran.value == 16_000 }
    }

    @Test func `timers fire in order and not before their deadline`() {
        let fired = Mutex<[(Int, UInt64)]>([])
        let start = EventLoop.now()
        loop.execute { [loop] in
            for milliseconds in [9, 3, 6] {
                loop.schedule(at: start + UInt64(milliseconds) * 1_000_000) {
                    fired.withLock { $0.append((milliseconds, EventLoop.now())) }
                }
            }
            let cancelled = loop.schedule(at: start + 1) { fired.withLock { $0.append((0, 0)) } }
            loop.cancel(cancelled)
        }
        eventually("three timers fire") { fired.withLock { $0.count } == 3 }
        let result = fired.withLock { $0 }
        #expect(result.map(\.0) == [3, 6, 9])
        #expect(result.allSatisfy { $0.1 >= start + UInt64($0.0) * 1_000_000 })
    }

    @Test func `a timer that sets the next one for now does not starve jobs`() {
        final class Ticker {
            let loop: EventLoop
            let stop: Signal
            init(_ loop: EventLoop, _ stop: Signal) {
                self.loop = loop
                self.stop = stop
            }
            func tick() {
                if stop.value == 0 { loop.schedule(at: 0) { self.tick() } }
            }
        }
        let job = Signal()
        loop.execute { [loop] in Ticker(loop, job).tick() }
        loop.execute { [loop] in loop.execute { job.raise() } }
        eventually("the job runs between the ticks") { job.value == 1 }
    }

    @Test func `an actor on the loop runs on its thread`() async {
        let counter = Counter(loop: loop)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { await counter.increment() } }
        }
        #expect(await counter.value == 50)
        #expect(await counter.wasAlwaysOnLoop)
    }

    @Test func `a descriptor reports until it is read and no longer after deregistration`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let bytes = Signal()
        loop.execute { [loop] in
            try? loop.register(reader, .read, Reader(reader, bytes))
        }
        write(writer, "a", 1)
        eventually("the byte arrives") { bytes.value == 1 }
        _ = onLoop(loop) { [loop] in loop.deregister(reader) }
        write(writer, "b", 1)
        _ = onLoop(loop) { true }
        #expect(bytes.value == 1)
        close(writer)
        close(reader)
    }

    @Test func `an event of a descriptor that was reopened in the same turn goes nowhere`() throws {
        // Two readable pipes; whichever is told first closes the other and registers a silent handler under its number.
        var first: [Int32] = [0, 0]
        var second: [Int32] = [0, 0]
        try #require(pipe(&first) == 0 && pipe(&second) == 0)
        let wrong = Signal()
        let told = Signal()
        let (a, b, writers) = (first[0], second[0], (first[1], second[1]))
        loop.execute { [loop] in
            let pair = (Swapper(loop, own: a, other: b, told, wrong), Swapper(loop, own: b, other: a, told, wrong))
            try? loop.register(a, .read, pair.0)
            try? loop.register(b, .read, pair.1)
            write(writers.0, "x", 1)
            write(writers.1, "x", 1)
        }
        eventually("one is told") { told.value == 1 }
        _ = onLoop(loop) { true }
        #expect(wrong.value == 0)
        #expect(told.value == 1)
        for end in [a, b, writers.0, writers.1] { close(end) }
    }

    @Test func `registering what is no descriptor is an error`() {
        let error = onLoop(loop) { [loop] in
            do throws(SystemError) {
                try loop.register(-1, .read, Reader(-1, Signal()))
                return nil as SystemError?
            } catch {
                return error
            }
        }
        #expect(error == .some(SystemError("epoll_ctl", code: EBADF)))
    }

    @Test func `stop runs what was given before and ends the thread`() throws {
        let other = try EventLoop(name: "kc-test-stop")
        let ran = Signal()
        eventually("the thread has its name") { threadNames(startingWith: "kc-test-stop").count == 1 }
        for _ in 0..<100 { other.execute { ran.raise() } }
        other.stop()
        #expect(ran.value == 100)
        #expect(threadNames(startingWith: "kc-test-stop").isEmpty)
        other.stop()
    }

    @Test func `a loop can stop itself`() throws {
        let other = try EventLoop(name: "kc-test-self")
        other.execute { other.stop() }
        eventually("the thread ends") { threadNames(startingWith: "kc-test-self").isEmpty }
    }

    @Test func `confined values are usable on their loop`() {
        final class Thing { var count = 0 }
        let thing = Confined(Thing(), to: loop)
        let count = onLoop(loop) {
            thing.value.count += 1
            return thing.value.count
        }
        #expect(count == 1)
    }

    @Test func `a confined value traps elsewhere`() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop(name: "kc-test-conf")
            let thing = Confined(1, to: loop)
            _ = thing.value
        }
    }

    @Test func `a signal is an event`() throws {
        // Sent to a thread that blocks it: the process as a whole never sees it.
        let received = Mutex<[Int32]>([])
        let blocked = Signal()
        SignalWaiter.block([SIGUSR2])
        loop.execute { [loop] in
            let waiter = try? SignalWaiter([SIGUSR2], loop: loop) { signal in received.withLock { $0.append(signal) } }
            if waiter != nil { blocked.raise() }
            pthread_kill(pthread_self(), SIGUSR2)
        }
        eventually("the signal arrives") { received.withLock { $0 } == [SIGUSR2] }
        #expect(blocked.value == 1)
    }

    private actor Counter {
        nonisolated let loop: EventLoop
        var value = 0
        var wasAlwaysOnLoop = true

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        init(loop: EventLoop) { self.loop = loop }

        func increment() {
            value += 1
            if !loop.isCurrent { wasAlwaysOnLoop = false }
        }
    }

    private final class Reader: ReadinessHandler {
        private let descriptor: Int32
        private let bytes: Signal

        init(_ descriptor: Int32, _ bytes: Signal) {
            self.descriptor = descriptor
            self.bytes = bytes
        }

        func ready(_ readiness: Readiness) {
            var byte: UInt8 = 0
            if read(descriptor, &byte, 1) == 1 { bytes.raise() }
        }
    }

    private final class Swapper: ReadinessHandler {
        private let loop: EventLoop
        private let own: Int32
        private let other: Int32
        private let told: Signal
        private let wrong: Signal

        init(_ loop: EventLoop, own: Int32, other: Int32, _ told: Signal, _ wrong: Signal) {
            (self.loop, self.own, self.other, self.told, self.wrong) = (loop, own, other, told, wrong)
        }

        func ready(_ readiness: Readiness) {
            told.raise()
            loop.deregister(own)
            loop.deregister(other)
            var silent: [Int32] = [0, 0]
            guard pipe(&silent) == 0 else { return wrong.raise() }
            dup2(silent[0], other)
            try? loop.register(other, .read, Silent(wrong))
        }
    }

    private final class Silent: ReadinessHandler {
        private let wrong: Signal

        init(_ wrong: Signal) { self.wrong = wrong }

        func ready(_ readiness: Readiness) { wrong.raise() }
    }
}
