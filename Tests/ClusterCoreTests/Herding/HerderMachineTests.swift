import ConnectModel
import Testing

@testable import ClusterCore

/// What follows from events, for a worker of a cluster.
@Suite struct HerderMachineTests {
    private func starts(_ actions: [HerderMachine.Action]) -> [String] {
        actions.compactMap {
            switch $0 {
            case .connector(let name, .start): name
            case .tasks(let name, .start(let number, _, _)): "\(name)-\(number)"
            default: nil
            }
        }
    }

    private func isOffered(_ actions: [HerderMachine.Action]) -> Bool {
        actions.contains { if case .membership(.offer) = $0 { true } else { false } }
    }

    private func tasks(_ count: Int, of name: String) -> [ConfigLogRecord] {
        (0..<count).map { .task(TaskID(connector: name, number: Int32($0)), task("\($0)")) }
            + [.commit(name, tasks: Int32(count))]
    }

    @Test func `what was assigned starts, and nothing else`() throws {
        var story = HerderStory()
        story.configure("A")
        story.configure("B")
        story.read(tasks(2, of: "A"))
        #expect(starts(try story.follow("A A-1")) == ["A", "A-1"])
    }

    @Test func `tasks that were committed behind the assignment wait for the next one`() throws {
        var story = HerderStory()
        story.configure("A")
        _ = try story.follow("A-0")
        let committed = story.read(tasks(1, of: "A"))
        #expect(starts(committed).isEmpty)
        story.time += 10_000_000
        let asked = story.machine.advance(at: story.now)
        #expect(asked.contains(.membership(.rejoin(reason: "the tasks of connector A were changed"))))
        #expect(starts(try story.follow()) == ["A-0"])
    }

    @Test func `what cannot be restarted is told in the words of Apache's distributed worker`() throws {
        var story = HerderStory()
        story.configure("A")
        story.lead()
        func message(_ request: HerderMachine.Request) -> String? {
            guard case .refused(let error)? = story.ask(request, 1).answers[1] else { return nil }
            return error.message
        }
        for (includeTasks, onlyFailed) in [(false, false), (true, false), (false, true)] {
            let restart = RestartRequest(connector: "none", includeTasks: includeTasks, onlyFailed: onlyFailed)
            #expect(message(.restart(restart, .source)) == "Unknown connector: none")
        }
        #expect(message(.restartTask(TaskID(connector: "none", number: 0))) == "Unknown connector: none")
        #expect(message(.restartTask(TaskID(connector: "A", number: 7))) == "Unknown task: A-7")
    }

    @Test func `whether a connector is there is the leader's to say, once it is known who leads`() throws {
        let config = ConfigMap([("connector.class", "C"), ("tasks.max", "1")])
        let create = HerderMachine.Request.store("A", config, initialState: nil, mustBeNew: true, version: nil)
        var story = HerderStory()
        story.configure("A")
        _ = try story.follow()
        let elsewhere = HerderMachine.Answer.elsewhere(url: HerderStory.leaderURL)
        #expect(story.ask(create, 1).answers == [1: elsewhere], "it may have been deleted")
        story.prepare()
        #expect(story.ask(create, 2).answers.isEmpty, "nobody knows who leads")
        let refused = HerderMachine.Answer.refused(
            ConnectError(.connectorExists, "Connector A already exists"))
        #expect(story.lead().answers == [2: refused])
        #expect(story.ask(create, 3).answers == [3: refused])
    }

    @Test func `tasks that are committed again as they are run on, and no round follows`() throws {
        var story = HerderStory()
        story.configure("A")
        story.read(tasks(2, of: "A"))
        _ = try story.follow("A-0 A-1")
        story.configure("A")
        let again = story.read(tasks(2, of: "A"))
        #expect(again.filter { if case .tasks = $0 { true } else { false } } == [])
        #expect(story.machine.nextDeadline == nil)
        let fewer = story.read(tasks(1, of: "A"))
        #expect(fewer.contains { if case .tasks("A", .stop) = $0 { true } else { false } }, "others do not")
    }

