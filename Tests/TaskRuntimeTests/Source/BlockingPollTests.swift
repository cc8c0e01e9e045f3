import ConnectModel
import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

/// A poll that waits for its records, as it may: what was polled before it goes on to Kafka, and its offsets to the store.
struct BlockingPollTests {
    private let bench: Bench
    private let gate = Gate()

    init() throws { bench = try Bench() }

    private func source(_ count: Int, perPoll: Int = 10) -> FakeSource.Controls {
        let source = FakeSource.Controls(waits: gate, obeysInterrupts: true)
        source.state.withLock { state in
            state.available = count
            state.perPoll = perPoll
        }
        return source
    }

    private func finish(_ task: any TaskHandle) {
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test(arguments: [1, 5]) func `records that were polled before are handed over`(perPoll: Int) throws {
        let world = FakeSurroundings(source: source(5, perPoll: perPoll))
        let task = try bench.start(world, kind: .source, flushInterval: 1_000_000_000_000)
        eventually("the sender's loop can see all of them") { world.sender.state.withLock { $0.handedOver } == 5 }
        eventually("the poll blocks") { gate.arrivals == 1 }
        #expect(world.sender.state.withLock { $0.handedOver } == 5)
        finish(task)
    }

    @Test func `offsets are stored, and the plugin is told afterwards`() throws {
        let source = source(5)
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        let task = try bench.start(world, kind: .source)
        eventually("the poll blocks") { gate.arrivals == 1 }
        let commits = source.state.withLock { $0.commits }
        #expect(bench.store["{\"file\":0}"] == nil)
        world.sender.answer(Array(0..<5))
        eventually("the offset is stored") { bench.store["{\"file\":0}"] == "{\"position\":5}" }
        eventually("the topics are told") { Set(bench.observer.log.topics) == ["topic-a", "topic-b"] }
        #expect(source.state.withLock { $0.interrupts } == 0, "a query that takes long would never end")
        #expect(source.state.withLock { $0.acknowledged } == 0)
        #expect(source.state.withLock { $0.commits } == commits, "no call comes beside another")
        gate.letThrough()
        eventually("it hears of the acknowledgements") { source.state.withLock { $0.acknowledged } == 5 }
        eventually("and of the commit") { source.state.withLock { $0.commits } > commits }
        finish(task)
    }

    @Test func `a commit of the plugin that blocks holds nothing back`() throws {
        let source = FakeSource.Controls(blocks: ("commit", gate))
        source.state.withLock { $0.available = 10 }
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        let task = try bench.start(world, kind: .source, flushInterval: 50_000_000)
        eventually("its commit blocks") { gate.arrivals == 1 }
        #expect(world.sender.texts.count == 10)
        world.sender.answer(Array(0..<10))
        eventually("the offset is stored") { bench.store["{\"file\":0}"] == "{\"position\":10}" }
        gate.letThrough()
        finish(task)
    }

    @Test func `a store that fails is tried again`() throws {
        let world = FakeSurroundings(source: source(5))
        bench.store.state.withLock { $0.failure = ConnectError(.stateWrite, "disk full") }
        let task = try bench.start(world, kind: .source)
        eventually("the poll blocks") { gate.arrivals == 1 }
        let writes = bench.store.writes
        eventually("it tries again and again") { bench.store.writes > writes + 2 }
        bench.store.state.withLock { $0.failure = nil }
        eventually("the offset is stored") { bench.store["{\"file\":0}"] == "{\"position\":5}" }
        finish(task)
    }

    @Test func `the store's answer is taken, and the offsets behind it are written, long before its time is up`() throws
    {
        let world = FakeSurroundings(source: source(5, perPoll: 3))
        world.sender.state.withLock { $0.isPrompt = false }
        bench.store.state.withLock { $0.isHolding = true }
        let task = try bench.start(world, kind: .source, flushTimeout: 1_000_000_000_000)
        eventually("the poll blocks") { gate.arrivals == 1 }
        world.sender.answer(Array(0..<3))
        eventually("a write is under way") { bench.store.state.withLock { $0.held.count } == 1 }
        world.sender.answer([0, 1])
        bench.store.letGo()
        eventually("the next is stored") { bench.store["{\"file\":0}"] == "{\"position\":5}" }
        finish(task)
    }

    @Test func `records that Kafka refuses for good end the poll, and with it the task`() throws {
        let source = source(5)
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        _ = try bench.start(world, kind: .source, flushInterval: 20_000_000)
        eventually("the poll blocks") { gate.arrivals == 1 }
        world.sender.answer([0], error: ConnectError(.kafkaRefused, "no rights"))
        eventually("it ends") { bench.observer.log.ends == [.failed] }
        #expect(bench.observer.log.errors.map(\.message) == ["no rights"])
        #expect(source.state.withLock { $0.interrupts } == 1)
    }

    @Test func `nothing is stored any more once the task is to stop`() throws {
        let source = FakeSource.Controls(waits: gate)
        source.state.withLock { $0.available = 5 }
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        let task = try bench.start(world, kind: .source)
        eventually("the poll blocks") { gate.arrivals == 1 }
        task.stop(deadline: bench.soon(100))
        world.sender.answer(Array(0..<5))
        eventually("it is abandoned") { bench.observer.log.ends == [.abandoned(call: "poll")] }
        // Another run may have stored newer ones meanwhile.
        #expect(bench.store["{\"file\":0}"] == nil)
        gate.letThrough()
        eventually("the thread ends") { bench.pool.abandonedThreadCount == 0 }
        #expect(bench.store["{\"file\":0}"] == nil)
    }

    @Test func `a source that returns often, and little, does not wake the sender's loop as often`() throws {
        let began = EventLoop.now()
        let world = FakeSurroundings(source: source(20_000, perPoll: 1))
        let task = try bench.start(world, kind: .source, flushInterval: 1_000_000_000_000)
        eventually("all are sent") { world.sender.texts.count == 20_000 }
        let milliseconds = Int((EventLoop.now() - began) / 1_000_000)
        let handOvers = world.sender.state.withLock { $0.handOvers }
        #expect(handOvers <= milliseconds / 25 + milliseconds / 5 + 10)
        finish(task)
    }
}
