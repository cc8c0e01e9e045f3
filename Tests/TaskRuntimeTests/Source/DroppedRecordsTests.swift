import ConnectModel
import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

/// A plugin is told which of its records are not in Kafka though the task went on: it may delete what is.
struct DroppedRecordsTests {
    private let bench: Bench
    private let source = FakeSource.Controls()
    private let world: FakeSurroundings
    private let tolerant: [(String, String?)] = [
        ("errors.tolerance", "all"), ("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter"),
    ]

    init() throws {
        bench = try Bench()
        source.state.withLock { $0.usesBytes = true }
        world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
    }

    private func expect(acknowledged: Int, dropped: [Int], sourceLocation: SourceLocation = #_sourceLocation) {
        eventually("all are told", { source.state.withLock { $0.acknowledged } == acknowledged })
        #expect(source.state.withLock { $0.dropped } == dropped, sourceLocation: sourceLocation)
    }

    private func finish(_ task: any TaskHandle) {
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `records that cannot be converted, or that the producer refuses`() throws {
        source.state.withLock { $0.isNonsenseAt = 3 }
        world.sender.state.withLock { $0.refusal = ("5", ConnectError(.recordTooLarge, "too large")) }
        let task = try bench.start(world, kind: .source, config: tolerant)
        source.offer(10)
        eventually("all others are sent") { world.sender.texts.count == 8 }
        source.offer(10)
        eventually("and the next") { world.sender.texts.count == 18 }
        world.sender.answer(Array(0..<18))
        expect(acknowledged: 20, dropped: [3, 5])
        finish(task)
    }

    @Test func `records that Kafka refuses later, with those that went through the pipeline together`() throws {
        let task = try bench.start(world, kind: .source, config: tolerant)
        for count in [10, 20] {
            source.offer(10)
            eventually("they are sent") { world.sender.texts.count == count }
        }
        world.sender.answer([12], error: ConnectError(.kafkaRefused, "no rights"))
        world.sender.answer(Array(0..<19))
        expect(acknowledged: 20, dropped: Array(10..<20))
        finish(task)
    }

    @Test func `a record left out behind those that a stop kept from being sent is not told`() throws {
        source.state.withLock { $0.isNonsenseAt = 8 }
        world.sender.state.withLock { $0.room = 3 }
        let task = try bench.start(world, kind: .source, config: tolerant)
        source.offer(10)
        eventually("the sender is full") { world.sender.texts == ["0", "1", "2"] }
        task.stop(deadline: bench.soon())
        eventually("the batch is given back") { source.state.withLock { $0.lent } == 0 }
        world.sender.answer([0, 1, 2])
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        expect(acknowledged: 3, dropped: [])
    }
}
