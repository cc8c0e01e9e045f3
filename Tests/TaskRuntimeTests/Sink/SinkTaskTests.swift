import ConnectModel
import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

struct SinkTaskTests {
    private let bench: Bench
    private let a = TopicPartition(topic: "t", partition: 0)
    private let b = TopicPartition(topic: "t", partition: 1)

    init() throws { bench = try Bench() }

    private func at(_ partition: TopicPartition, _ offset: Int64) -> TopicPartitionOffset {
        TopicPartitionOffset(partition, offset)
    }

    private func finish(_ task: any TaskHandle, _ world: FakeSurroundings) {
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        #expect(world.receiver.state.withLock { $0.violations } == [])
        #expect(world.receiver.state.withLock { $0.isClosed })
    }

    @Test func `records of every partition are put in order and committed`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink)
        eventually("it runs") { bench.observer.log.states == [.running] }
        world.receiver.tell(.assigned([at(a, 0), at(b, 0)]))
        world.receiver.produce((0..<10).map { "a\($0)" }, to: a)
        world.receiver.produce((0..<10).map { "b\($0)" }, to: b)
        eventually("all are put") { sink.texts.count == 20 }
        #expect(sink.texts.filter { $0.hasPrefix("a") } == (0..<10).map { "a\($0)" })
        #expect(sink.texts.filter { $0.hasPrefix("b") } == (0..<10).map { "b\($0)" })
        eventually("both are committed") { world.receiver.committed == [a: 10, b: 10] }
        #expect(bench.observer.log.topics == ["t"])
        task.forgetTopics()
        world.receiver.produce(["a10"], to: a)
        eventually("the topic is told again") { bench.observer.log.topics == ["t", "t"] }
        eventually("it is committed") { world.receiver.committed == [a: 11, b: 10] }
        #expect(sink.state.withLock { $0.opened } == [a, b])
        finish(task, world)
        #expect(sink.state.withLock { $0.closed } == [a, b])
        #expect(sink.state.withLock { $0.calls.suffix(4) } == ["preCommit", "close", "stop", "destroy"])
    }

    @Test func `an idle task gets puts without records`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        eventually("puts go on at every commit") { sink.state.withLock { $0.emptyPuts } > 3 }
        finish(task, world)
    }

    @Test func `a batch that is not taken is offered again, and nothing else meanwhile`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        sink.state.withLock { state in
            state.answers = [.wouldBlock(retryAfter: 1_000_000), .retriable(ConnectError(.pluginRetriable, "busy"))]
        }
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0), at(b, 0)]))
        world.receiver.produce(["a0", "a1"], to: a)
        eventually("everything is paused") { world.receiver.state.withLock { $0.paused } == [a, b] }
        world.receiver.produce(["b0"], to: b)
        eventually("all are put") { sink.texts.count == 3 }
        #expect(sink.texts == ["a0", "a1", "b0"])
        #expect(world.receiver.state.withLock { $0.paused } == [])
        eventually("all is committed") { world.receiver.committed == [a: 2, b: 1] }
        finish(task, world)
    }

    @Test func `the plugin's own time to retry is used`() throws {
        let sink = FakeSink.Controls(onPut: { (services, texts) throws(ConnectError) in
            if !texts.isEmpty { services.setRetryTimeout(3_600_000) }
        })
        let world = FakeSurroundings(sink: sink)
        sink.state.withLock { $0.answers = [.retriable(ConnectError(.pluginRetriable, "busy"))] }
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("everything is paused") { world.receiver.state.withLock { $0.paused } == [a] }
        // An hour is not over, but a wake of the plugin ends the wait.
        sink.state.withLock { $0.services }?.wake()
        eventually("it is put") { sink.texts == ["a0"] }
        finish(task, world)
    }

    @Test func `a batch that is not taken comes again when the plugin wants it, not before`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        sink.state.withLock { state in
            state.answers = [.retriable(ConnectError(.pluginRetriable, "busy", retryAfter: 700_000_000))]
        }
        let began = EventLoop.now()
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("it is put") { sink.texts == ["a0"] }
        #expect(EventLoop.now() - began >= 700_000_000)
        finish(task, world)
    }

    @Test func `after a put without records that is to be repeated, neither commits nor records come earlier`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        sink.state.withLock { state in
            state.emptyAnswers = [.retriable(ConnectError(.pluginRetriable, "busy", retryAfter: 700_000_000))]
        }
        let began = EventLoop.now()
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        eventually("the put that follows an assignment is over") { sink.state.withLock { $0.emptyPuts } == 1 }
        world.receiver.produce(["a0"], to: a)
        eventually("it is put") { sink.texts == ["a0"] }
        #expect(EventLoop.now() - began >= 700_000_000)
        finish(task, world)
    }

    @Test func `a wait that the plugin asked for ends with a stop`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        sink.state.withLock { state in
            state.answers = [.retriable(ConnectError(.pluginRetriable, "busy", retryAfter: 3_600_000_000_000))]
        }
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("everything is paused") { world.receiver.state.withLock { $0.paused } == [a] }
        finish(task, world)
        #expect(sink.texts == [])
    }

    @Test func `a revocation while a batch waits drops it, commits what was put and lets go`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0), at(b, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("the first is put") { sink.texts == ["a0"] }
        sink.state.withLock { state in
            state.answers = Array(repeating: .wouldBlock(retryAfter: 3_600_000_000_000), count: 1)
        }
        world.receiver.produce(["a1"], to: a)
        eventually("the second waits") { world.receiver.state.withLock { $0.paused } == [a, b] }
        world.receiver.tell(.revoking([a]))
        eventually("it lets go") { world.receiver.state.withLock { $0.revocationsFinished } == 1 }
        #expect(world.receiver.committed == [a: 1])
        #expect(sink.state.withLock { $0.closed } == [a])
        world.receiver.produce(["b0"], to: b)
        eventually("the other partition goes on") { sink.texts == ["a0", "b0"] }
        finish(task, world)
        #expect(world.receiver.committed == [a: 1, b: 1])
    }

    @Test func `a revocation waits for its commit`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        world.receiver.state.withLock { $0.answersCommits = false }
        let task = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("it is put") { sink.texts == ["a0"] }
        world.receiver.tell(.revoking([a]))
        eventually("the commit is under way") { world.receiver.committed == [a: 1] }
        #expect(world.receiver.state.withLock { $0.revocationsFinished } == 0)
        world.receiver.answerCommit(1, nil)
        eventually("it lets go") { world.receiver.state.withLock { $0.revocationsFinished } == 1 }
        finish(task, world)
    }

    @Test func `partitions that are lost are closed without a commit`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("it is put") { sink.texts == ["a0"] }
        world.receiver.tell(.lost([a]))
        eventually("it is closed") { sink.state.withLock { $0.closed } == [a] }
        finish(task, world)
        #expect(world.receiver.committed == [:])
        #expect(sink.state.withLock { !$0.calls.contains("preCommit") })
    }

    @Test func `a failed preCommit reads again from the last commit`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0", "a1"], to: a)
        eventually("they are put") { sink.texts == ["a0", "a1"] }
        sink.state.withLock { $0.preCommitFailure = ConnectError(.pluginFailed, "disk") }
        sink.wish { $0.requestCommit() }
        eventually("they are put again") { sink.texts == ["a0", "a1", "a0", "a1"] }
        #expect(world.receiver.state.withLock { $0.seeks } == [[at(a, 0)]])
        #expect(!bench.observer.log.states.contains(.failed))
        finish(task, world)
        #expect(world.receiver.committed == [a: 2])
    }

    @Test func `a commit that the plugin puts off is asked for again when it wants that, and nothing is read again`()
        throws
    {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        // The interval is far away: it is the plugin's hint that brings the next question, or its wake.
        let task = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0", "a1"], to: a)
        eventually("they are put") { sink.texts == ["a0", "a1"] }
        sink.state.withLock { $0.notYet = [1_000_000, 20_000_000] }
        sink.wish { $0.requestCommit() }
        eventually("they are committed") { world.receiver.committed == [a: 2] }
        #expect(sink.state.withLock { $0.calls.count { $0 == "preCommit" } } == 3)
        world.receiver.produce(["a2"], to: a)
        eventually("it is put") { sink.texts.count == 3 }
        sink.state.withLock { $0.notYet = [3_600_000_000_000] }
        sink.wish { $0.requestCommit() }
        eventually("it was asked") { sink.state.withLock { $0.notYet.isEmpty } }
        sink.state.withLock { $0.services }?.wake()
        eventually("it is committed") { world.receiver.committed == [a: 3] }
        #expect(sink.texts == ["a0", "a1", "a2"])
        #expect(world.receiver.state.withLock { $0.seeks } == [])
        finish(task, world)
    }

    @Test func `a commit put off without a hint comes with the next interval, and the last one is not waited for`()
        throws
    {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        sink.state.withLock { $0.notYet = [0, 0] }
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("it is committed") { world.receiver.committed == [a: 1] }
        sink.state.withLock { $0.notYet = Array(repeating: 0, count: 1_000_000) }
        world.receiver.produce(["a1"], to: a)
        eventually("it is put") { sink.texts == ["a0", "a1"] }
        finish(task, world)
        #expect(world.receiver.committed == [a: 1])
        #expect(sink.texts == ["a0", "a1"] && world.receiver.state.withLock { $0.seeks } == [])
    }

    @Test func `a commit that is put off for long takes no put without records away`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        sink.state.withLock { $0.notYet = [3_600_000_000_000] }
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("it is put off") { sink.state.withLock { $0.notYet.isEmpty } }
        let before = sink.state.withLock { $0.emptyPuts }
        eventually("puts go on") { sink.state.withLock { $0.emptyPuts } > before + 3 }
        #expect(sink.state.withLock { $0.calls.count { $0 == "preCommit" } } == 1)
        finish(task, world)
    }

    @Test func `however often the plugin calls wake, it is not asked again within ten milliseconds`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        sink.state.withLock { $0.notYet = Array(repeating: 3_600_000_000_000, count: 21) }
        let task = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("it is put") { sink.texts == ["a0"] }
        let began = EventLoop.now()
        sink.wish { $0.requestCommit() }
        let services = try #require(sink.state.withLock { $0.services })
        eventually("it is asked again and again") {
            services.wake()
            return sink.state.withLock { $0.notYet.isEmpty }
        }
        #expect(EventLoop.now() - began >= 200_000_000)
        finish(task, world)
    }

    @Test func `a failed preCommit gives up a batch that waits`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        eventually("the put that follows an assignment is over") { sink.state.withLock { $0.emptyPuts } == 1 }
        sink.state.withLock { state in
            state.answers = [.wouldBlock(retryAfter: 3_600_000_000_000)]
            state.preCommitFailure = ConnectError(.pluginFailed, "disk")
            state.wishes = [{ $0.requestCommit() }]
        }
        world.receiver.produce(["a0", "a1"], to: a)
        eventually("it is read and put again") { sink.texts == ["a0", "a1"] }
        finish(task, world)
        #expect(world.receiver.committed == [a: 2])
    }

    @Test func `what comes of a log that was made anew is not skipped by a failure before any of it was put`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0", "a1"], to: a)
        eventually("they are put") { sink.texts == ["a0", "a1"] }
        sink.wish { $0.requestCommit() }
        eventually("they are committed") { world.receiver.committed == [a: 2] }
        sink.state.withLock { state in
            state.answers = [.wouldBlock(retryAfter: 3_600_000_000_000)]
            state.preCommitFailure = ConnectError(.pluginFailed, "disk")
            state.wishes = [{ $0.requestCommit() }]
        }
        world.receiver.state.withLock { state in
            state.logs[a] = ["n0", "n1", "n2"]
            state.positions[a] = 0
        }
        world.receiver.produce(["n3"], to: a)
        eventually("all of it is put") { sink.texts == ["a0", "a1", "n0", "n1", "n2", "n3"] }
        #expect(world.receiver.state.withLock { $0.seeks } == [[at(a, 0)]])
        finish(task, world)
        #expect(world.receiver.committed == [a: 4])
    }

    @Test func `a pause commits what was put`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("it is put") { sink.texts == ["a0"] }
        task.pause()
        eventually("it is committed") { world.receiver.committed == [a: 1] }
        finish(task, world)
    }

    @Test func `partitions that come while the operator's pause lasts are paused`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        eventually("it is open") { sink.state.withLock { $0.opened } == [a] }
        task.pause()
        eventually("it is told") { bench.observer.log.states == [.running, .paused] }
        world.receiver.tell(.assigned([at(b, 0)]))
        eventually("both are paused") { world.receiver.state.withLock { $0.paused } == [a, b] }
        finish(task, world)
    }

    @Test func `a partition that comes back stays paused by the plugin`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink)
        let mine = a
        sink.state.withLock { $0.wishes = [{ $0.pause([mine]) }] }
        world.receiver.tell(.assigned([at(a, 0), at(b, 0)]))
        eventually("one is paused") { world.receiver.state.withLock { $0.paused } == [a] }
        // Such as after a rebalance in which nothing was taken away.
        world.receiver.state.withLock { $0.paused = [] }
        world.receiver.tell(.assigned([at(a, 0)]))
        eventually("and again") { world.receiver.state.withLock { $0.paused } == [a] }
        finish(task, world)
    }

    @Test func `what the plugin resumes stays paused while the operator's pause lasts`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink)
        let mine = a
        sink.state.withLock { $0.wishes = [{ $0.pause([mine]) }] }
        world.receiver.tell(.assigned([at(a, 0)]))
        eventually("it is paused") { world.receiver.state.withLock { $0.paused } == [a] }
        task.pause()
        eventually("it is told") { bench.observer.log.states == [.running, .paused] }
        let puts = sink.state.withLock { $0.emptyPuts }
        sink.wish { $0.resume([mine]) }
        eventually("the plugin had its turn") { sink.state.withLock { $0.emptyPuts } > puts + 1 }
        #expect(world.receiver.state.withLock { $0.paused } == [a])
        task.resume()
        eventually("now it goes on") { world.receiver.state.withLock { $0.paused } == [] }
        finish(task, world)
    }

    @Test func `what the plugin holds back is not committed`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        sink.state.withLock { $0.preCommitAnswer = [TopicPartitionOffset(TopicPartition(topic: "t", partition: 0), 1)] }
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0", "a1", "a2"], to: a)
        eventually("its answer is committed") { world.receiver.committed == [a: 1] }
        finish(task, world)
        #expect(world.receiver.committed == [a: 1])
    }

    @Test func `a commit that fails is made up for by the next`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        world.receiver.state.withLock { $0.commitError = ConnectError(.kafkaRetriable, "rebalance") }
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("it tries again") { world.receiver.state.withLock { $0.commits.count } > 2 }
        world.receiver.state.withLock { $0.commitError = nil }
        let services = try #require(sink.state.withLock { $0.services })
        services.wake()
        let tried = world.receiver.state.withLock { $0.commits.count }
        eventually("and once more") { world.receiver.state.withLock { $0.commits.count } > tried }
        #expect(!bench.observer.log.states.contains(.failed))
        finish(task, world)
    }

    @Test func `pauses of the plugin and of the operator are kept apart`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0), at(b, 0)]))
        eventually("they are open") { sink.state.withLock { $0.opened } == [a, b] }
        let paused = a
        sink.wish { services in
            #expect(services.assignment.count == 2)
            services.pause([paused, TopicPartition(topic: "stranger", partition: 0)])
        }
        eventually("one is paused") { world.receiver.state.withLock { $0.paused } == [a] }
        task.pause()
        eventually("it is told") { bench.observer.log.states == [.running, .paused] }
        eventually("both are paused") { world.receiver.state.withLock { $0.paused } == [a, b] }
        world.receiver.produce(["a0"], to: a)
        world.receiver.produce(["b0"], to: b)
        task.resume()
        eventually("the operator's pause ends") { sink.texts == ["b0"] }
        #expect(world.receiver.state.withLock { $0.paused } == [a])
        sink.wish { $0.resume([paused]) }
        eventually("and the plugin's") { sink.texts == ["b0", "a0"] }
        finish(task, world)
    }

    @Test func `a rewind of the plugin reads again`() throws {
        let once = Once()
        let sink = FakeSink.Controls(onPut: { (services, texts) throws(ConnectError) in
            if texts.contains("a2"), once.first() {
                services.rewind([TopicPartitionOffset(TopicPartition(topic: "t", partition: 0), 1)])
            }
        })
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0", "a1", "a2"], to: a)
        eventually("two are put twice") { sink.texts == ["a0", "a1", "a2", "a1", "a2"] }
        eventually("all is committed") { world.receiver.committed == [a: 3] }
        finish(task, world)
    }

    @Test(arguments: [true, false])
    func `records that a put rewound to come when the plugin wants them, not before`(isHint: Bool) throws {
        let once = Once()
        let wait: UInt64 = 700_000_000
        let sink = FakeSink.Controls(onPut: { (services, texts) throws(ConnectError) in
            guard !texts.isEmpty, once.first() else { return }
            services.rewind([TopicPartitionOffset(TopicPartition(topic: "t", partition: 0), 0)])
            if !isHint { services.setRetryTimeout(700) }
        })
        sink.state.withLock { state in
            state.answers = [.retriable(ConnectError(.pluginRetriable, "busy", retryAfter: isHint ? wait : 0))]
        }
        let world = FakeSurroundings(sink: sink)
        let began = EventLoop.now()
        let task = try bench.start(world, kind: .sink)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0", "a1"], to: a)
        eventually("they are put") { sink.texts == ["a0", "a1"] }
        #expect(EventLoop.now() - began >= wait)
        #expect(world.receiver.state.withLock { $0.seeks } == [[at(a, 0)]])
        eventually("reading goes on") { world.receiver.state.withLock { $0.paused } == [] }
        finish(task, world)
    }

    @Test func `a fatal put fails the task after what was put is committed`() throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        _ = try bench.start(world, kind: .sink, flushInterval: 1_000_000_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0"], to: a)
        eventually("it is put") { sink.texts == ["a0"] }
        sink.state.withLock { $0.answers = [.fatal(ConnectError(.pluginFailed, "disk full"))] }
        world.receiver.produce(["a1"], to: a)
        eventually("it ends") { bench.observer.log.ends == [.failed] }
        #expect(bench.observer.log.states == [.running, .failed])
        #expect(bench.observer.log.errors.map(\.message) == ["disk full"])
        #expect(world.receiver.committed == [a: 1])
        #expect(world.receiver.state.withLock { $0.violations } == [])
    }

    @Test func `a consumer that is broken fails the task`() throws {
        let world = FakeSurroundings(sink: .init())
        _ = try bench.start(world, kind: .sink)
        world.receiver.tell(.failed(ConnectError(.kafkaAuthorization, "no rights")))
        eventually("it ends") { bench.observer.log.ends == [.failed] }
        #expect(bench.observer.log.errors.map(\.message) == ["no rights"])
    }

    @Test(arguments: [false, true]) func `a bad record is a matter of tolerance`(isTolerant: Bool) throws {
        let sink = FakeSink.Controls(onPut: { (services, texts) throws(ConnectError) in
            if texts.contains("a1") { try services.reportBadRecord(index: 0, ConnectError(.pluginFailed, "bad")) }
        })
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(
            world, kind: .sink, config: [("errors.tolerance", isTolerant ? "all" : "none")])
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["a0", "a1", "a2"], to: a)
        if isTolerant {
            eventually("it is committed past it") { world.receiver.committed == [a: 3] }
            finish(task, world)
        } else {
            eventually("it ends") { bench.observer.log.ends == [.failed] }
            #expect(bench.observer.log.errors.map(\.message) == ["bad"])
        }
    }

    @Test(arguments: [false, true])
    func `a record that cannot be converted is a matter of tolerance`(isTolerant: Bool) throws {
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(
            world, kind: .sink,
            config: [
                ("errors.tolerance", isTolerant ? "all" : "none"),
                ("value.converter", "org.apache.kafka.connect.json.JsonConverter"),
                ("value.converter.schemas.enable", "false"),
            ], flushInterval: 20_000_000)
        world.receiver.tell(.assigned([at(a, 0)]))
        world.receiver.produce(["\"good\"", "{bad", "\"fine\""], to: a)
        if isTolerant {
            eventually("the others are put") { sink.texts == ["good", "fine"] }
            eventually("and the bad one is passed") { world.receiver.committed == [a: 3] }
            finish(task, world)
        } else {
            eventually("it ends") { bench.observer.log.ends == [.failed] }
            #expect(bench.observer.log.errors.map(\.code) == [.recordConversion])
            // It can be found.
            #expect(
                bench.observer.log.errors.first?.detail
                    == "In the record at offset 1 of \(a), at stage VALUE_CONVERTER")
            // What came before it is put, and committed.
            #expect(sink.texts == ["good"])
            #expect(world.receiver.committed == [a: 1])
        }
    }
}

/// Says yes once.
private final class Once: Sendable {
    private let used = Atomic<Bool>(false)

    func first() -> Bool { !used.exchange(true, ordering: .acquiringAndReleasing) }
}
