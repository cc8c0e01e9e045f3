import ConnectModel
import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

/// What is wished during a call of the plugin, or between two of them, comes before the next call.
struct WishTests {
    /// The task under test, for a wish that its plugin's calls bring about.
    private final class Wish: Sendable {
        private let handle = Mutex<(any TaskHandle)?>(nil)
        private let make: @Sendable (any TaskHandle) -> Void

        init(_ make: @escaping @Sendable (any TaskHandle) -> Void) { self.make = make }

        /// From now on, at the first ``come()``.
        func begin(_ task: any TaskHandle) { handle.withLock { $0 = task } }

        func come() {
            let task = handle.withLock { handle in
                defer { handle = nil }
                return handle
            }
            if let task { make(task) }
        }
    }

    /// Half of that time would be beyond the patience of a test.
    private static let inAnHour: UInt64 = 3_600_000_000_000
    private let bench: Bench
    private let a = TopicPartition(topic: "t", partition: 0)

    init() throws { bench = try Bench() }

    private static func stop() -> Wish { Wish { $0.stop(deadline: EventLoop.now() + inAnHour) } }

    // MARK: Sources

    @Test(arguments: [0, 2])
    func `a source whose interrupt ends one call is not polled again after a stop`(records: Int) throws {
        let source = FakeSource.Controls(recordsOnInterrupt: records)
        let world = FakeSurroundings(source: source)
        let task = try bench.start(world, kind: .source)
        eventually("its poll waits") { source.underWay.withLock { $0 } == "poll" }
        task.stop(deadline: EventLoop.now() + Self.inAnHour)
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(source.state.withLock { $0.interrupts } == 1)
        // A plugin that cannot read the same twice would lose what it gave.
        #expect(world.sender.texts == (0..<records).map { String($0) })
        #expect(bench.store["{\"file\":0}"] == (records == 0 ? nil : "{\"position\":2}"))
    }

    @Test(arguments: ["release", "poll"])
    func `a stop between two polls of a source ends it, or interrupts the next`(call: String) throws {
        let stop = Self.stop()
        let source = FakeSource.Controls(recordsOnInterrupt: 0, onCall: { if $0 == call { stop.come() } })
        if call == "release" { source.offer(1) }
        let task = try bench.start(FakeSurroundings(source: source), kind: .source, startsPaused: true)
        stop.begin(task)
        task.resume()
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(source.state.withLock { $0.interrupts } == (call == "poll" ? 1 : 0))
    }

    @Test func `a source that is paused during a poll is not polled again`() throws {
        let pause = Wish { $0.pause() }
        let source = FakeSource.Controls(onCall: { if $0 == "poll" { pause.come() } })
        source.offer(1000)
        let world = FakeSurroundings(source: source)
        let task = try bench.start(world, kind: .source, startsPaused: true)
        pause.begin(task)
        task.resume()
        eventually("it is paused") { bench.observer.log.states.suffix(2) == [.running, .paused] }
        #expect(source.state.withLock { $0.next } == 10)
        #expect(world.sender.texts.count == 10, "what was polled is sent")
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    // MARK: Sinks

    private func sink(_ wish: Wish) throws -> (any TaskHandle, FakeSink.Controls, FakeSurroundings) {
        let sink = FakeSink.Controls(onPut: { (_, texts) throws(ConnectError) in if !texts.isEmpty { wish.come() } })
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink, startsPaused: true, flushInterval: 1_000_000_000_000)
        wish.begin(task)
        world.receiver.tell(.assigned([TopicPartitionOffset(a, 0)]))
        world.receiver.produce((0..<30).map { "a\($0)" }, to: a)
        task.resume()
        return (task, sink, world)
    }

    @Test func `a sink that is stopped during a put is given no other`() throws {
        let (task, sink, world) = try sink(Self.stop())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(sink.texts == ["a0", "a1", "a2"])
        #expect(world.receiver.committed == [a: 3])
        _ = task
    }

    @Test func `a sink that is paused during a put is given no other`() throws {
        let (task, sink, _) = try sink(Wish { $0.pause() })
        eventually("it is paused") { bench.observer.log.states.suffix(2) == [.running, .paused] }
        #expect(sink.texts == ["a0", "a1", "a2"])
        task.resume()
        eventually("the others follow") { sink.texts.count == 30 }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }
}
