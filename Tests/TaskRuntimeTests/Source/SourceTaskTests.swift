import ConnectModel
import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

struct SourceTaskTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    private func texts(_ range: Range<Int>) -> [String] { range.map { String($0) } }

    @Test func `records reach the sender in order and their offset is stored`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        let task = try bench.start(world, kind: .source)
        eventually("it runs") { bench.observer.log.states == [.running] }
        source.offer(1000)
        eventually("all are sent") { world.sender.texts.count == 1000 }
        #expect(world.sender.texts == texts(0..<1000))
        eventually("the newest offset is stored") { bench.store["{\"file\":0}"] == "{\"position\":1000}" }
        eventually("the plugin is told of commits") { source.state.withLock { $0.commits } > 0 }
        eventually("and of acknowledgements") { source.state.withLock { $0.acknowledged } == 1000 }
        #expect(source.state.withLock { $0.lent == 0 && $0.dropped == [] })
        #expect(Set(bench.observer.log.topics) == ["topic-a", "topic-b"])
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(bench.observer.log.states == [.running])
        #expect(bench.observer.log.topics.count == 2)
        #expect(world.sender.state.withLock { $0.isClosed })
        #expect(source.state.withLock { $0.calls.suffix(2) } == ["stop", "destroy"])
    }

    @Test func `topics that were forgotten are told again with the next record`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        let task = try bench.start(world, kind: .source)
        source.offer(10)
        eventually("both are told") { bench.observer.log.topics.count == 2 }
        task.forgetTopics()
        source.offer(10)
        eventually("both are told again") { bench.observer.log.topics.count == 4 }
        source.offer(10)
        eventually("all are sent") { world.sender.texts.count == 30 }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(bench.observer.log.topics.count == 4, "once for each time")
    }

    @Test func `offsets given as maps are stored as they are`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.usesMaps = true
            state.partitions = 3
            state.available = 9
        }
        let task = try bench.start(FakeSurroundings(source: source), kind: .source)
        eventually("all three are stored") {
            (0..<3).map { bench.store["{\"file\":\($0)}"] }
                == ["{\"position\":7}", "{\"position\":8}", "{\"position\":9}"]
        }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `an unacknowledged record holds back its own source partition`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.partitions = 2
            state.perPoll = 2
        }
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        let task = try bench.start(world, kind: .source)
        eventually("it runs") { bench.observer.log.states == [.running] }
        source.offer(6)
        eventually("all are sent") { world.sender.texts.count == 6 }
        // Of partition 0 only records 2 and 4, of partition 1 all: 1, 3, 5.
        world.sender.answer([1, 2, 3, 4, 5])
        eventually("partition 1 is stored") { bench.store["{\"file\":1}"] == "{\"position\":6}" }
        #expect(bench.store["{\"file\":0}"] == nil)
        world.sender.answer([0])
        eventually("partition 0 follows") { bench.store["{\"file\":0}"] == "{\"position\":5}" }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `a full sender stops the polling until it has room`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { state in
            state.isPrompt = false
            state.room = 25
        }
        let task = try bench.start(world, kind: .source)
        source.offer(100)
        eventually("the sender is full") { world.sender.texts.count == 25 }
        eventually("its batches are handed over") { world.sender.state.withLock { $0.handOvers } > 0 }
        // Ten a poll: the third is half taken, no fourth is asked for.
        #expect(source.state.withLock { $0.next } == 30)
        #expect(source.state.withLock { $0.lent } == 1)
        world.sender.answer(Array(0..<25))
        eventually("it goes on where it was") { world.sender.texts.count == 50 }
        #expect(world.sender.texts == texts(0..<50))
        world.sender.answer(Array(0..<25))
        eventually("and on") { world.sender.texts.count == 75 }
        task.stop(deadline: bench.soon(1000))
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `a stop in the middle of a batch stores what was sent and no more`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { $0.perPoll = 100 }
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { state in
            state.isPrompt = false
            state.room = 25
        }
        let task = try bench.start(world, kind: .source, flushInterval: 1_000_000_000_000)
        source.offer(100)
        eventually("the sender is full") { world.sender.texts.count == 25 }
        task.stop(deadline: bench.soon())
        eventually("the batch is given back") { source.state.withLock { $0.lent } == 0 }
        #expect(bench.observer.log.ends.isEmpty)
        world.sender.answer(Array(0..<25))
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(bench.store["{\"file\":0}"] == "{\"position\":25}")
        #expect(source.state.withLock { $0.commits } == 1)
    }

    @Test func `a record that was dropped right before the rest counts as done`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.usesBytes = true
            state.isNonsenseAt = 3
        }
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { state in
            state.isPrompt = false
            state.room = 3
        }
        let task = try bench.start(world, kind: .source, config: tolerant, flushInterval: 1_000_000_000_000)
        source.offer(10)
        eventually("the sender is full") { world.sender.texts == ["0", "1", "2"] }
        task.stop(deadline: bench.soon())
        eventually("the batch is given back") { source.state.withLock { $0.lent } == 0 }
        world.sender.answer([0, 1, 2])
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(bench.store["{\"file\":0}"] == "{\"position\":4}")
    }

    @Test func `a stop during a write of offsets stores the newest after it`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        bench.store.state.withLock { $0.isHolding = true }
        let task = try bench.start(world, kind: .source)
        source.offer(10)
        eventually("older offsets are being written") { bench.store.writes == 1 }
        source.offer(10)
        eventually("newer records are sent") { world.sender.texts.count == 20 }
        task.stop(deadline: bench.soon())
        eventually("it stops") { task.activity == "stop" }
        bench.store.letGo()
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(bench.store["{\"file\":0}"] == "{\"position\":20}")
    }

    @Test func `a stop does not wait for acknowledgements beyond its time`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        let task = try bench.start(world, kind: .source, flushTimeout: 20_000_000)
        source.offer(10)
        eventually("all are sent") { world.sender.texts.count == 10 }
        task.stop(deadline: bench.soon())
        eventually("it ends all the same") { bench.observer.log.ends == [.stopped] }
        #expect(bench.store["{\"file\":0}"] == nil)
    }

    @Test func `pause and resume are told and keep records back`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        let task = try bench.start(world, kind: .source, startsPaused: true)
        eventually("it is paused") { bench.observer.log.states == [.paused] }
        #expect(source.state.withLock { $0.calls } == [])
        task.resume()
        eventually("it runs") { bench.observer.log.states == [.paused, .running] }
        source.offer(10)
        eventually("records flow") { world.sender.texts.count == 10 }
        task.pause()
        eventually("it is paused again") { bench.observer.log.states == [.paused, .running, .paused] }
        source.offer(10)
        // The commit tick still comes, the records do not.
        let writes = source.state.withLock { $0.commits }
        eventually("offsets go on") { source.state.withLock { $0.commits } > writes + 1 }
        #expect(world.sender.texts.count == 10)
        task.resume()
        eventually("they flow again") { world.sender.texts.count == 20 }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `a start that fails ends the task with its error`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { $0.startFailure = ConnectError(.pluginFailed, "no such file") }
        let task = try bench.start(FakeSurroundings(source: source), kind: .source)
        eventually("it ends") { bench.observer.log.ends == [.failed] }
        #expect(bench.observer.log.states == [.failed])
        #expect(bench.observer.log.errors.map(\.message) == ["no such file"])
        // What never started is not stopped.
        #expect(source.state.withLock { $0.calls } == ["start", "destroy"])
        task.stop(deadline: bench.soon())
        #expect(bench.observer.log.ends == [.failed])
    }

    @Test func `a fatal poll fails the task after its offsets are stored`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        _ = try bench.start(world, kind: .source, flushInterval: 1_000_000_000_000)
        source.offer(10)
        eventually("records flow") { world.sender.texts.count == 10 }
        source.state.withLock { $0.answers = [.fatal(ConnectError(.pluginFailed, "disk gone"))] }
        source.offer(1)
        eventually("it ends") { bench.observer.log.ends == [.failed] }
        #expect(bench.observer.log.errors.map(\.message) == ["disk gone"])
        #expect(bench.store["{\"file\":0}"] == "{\"position\":10}")
    }

    @Test func `a retriable poll is asked again`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { $0.answers = [.retriable(ConnectError(.pluginRetriable, "later")), .ok] }
        let world = FakeSurroundings(source: source)
        let task = try bench.start(world, kind: .source)
        eventually("it is asked for the third time") { source.state.withLock { $0.answers.isEmpty } }
        source.offer(5)
        eventually("records flow") { world.sender.texts.count == 5 }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `polls that give nothing come less and less often, empty batches as well`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.answers = (0..<11).map { $0.isMultiple(of: 2) ? .ok : .wouldBlock(retryAfter: 0) }
        }
        let began = EventLoop.now()
        let task = try bench.start(FakeSurroundings(source: source), kind: .source)
        eventually("it is asked for the last time") { source.state.withLock { $0.answers.isEmpty } }
        // 1, 2, 4 … 64 and thrice 100.
        #expect(EventLoop.now() - began >= 427_000_000)
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `a poll that may succeed later comes when the plugin wants it, not before`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.answers = [.retriable(ConnectError(.pluginRetriable, "later", retryAfter: 700_000_000))]
            state.available = 5
        }
        let world = FakeSurroundings(source: source)
        let began = EventLoop.now()
        let task = try bench.start(world, kind: .source)
        eventually("records flow") { world.sender.texts.count == 5 }
        #expect(EventLoop.now() - began >= 700_000_000)
        source.state.withLock { state in
            state.answers = [.retriable(ConnectError(.pluginRetriable, "later", retryAfter: 3_600_000_000_000))]
        }
        source.state.withLock { $0.services }?.wake()
        eventually("it waits for an hour") { source.state.withLock { $0.answers.isEmpty } }
        task.stop(deadline: bench.soon())
        eventually("it ends all the same") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `a record that Kafka refuses later fails the task`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.isPrompt = false }
        _ = try bench.start(world, kind: .source)
        source.offer(10)
        eventually("all are sent") { world.sender.texts.count == 10 }
        world.sender.answer([0, 1])
        world.sender.answer([3], error: ConnectError(.kafkaRefused, "no rights"))
        eventually("it ends") { bench.observer.log.ends == [.failed] }
        #expect(bench.observer.log.errors.map(\.message) == ["no rights"])
        #expect(bench.store["{\"file\":0}"] == nil)
    }

    @Test func `tolerance lets records go that cannot be converted, sent or stored`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.usesBytes = true
            state.isNonsenseAt = 3
        }
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { state in
            state.isPrompt = false
            state.refusal = ("5", ConnectError(.recordTooLarge, "too large"))
        }
        let task = try bench.start(world, kind: .source, config: tolerant)
        source.offer(10)
        eventually("all others are sent") { world.sender.texts.count == 8 }
        #expect(world.sender.texts == ["0", "1", "2", "4", "6", "7", "8", "9"])
        world.sender.answer([0], error: ConnectError(.kafkaRefused, "no rights"))
        world.sender.answer(Array(0..<7))
        eventually("the offset goes past all of them") { bench.store["{\"file\":0}"] == "{\"position\":10}" }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    private let tolerant: [(String, String?)] = [
        ("errors.tolerance", "all"), ("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter"),
    ]

    @Test func `a record that cannot be converted fails the task, and those before it are stored`() throws {
        let source = FakeSource.Controls()
        source.state.withLock { state in
            state.usesBytes = true
            state.isNonsenseAt = 7
        }
        let world = FakeSurroundings(source: source)
        _ = try bench.start(
            world, kind: .source,
            config: [("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter")])
        source.offer(10)
        eventually("it ends") { bench.observer.log.ends == [.failed] }
        #expect(bench.observer.log.errors.map(\.code) == [.recordConversion])
        #expect(world.sender.texts == texts(0..<7))
        #expect(bench.store["{\"file\":0}"] == "{\"position\":7}")
    }

    @Test func `a record too large fails the task, and those before it are stored`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        world.sender.state.withLock { $0.refusal = ("7", ConnectError(.recordTooLarge, "too large")) }
        _ = try bench.start(world, kind: .source)
        source.offer(10)
        eventually("it ends") { bench.observer.log.ends == [.failed] }
        #expect(bench.observer.log.errors.map(\.message) == ["too large"])
        #expect(world.sender.texts == texts(0..<7))
        #expect(bench.store["{\"file\":0}"] == "{\"position\":7}")
    }

    @Test func `a write of offsets that fails is made up for by the next`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        bench.store.state.withLock { $0.failure = ConnectError(.stateWrite, "disk full") }
        let task = try bench.start(world, kind: .source)
        source.offer(10)
        eventually("it tries again and again") { bench.store.writes > 2 }
        #expect(!bench.observer.log.states.contains(.failed))
        #expect(source.state.withLock { $0.commits } == 0)
        bench.store.state.withLock { $0.failure = nil }
        eventually("the offset is stored") { bench.store["{\"file\":0}"] == "{\"position\":10}" }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `a store that hangs counts as failed and its late answer does no harm`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        bench.store.state.withLock { $0.isHolding = true }
        let task = try bench.start(world, kind: .source, flushTimeout: 10_000_000)
        source.offer(10)
        eventually("it tries again") { bench.store.writes > 1 }
        source.offer(10)
        eventually("records still flow") { world.sender.texts.count == 20 }
        bench.store.letGo()
        eventually("the newest offset is stored") { bench.store["{\"file\":0}"] == "{\"position\":20}" }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `an error that the plugin raises outside of a call fails the task`() throws {
        let source = FakeSource.Controls()
        let world = FakeSurroundings(source: source)
        _ = try bench.start(world, kind: .source)
        eventually("it runs") { bench.observer.log.states == [.running] }
        source.state.withLock { $0.services }?.raiseError(ConnectError(.pluginFailed, "from a thread"))
        eventually("it ends") { bench.observer.log.ends == [.failed] }
        #expect(bench.observer.log.errors.map(\.message) == ["from a thread"])
    }

    @Test func `stored offsets are read for the plugin`() throws {
        let source = FakeSource.Controls()
        bench.store.state.withLock { $0.stored["{\"file\":0}"] = "{\"position\":4}" }
        let task = try bench.start(FakeSurroundings(source: source), kind: .source)
        eventually("it runs") { bench.observer.log.states == [.running] }
        let services = try #require(source.state.withLock { $0.services })
        let found = try services.storedOffsets(for: [Array("{\"file\":0}".utf8), Array("{\"file\":1}".utf8)])
        #expect(found == [Array("{\"position\":4}".utf8), nil])
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
    }

    @Test func `a task that is stopped while its start waits for offsets has stopped, whatever the plugin says`() throws
    {
        let source = FakeSource.Controls()
        source.state.withLock { $0.readsAtStart = true }
        bench.store.state.withLock { $0.isUnreadable = true }
        let task = try bench.start(FakeSurroundings(source: source), kind: .source)
        eventually("it waits") { source.underWay.withLock { $0 } == "start" }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(!bench.observer.log.states.contains(.failed))
        #expect(bench.observer.log.errors.isEmpty)
    }

    @Test func `a converter that does not exist is refused before anything starts`() throws {
        #expect(throws: ConnectError.self) {
            _ = try bench.start(
                FakeSurroundings(source: .init()), kind: .source, config: [("value.converter", "org.example.None")])
        }
        #expect(bench.observer.log.states.isEmpty)
    }
}