    @Test func `a task that the log does not have fails with the reason, in each generation`() throws {
        var story = HerderStory()
        // As compaction leaves an unchanged configuration that was put again.
        story.read(tasks(1, of: "A"))
        story.configure("A")
        let assigned = try story.follow("A A-0")
        let failed = try #require(assigned.statuses.first { $0.key == "status-task-A-0" })
        #expect(failed.status?.state == .failed)
        #expect(failed.status?.trace?.contains("PUT the connector's configuration again") == true)
        _ = story.machine.read(failed, at: story.now)
        #expect(!story.configure("B").statuses.contains { $0.key == "status-task-A-0" }, "it was told")
        let again = try story.follow("A-0")
        #expect(again.statuses.contains { $0.key == "status-task-A-0" }, "others may have run it")
        story.read(tasks(1, of: "A"))
        #expect(starts(try story.follow("A-0")) == ["A-0"])
    }

    @Test func `a failure is told though a worker of the group's earlier life wrote last`() throws {
        var story = HerderStory()
        story.configure("A")
        let old = InstanceStatus(state: .running, workerID: "gone:8083", generation: 57)
        _ = story.machine.read(.connector("A", old), at: story.now)
        let started = try story.follow("A")
        let instances = started.compactMap {
            if case .connector("A", .start(let instance)) = $0 { instance } else { nil }
        }
        let instance = try #require(instances.first)
        let now = story.now
        let failed = story.machine.connector("A", at: now) {
            $0.started(instance: instance, error: ConnectError(.pluginFailed, "no"), now: now.time)
        }
        #expect(failed.statuses.contains { $0.key == "status-connector-A" && $0.status?.state == .failed })
    }

    @Test func `a task that was removed behind the assignment is none that the log does not have`() throws {
        var story = HerderStory()
        story.configure("A")
        story.read(tasks(2, of: "A"))
        _ = try story.follow("A-0 A-1")
        #expect(!story.read(tasks(1, of: "A")).statuses.contains { $0.status?.state == .failed })
        story.read(.connector("A", nil))
        story.configure("A")
        #expect(!story.configure("B").statuses.contains { $0.status?.state == .failed })
    }

    @Test func `a round waits for what was revoked to stop`() throws {
        var story = HerderStory()
        story.configure("A")
        let started = try story.follow("A")
        _ = story.give([], "A", after: started)
        let revoked = try story.follow(revoked: "A")
        let stops = revoked.compactMap { if case .connector(_, .stop(let instance)) = $0 { instance } else { nil } }
        let instance = try #require(stops.first)
        #expect(!isOffered(story.machine.group(.preparing, at: story.now) + story.machine.turnEnded(at: story.now)))
        let now = story.now
        let stopped = story.machine.connector("A", at: now) { $0.stopped(instance: instance, now: now.time) }
        #expect(stopped.statuses.contains { $0.status?.state == .unassigned })
        #expect(!isOffered(story.machine.turnEnded(at: now)), "nor before it has said so")
        story.acknowledgeStatuses()
        #expect(isOffered(story.machine.turnEnded(at: now)))
    }

    @Test func `a round waits a second at most for a status topic that does not answer`() throws {
        var story = HerderStory()
        story.configure("A")
        let started = try story.follow("A")
        _ = story.give([], "A", after: started)
        #expect(story.machine.teller.underWay > 0, "RUNNING holds up nobody")
        story.stop("A", after: try story.follow(revoked: "A"))
        #expect(!isOffered(story.machine.group(.preparing, at: story.now) + story.machine.turnEnded(at: story.now)))
        let deadline = story.time + 1_000_000_000
        #expect(story.machine.nextDeadline == deadline)
        story.time = deadline - 1
        #expect(!isOffered(story.machine.turnEnded(at: story.now)))
        story.time = deadline
        #expect(isOffered(story.machine.advance(at: story.now) + story.machine.turnEnded(at: story.now)))
        #expect(story.machine.nextDeadline == nil)
    }

    @Test func `no time is due while something else stops, after statuses were waited for`() throws {
        var story = HerderStory()
        story.configure("A")
        story.configure("B")
        let started = try story.follow("A B")
        _ = story.give([], "A", after: started)
        _ = story.give([], "B", after: started)
        story.stop("A", after: try story.follow("B", revoked: "A"))
        _ = story.machine.group(.preparing, at: story.now) + story.machine.turnEnded(at: story.now)
        #expect(story.machine.releaseDeadline != nil)
        story.read(.connector("B", nil))
        #expect(story.machine.connectors["B"]?.isQuiet == false)
        #expect(story.machine.releaseDeadline == nil)
    }

