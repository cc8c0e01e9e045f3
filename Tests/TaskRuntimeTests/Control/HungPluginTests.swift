import ConnectModel
import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

/// One task hangs in a call of its plugin; the worker goes on, and gives the task up by name when its time is over.
struct HungPluginTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test(arguments: ["start", "poll", "commit", "stop", "destroy"])
    func `a source that hangs harms no other task and is abandoned by name`(call: String) throws {
        let gate = Gate()
        let hung = FakeSource.Controls(blocks: (call, gate))
        let hungObserver = FakeObserver()
        let other = FakeSource.Controls()
        let world = FakeSurroundings(source: other)
        let hungWorld = FakeSurroundings(source: hung)
        let task = try bench.start(hungWorld, kind: .source, observer: hungObserver, name: "hung")
        let healthy = try bench.start(world, kind: .source)
        hung.offer(10)
        if call == "stop" || call == "destroy" {
            eventually("it runs") { hungObserver.log.states == [.running] }
            task.stop(deadline: bench.soon(150))
        }
        eventually("it hangs") { gate.arrivals == 1 }
        #expect(task.activity == call)
        other.offer(100)
        eventually("the other task goes on") { world.sender.texts.count == 100 }
        task.stop(deadline: bench.soon(50))
        eventually("it is abandoned") { hungObserver.log.ends == [.abandoned(call: call)] }
        #expect(hungWorld.sender.state.withLock { $0.isClosed }, "another run of the task may begin now")
        other.offer(100)
        eventually("the other task still goes on") { world.sender.texts.count == 200 }
        #expect(bench.pool.abandonedThreadCount == 1)
        // A poll may block for ever in good order: it is interrupted at once, others when half of their time is over.
        #expect(hung.state.withLock { $0.interrupts } > 0)
        let states = hungObserver.log.states
        gate.letThrough()
        eventually("the thread ends when the call returns") { bench.pool.abandonedThreadCount == 0 }
        #expect(hungObserver.log.states == states)
        #expect(hungObserver.log.ends.count == 1)
        healthy.stop(deadline: bench.soon())
        eventually("the other task ends in order") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `a poll that blocks is interrupted at once when the task stops`() throws {
        let gate = Gate()
        let source = FakeSource.Controls(blocks: ("poll", gate), obeysInterrupts: true)
        let task = try bench.start(FakeSurroundings(source: source), kind: .source)
        eventually("it blocks") { gate.arrivals == 1 }
        // Half of that time would be beyond the patience of this test.
        task.stop(deadline: bench.soon(3_600_000))
        eventually("it ends in order") { bench.observer.log.ends == [.stopped] }
        #expect(source.state.withLock { $0.interrupts } == 1)
    }

    @Test(arguments: ["start", "open", "put", "preCommit", "close", "stop"])
    func `a sink that hangs harms no other task and is abandoned by name`(call: String) throws {
        let gate = Gate()
        let hung = FakeSink.Controls(blocks: (call, gate))
        let hungWorld = FakeSurroundings(sink: hung)
        let hungObserver = FakeObserver()
        let other = FakeSource.Controls()
        let world = FakeSurroundings(source: other)
        let partition = TopicPartition(topic: "t", partition: 0)
        let task = try bench.start(hungWorld, kind: .sink, observer: hungObserver, name: "hung")
        let healthy = try bench.start(world, kind: .source)
        hungWorld.receiver.tell(.assigned([TopicPartitionOffset(partition, 0)]))
        hungWorld.receiver.produce(["a", "b"], to: partition)
        if call == "close" || call == "stop" {
            eventually("it puts") { hung.texts.count == 2 }
            task.stop(deadline: bench.soon(150))
        }
        eventually("it hangs") { gate.arrivals == 1 }
        #expect(task.activity == call)
        task.stop(deadline: bench.soon(50))
        eventually("it is abandoned") { hungObserver.log.ends == [.abandoned(call: call)] }
        #expect(hungWorld.receiver.state.withLock { $0.isClosed }, "its partitions are for others")
        other.offer(100)
        eventually("the other task goes on") { world.sender.texts.count == 100 }
        #expect(hung.state.withLock { $0.interrupts } > 0)
        gate.letThrough()
        eventually("the thread ends when the call returns") { bench.pool.abandonedThreadCount == 0 }
        healthy.stop(deadline: bench.soon())
        eventually("the other task ends in order") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `a sink whose preCommit returns long after it was abandoned puts nothing any more`() throws {
        let gate = Gate()
        let sink = FakeSink.Controls(blocks: ("preCommit", gate))
        let world = FakeSurroundings(sink: sink)
        let partition = TopicPartition(topic: "t", partition: 0)
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([TopicPartitionOffset(partition, 0)]))
        world.receiver.produce(["a"], to: partition)
        eventually("its preCommit hangs") { gate.arrivals == 1 }
        world.receiver.produce(["b"], to: partition)
        task.stop(deadline: bench.soon(50))
        eventually("it is abandoned") { bench.observer.log.ends == [.abandoned(call: "preCommit")] }
        let before = sink.state.withLock { ($0.emptyPuts, $0.calls) }
        gate.letThrough()
        eventually("the thread ends when the call returns") { bench.pool.abandonedThreadCount == 0 }
        let after = sink.state.withLock { ($0.emptyPuts, $0.calls) }
        #expect(sink.texts == ["a"] && after.0 == before.0 && after.1 == before.1)
    }

    @Test func `a source whose commit returns long after it was abandoned is not polled any more`() throws {
        let gate = Gate()
        let source = FakeSource.Controls(blocks: ("commit", gate))
        let task = try bench.start(FakeSurroundings(source: source), kind: .source)
        source.offer(10)
        eventually("its commit hangs") { gate.arrivals == 1 }
        task.stop(deadline: bench.soon(50))
        eventually("it is abandoned") { bench.observer.log.ends == [.abandoned(call: "commit")] }
        gate.letThrough()
        eventually("the thread ends when the call returns") { bench.pool.abandonedThreadCount == 0 }
        #expect(source.state.withLock { $0.calls.last } == "commit")
    }

    @Test func `a source whose acknowledged returns long after it was abandoned is told of no commit`() throws {
        let gate = Gate()
        let poll = Gate()
        let source = FakeSource.Controls(blocks: ("acknowledged", gate), waits: poll)
        source.state.withLock { $0.available = 5 }
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        let task = try bench.start(world, kind: .source)
        eventually("its poll blocks") { poll.arrivals == 1 }
        world.sender.answer(Array(0..<5))
        eventually("the offset is stored") { bench.store["{\"file\":0}"] == "{\"position\":5}" }
        // Both calls are due now.
        poll.letThrough()
        eventually("its acknowledged hangs") { gate.arrivals == 1 }
        task.stop(deadline: bench.soon(50))
        eventually("it is abandoned") { bench.observer.log.ends == [.abandoned(call: "acknowledged")] }
        gate.letThrough()
        eventually("the thread ends when the call returns") { bench.pool.abandonedThreadCount == 0 }
        #expect(source.state.withLock { $0.calls.last } == "acknowledged")
    }

    @Test(arguments: [ConnectorKind.source, .sink])
    func `a plugin's task whose making took too long is not started`(kind: ConnectorKind) throws {
        let gate = Gate()
        let (source, sink) = (FakeSource.Controls(), FakeSink.Controls())
        let world = FakeSurroundings(source: source, sink: sink, making: gate)
        let task = try bench.start(world, kind: kind)
        eventually("it hangs") { gate.arrivals == 1 }
        task.stop(deadline: bench.soon(50))
        eventually("it is abandoned") { bench.observer.log.ends == [.abandoned(call: "start")] }
        gate.letThrough()
        eventually("the thread ends when the call returns") { bench.pool.abandonedThreadCount == 0 }
        #expect(source.state.withLock { $0.calls } == [] && sink.state.withLock { $0.calls } == [])
        // Nothing was made for it either.
        #expect(world.sender.state.withLock { $0.wake == nil } && world.receiver.state.withLock { $0.wake == nil })
    }

    @Test func `nothing goes to Kafka any more while a source stops`() throws {
        let gate = Gate()
        let source = FakeSource.Controls(blocks: ("stop", gate))
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        let task = try bench.start(world, kind: .source, flushTimeout: 20_000_000)
        source.offer(10)
        eventually("all are sent") { world.sender.texts.count == 10 }
        task.stop(deadline: bench.soon(3_600_000))
        eventually("its stop hangs") { gate.arrivals == 1 }
        #expect(world.sender.state.withLock { $0.isClosed })
        gate.letThrough()
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }
}