    @Test func `the group hears that an assignment was carried out once what it took away has stopped`() throws {
        var story = HerderStory()
        story.configure("A")
        let started = try story.follow("A")
        #expect(started.contains(.membership(.carriedOut(generation: 1, memberID: "m"))))
        _ = story.give([], "A", after: started)
        let revoked = try story.follow(revoked: "A")
        let stops = revoked.compactMap { if case .connector(_, .stop(let instance)) = $0 { instance } else { nil } }
        let instance = try #require(stops.first)
        #expect(!revoked.contains(.membership(.carriedOut(generation: 2, memberID: "m"))))
        let now = story.now
        _ = story.machine.connector("A", at: now) { $0.stopped(instance: instance, now: now.time) }
        // Whether that is told already or not: the gate through which statuses go may open with this alone.
        let then = story.machine.turnEnded(at: now)
        #expect(then.contains(.membership(.carriedOut(generation: 2, memberID: "m"))))
        #expect(story.machine.turnEnded(at: now) == [], "once is enough")
    }

    @Test func `what is not configured any more is not offered`() throws {
        var story = HerderStory()
        story.read(.targetState("A", .paused), .targetState("B", .paused))
        story.configure("A")
        story.configure("B")
        _ = try story.follow("A B")
        story.read(.connector("A", nil))
        let offers = story.prepare()
        let metadata = try WorkerMetadata(try #require(offers.first).metadata)
        #expect(sortedText(metadata.held) == "B")
        #expect(sortedText(story.machine.work.set) == "B", "a connector of the same name is another one")
    }

    @Test func `a removed connector is forgotten once nothing of it is left`() throws {
        var story = HerderStory()
        story.configure("A")
        _ = try story.follow()
        let removed = story.read(.connector("A", nil))
        #expect(removed.contains(.forgotten("A")))
        #expect(story.machine.connectors["A"] == nil)
    }

    @Test func `requests wait for the round that is under way`() throws {
        var story = HerderStory()
        story.configure("A")
        story.prepare()
        #expect(story.ask(.delete("A"), 1).isEmpty)
        #expect(try story.follow().answers == [1: .elsewhere(url: HerderStory.leaderURL)])
        #expect(story.ask(.leadership, 2).answers == [2: .elsewhere(url: HerderStory.leaderURL)])
        story.prepare()
        _ = story.ask(.leadership, 3)
        #expect(story.machine.failWaiters(at: story.now).answers == [3: .elsewhere(url: nil)])
    }

    @Test func `the leader has a session key written, and tries again when that fails`() {
        var story = HerderStory()
        #expect(story.lead().contains(.makeSessionKey))
        let key = SessionKey(base64: "AAAA", algorithm: "HmacSHA256", createdAt: story.now.wall)
        let write = story.machine.madeSessionKey(.success(key), at: story.now)
        #expect(write == [.write([.sessionKey(key)], .sessionKey)])
        _ = story.machine.written(.sessionKey, error: ConnectError(.kafkaUnavailable, "no"), at: story.now)
        let retry = story.time + 1_000_000_000
        #expect(story.machine.nextDeadline == retry)
        story.time = retry
        #expect(story.machine.advance(at: story.now) == [.makeSessionKey])
        story.read(.sessionKey(key))
        #expect(story.machine.nextDeadline == retry + 3_599_000_000_000, "when it has run out")
    }

    @Test func `a status that could not be written is tried again while it is the newest`() throws {
        var story = HerderStory()
        story.configure("A")
        let started = try story.follow("A")
        let running = story.give([], "A", after: started)
        #expect(running.isEmpty == false)
        let now = story.now
        let raised = story.machine.connector("A", at: now) {
            $0.raised(ConnectError(.pluginFailed, "broken"), instance: 1 << 32, now: now.time)
        }
        let writes = raised.compactMap { if case .writeStatus(let write) = $0 { write } else { nil } }
        let write = try #require(writes.first)
        _ = story.machine.statusWritten(write, error: ConnectError(.kafkaUnavailable, "no"), at: now)
        story.time += 1_000_000_000
        #expect(story.machine.advance(at: story.now) == [.writeStatus(write)])
        _ = story.machine.statusWritten(write, error: ConnectError(.kafkaUnavailable, "no"), at: story.now)
        // Overtaken by another status.
        let later = story.now
        _ = story.machine.connector("A", at: later) {
            $0.raised(ConnectError(.pluginFailed, "again"), instance: 1 << 32, now: later.time)
        }
        story.time += 1_000_000_000
        #expect(story.machine.advance(at: story.now).statuses.isEmpty)
    }

    @Test func `the leader removes what comes late of the status of something that is gone`() throws {
        var story = HerderStory()
        story.configure("A")
        story.read(tasks(1, of: "A"))
        let late = InstanceStatus(state: .unassigned, workerID: "other:8083", generation: 1)
        let records: [StatusRecord] = [
            .connector("gone", late), .task(TaskID(connector: "gone", number: 0), late),
            .task(TaskID(connector: "A", number: 1), late),
            .topic("t", connector: "gone", .init(task: 0, discoveredAt: 0)),
        ]
        let kept: [StatusRecord] = [.connector("A", late), .task(TaskID(connector: "A", number: 0), late)]
        _ = try story.follow()
        for record in records + kept { #expect(story.machine.read(record, at: story.now).statuses.isEmpty) }
        story.lead()
        for record in records {
            let removed = story.machine.read(record, at: story.now).statuses
            #expect(removed.map(\.key) == [record.key])
            #expect(removed.allSatisfy { $0.status == nil })
        }
        for record in kept { #expect(story.machine.read(record, at: story.now).statuses.isEmpty) }
    }

    @Test func `a removal that comes late is followed by the status of what runs`() throws {
        var story = HerderStory()
        story.configure("A")
        story.read(tasks(1, of: "A"))
        let started = try story.follow("A A-0")
        _ = story.give([task("0")], "A", after: started)
        let now = story.now
        _ = story.machine.tasks("A", at: now) { $0.started(0, incarnation: 1 << 32) }
        let running = story.machine.tasks("A", at: now) { $0.reached(0, incarnation: 1 << 32, .running, nil) }
        for record in (story.written.map(\.record) + running.statuses) { _ = story.machine.read(record, at: now) }
        // Several in a row, as a leader writes them that has read of a deletion.
        for _ in 0..<3 { #expect(story.machine.read(.connector("A", nil), at: story.now).statuses.isEmpty) }
        story.time += 1_000_000_000
        let again = story.machine.advance(at: story.now).statuses
        #expect(again.map(\.key) == ["status-connector-A", "status-task-A-0"], "once")
        #expect(again.allSatisfy { $0.status?.state == .running })
        _ = story.machine.read(.connector("A", nil), at: story.now)
        story.read(.connector("A", nil))
        _ = story.machine.read(.connector("A", nil), at: story.now)
        story.time += 1_000_000_000
        #expect(story.machine.advance(at: story.now).statuses.isEmpty, "it is gone")
    }

    @Test func `a leader that knows no commit of a connector removes none of its tasks' statuses`() throws {
        var story = HerderStory()
        story.configure("A")
        let task = TaskID(connector: "A", number: 0)
        let status = InstanceStatus(state: .paused, workerID: "o:8083", generation: 0)
        story.lead()
        #expect(story.machine.read(.task(task, status), at: story.now).statuses.isEmpty)
        #expect(
            !story.lead().statuses.contains { $0.key == "status-task-A-0" }, "its worker would put it back without end")
        story.read(.commit("A", tasks: 0))
        #expect(story.lead().statuses.contains { $0.key == "status-task-A-0" && $0.status == nil })
    }

    @Test func `what another worker told of what is this one's now is told anew, at once or after the round`() throws {
        var story = HerderStory()
        story.configure("A")
        let started = try story.follow("A")
        _ = story.give([task("0")], "A", after: started)
        func theirs(_ state: InstanceState, _ generation: Int32) -> [StatusRecord] {
            let status = InstanceStatus(state: state, workerID: "o:8083", generation: generation)
            return story.machine.read(.connector("A", status), at: story.now).statuses
        }
        for (state, generation): (InstanceState, Int32) in [(.failed, 0), (.unassigned, 0), (.unassigned, 1)] {
            let again = theirs(state, generation)
            #expect(again.map(\.key) == ["status-connector-A"] && again.first?.status?.state == .running)
        }
        #expect(theirs(.running, 1).isEmpty, "of another group, perhaps: both would write without end")
        // It had the connector in a generation that this one has not heard of yet.
        #expect(theirs(.failed, 2).isEmpty)
        _ = try story.follow()
        let settled = try story.follow()
        let told = try #require(settled.statuses.first { $0.key == "status-connector-A" })
        #expect(told.status?.state == .running && told.status?.generation == 3 && told.status?.workerID == "m:8083")
    }

    @Test func `a removal that failed is not tried again once the connector is back`() throws {
        var story = HerderStory()
        story.configure("A")
        _ = story.give([], "A", after: story.lead())
        let status = InstanceStatus(state: .running, workerID: "o:8083", generation: 1)
        _ = story.machine.read(.connector("A", status), at: story.now)
        story.stop("A", after: story.read(.connector("A", nil)))
        let removals = story.lead().compactMap { if case .writeStatus(let write) = $0 { write } else { nil } }
        let removal = try #require(removals.first { $0.record.key == "status-connector-A" && $0.record.status == nil })
        _ = story.machine.statusWritten(removal, error: ConnectError(.kafkaUnavailable, "no"), at: story.now)
        story.configure("A")
        story.time += 1_000_000_000
        #expect(!story.machine.advance(at: story.now).contains(.writeStatus(removal)))
    }

    @Test func `the end waits for everything to stop and for its statuses`() throws {
        var story = HerderStory()
        story.configure("A")
        let started = try story.follow("A")
        _ = story.give([], "A", after: started)
        let ending = story.machine.end(at: story.now)
        #expect(!ending.contains(.allEnded))
        let now = story.now
        let stopped = story.machine.connector("A", at: now) { $0.stopped(instance: 1 << 32, now: now.time) }
        #expect(!stopped.contains(.allEnded))
        let pending = stopped.compactMap { if case .writeStatus(let write) = $0 { write } else { nil } }
        var last: [HerderMachine.Action] = []
        for write in story.written + pending { last = story.machine.statusWritten(write, error: nil, at: now) }
        #expect(last.contains(.allEnded))
    }

    @Test func `a worker that stops takes on nothing`() throws {
        var story = HerderStory()
        _ = try story.follow()
        #expect(story.machine.end(at: story.now) == [.allEnded])
        #expect(story.read(.connector("A", ConfigMap([("connector.class", "C")]))).isEmpty)
        #expect(story.machine.group(.preparing, at: story.now).isEmpty)
    }
}

/// The same for a worker alone: what it writes is read at once.
@Suite struct LonelyHerderMachineTests {
    private let config = ConfigMap([("connector.class", "C"), ("tasks.max", "1")])

    @Test func `a configuration starts its connector, and task configurations their tasks`() {
        var story = HerderStory(isAlone: true)
        let stored = story.ask(.store("A", config, initialState: nil, mustBeNew: true, version: "1.0"), 1)
        #expect(stored.answers == [1: .stored(isNew: true)])
        let given = story.give([task("0")], "A", after: stored)
        #expect(given.contains { if case .tasks("A", .start(0, _, false)) = $0 { true } else { false } })
        let again = story.ask(.store("A", config, initialState: nil, mustBeNew: true, version: nil), 2)
        #expect(again.answers == [2: .refused(ConnectError(.connectorExists, "Connector A already exists"))])
    }

    @Test func `a deleted connector ends, and is forgotten with its statuses`() {
        var story = HerderStory(isAlone: true)
        let stored = story.ask(.store("A", config, initialState: nil, mustBeNew: true, version: nil), 1)
        _ = story.give([], "A", after: stored)
        #expect(story.machine.statuses.connectorNames == ["A"])
        #expect(story.ask(.delete("A"), 2).answers == [2: .ending])
        let now = story.now
        let stopped = story.machine.connector("A", at: now) { $0.stopped(instance: 1 << 32, now: now.time) }
        #expect(stopped.contains(.ended("A")))
        #expect(story.machine.connectors["A"] == nil)
        #expect(story.machine.statuses.connectorNames.isEmpty)
    }

    @Test func `nobody else may set its tasks`() {
        var story = HerderStory(isAlone: true)
        guard case .refused(let error)? = story.ask(.tasks("A", []), 1).answers[1] else { return unexpected("taken") }
        #expect(error.httpStatus == 500)
    }
}
