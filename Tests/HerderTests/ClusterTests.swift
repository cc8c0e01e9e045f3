import ClusterCore
import ConnectModel
import Logging
import TaskRuntime
import Testing

@testable import Herder

/// Herders of one cluster, over topics and a coordinator in memory.
@Suite struct ClusterTests {
    private func cluster(_ names: [String]) async throws -> (FakeCluster, [Worker]) {
        let cluster = FakeCluster()
        var workers: [Worker] = []
        for name in names { workers.append(try await Worker(cluster: cluster, name: name)) }
        return (cluster, workers)
    }

    /// Sends a command as REST does: to the worker that is named in the answer, once.
    private func ask(_ command: Command, _ workers: [Worker], at first: Int) async -> Result<Reply, ConnectError> {
        let result = await workers[first].ask(command)
        guard case .success(.elsewhere(let url?)) = result,
            let target = workers.first(where: { FakeCluster.url($0.name) == url })
        else { return result }
        return await target.ask(command)
    }

    private func create(
        _ name: String, tasks: Int, _ workers: [Worker], at first: Int = 0
    ) async -> Result<Reply, ConnectError> {
        for worker in workers {
            worker.catalog[name].setTasks((0..<tasks).map { ConfigMap([("n", "\($0)")]) })
        }
        let config = workers[first].config(name, [("tasks.max", "\(tasks)")])
        return await ask(.createConnector(name: name, config: config, initialState: nil), workers, at: first)
    }

    private func runningTasks(_ workers: [Worker]) -> [Int] { workers.map { $0.tasks.live.count } }

    @Test func `one worker leads itself and runs what it is given`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        let created = await create("orders", tasks: 2, workers)
        #expect(created.isCreated)
        #expect(created.info?.tasks == [], "the answer does not wait for tasks")
        await workers[0].until("all run") {
            workers[0].state("orders") == .running && workers[0].taskStates("orders") == [.running, .running]
        }
        #expect(
            cluster.config.keys.filter { $0 != "session-key" } == [
                "connector-orders", "task-orders-0", "task-orders-1", "commit-orders",
            ])
        #expect(cluster.config.values["session-key"] != nil)
        #expect(cluster.status.values["status-task-orders-1"]?.contains("\"worker_id\":\"a:8083\"") == true)
        #expect(workers[0].herder.snapshot.cluster?.isLeader == true)
        #expect(workers[0].herder.snapshot.cluster?.sessionKey?.base64 == "aGV5")
    }

    @Test func `work moves to a worker that joins, each task in one place, and back when it leaves`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        _ = await create("orders", tasks: 4, workers)
        await workers[0].until("all run") { runningTasks(workers) == [4] }
        let second = try await Worker(cluster: cluster, name: "b")
        second.catalog["orders"].setTasks((0..<4).map { ConfigMap([("n", "\($0)")]) })
        let both = workers + [second]
        await second.until("tasks are spread") { runningTasks(both) == [2, 2] }
        await second.until("both see all run") {
            both.allSatisfy { $0.taskStates("orders") == Array(repeating: .running, count: 4) }
        }
        #expect(workers[0].tasks.overlaps + second.tasks.overlaps == 0)
        await second.stop()
        await workers[0].until("all are back") {
            runningTasks(workers) == [4] && workers[0].taskStates("orders") == Array(repeating: .running, count: 4)
        }
    }

    @Test func `a task whose references are still looked up goes to another worker without holding up the group`()
        async throws
    {
        let (cluster, workers) = try await cluster(["a"])
        let config = workers[0].config("orders", [("tasks.max", "2")])
        let tasks = (0..<2).map { ConfigMap([("n", "\($0)"), ("password", "${x:slow}")]) }
        let second = try await Worker(isReady: false, cluster: cluster, name: "b")
        for worker in [workers[0], second] { worker.catalog["orders"].setTasks(tasks) }
        second.gate.open()
        #expect(await workers[0].ask(.createConnector(name: "orders", config: config, initialState: nil)).isCreated)
        await workers[0].until("the first worker looks them up") {
            workers[0].uses.all.contains(.task(TaskID(connector: "orders", number: 0)))
        }
        second.kafka.connect()
        #expect(await second.start([]).isEmpty, "the round comes to its end")
        await second.until("the second one runs one of them") { second.tasks.live.count == 1 }
        workers[0].gate.open()
        await second.until("both run") { runningTasks(workers + [second]) == [1, 1] }
        #expect(workers[0].tasks.overlaps + second.tasks.overlaps == 0)
        #expect(workers[0].tasks.runs.count == 1, "what was given away was not started late")
    }

    @Test func `each settled round tells who may still answer: the leader, and to it every member`() async throws {
        let (cluster, workers) = try await cluster(["a", "b"])
        let (a, b) = (FakeCluster.url("a"), FakeCluster.url("b"))
        await workers[0].until("both know each other") {
            // The first as the only member, then both in the second round.
            cluster.answering.contains([a, b]) && cluster.answering.filter { $0 == [a] }.count > 1
        }
        await workers[0].stop()
        await workers[1].until("the one that is left leads itself") { cluster.answering.last == [b] }
    }

    @Test func `only the leader writes: others answer where it is`() async throws {
        let (_, workers) = try await cluster(["a", "b"])
        let config = workers[1].config("orders")
        let command = Command.createConnector(name: "orders", config: config, initialState: nil)
        guard case .success(.elsewhere(let url)) = await workers[1].ask(command) else {
            Issue.record("not sent on")
            return
        }
        #expect(url == "http://a:8083/")
        #expect(await create("orders", tasks: 1, workers, at: 1).isCreated)
        #expect(await create("orders", tasks: 1, workers, at: 1).refusal == "409 Connector orders already exists")
        for command: Command in [
            .deleteConnector(name: "none"), .restartTask(TaskID(connector: "none", number: 0)),
            .pauseConnector(name: "none"), .stopConnector(name: "none"),
        ] {
            #expect(await ask(command, workers, at: 1).error?.httpStatus == 404)
        }
    }

    @Test func `a follower does not judge by what it has read whether a connector is there`() async throws {
        let (_, workers) = try await cluster(["a", "b"])
        #expect(await create("orders", tasks: 1, workers).isCreated)
        await workers[1].until("the follower knows it") { workers[1].connector("orders") != nil }
        let patch = ConfigMap([("tasks.max", "2")])
        for command: Command in [
            .patchConnectorConfig(name: "none", patch: patch), .patchConnectorConfig(name: "orders", patch: patch),
            .createConnector(name: "orders", config: workers[1].config("orders"), initialState: nil),
        ] {
            guard case .success(.elsewhere(let url)) = await workers[1].ask(command) else {
                Issue.record("not handed on: \(command)")
                continue
            }
            #expect(url == "http://a:8083/")
        }
        let patched = await ask(.patchConnectorConfig(name: "orders", patch: patch), workers, at: 1)
        #expect(patched.info?.config["tasks.max"] == "2")
        let none = await ask(.patchConnectorConfig(name: "none", patch: patch), workers, at: 1)
        #expect(none.refusal == "404 Connector none not found")
    }

    @Test func `a follower's connector hands its tasks to the leader, again and again until it takes them`()
        async throws
    {
        let (cluster, workers) = try await cluster(["a", "b"])
        cluster.refuseTasks(ConnectError(.requestConflict, "no"))
        for name in ["one", "two"] { _ = await create(name, tasks: 1, workers) }
        await workers[0].until("a follower has tried") { !cluster.handedTo.isEmpty }
        #expect(Set(cluster.handedTo) == ["http://a:8083/"])
        cluster.refuseTasks(nil)
        await workers[0].until("both have their task") {
            workers[0].taskStates("one") == [.running] && workers[0].taskStates("two") == [.running]
        }
    }

    @Test func `pause and resume reach tasks on every worker, whoever is asked`() async throws {
        let (_, workers) = try await cluster(["a", "b"])
        _ = await create("orders", tasks: 2, workers)
        await workers[0].until("each has a task") { runningTasks(workers) == [1, 1] }
        #expect(await workers[1].ask(.pauseConnector(name: "orders")).isDone)
        await workers[0].until("all rest") { workers.allSatisfy { $0.taskStates("orders") == [.paused, .paused] } }
        #expect(await workers[1].ask(.resumeConnector(name: "orders")).isDone)
        await workers[0].until("all run") { workers.allSatisfy { $0.taskStates("orders") == [.running, .running] } }
    }

    @Test func `tasks run on where the config topic refuses their new configurations`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        _ = await create("orders", tasks: 2, workers)
        await workers[0].until("all run") { workers[0].taskStates("orders") == [.running, .running] }
        cluster.config.refuseValues(longerThan: 1000)
        let large = ConfigMap([("n", String(repeating: "9", count: 2000))])
        workers[0].catalog["orders"].setTasks([large])
        #expect(await workers[0].ask(.restartConnector(name: "orders", includeTasks: false, onlyFailed: false)).isDone)
        await workers[0].until("the connector fails") { workers[0].state("orders") == .failed }
        #expect(cluster.config.keys.filter { $0 == "commit-orders" }.count == 1, "nothing was put into force")
        #expect(workers[0].taskStates("orders") == [.running, .running])
    }

    @Test func `a worker hides the passwords of what others have configured, as long as it runs`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        let password = "hunter2-of-a-cluster"
        workers[0].catalog["orders"].set("start", .fail(ConnectError(.pluginFailed, "no login with \(password)")))
        cluster.config.append([
            ConfigLogRecord.connector("orders", workers[0].config("orders", [("password", password)])).entry
        ]) { _ in }
        await workers[0].until("it fails") { workers[0].state("orders") == .failed }
        #expect(workers[0].connector("orders")?.status?.connector.trace?.contains("no login with [hidden]") == true)
        #expect(cluster.status.values["status-connector-orders"]?.contains(password) == false)
        #expect(LogSystem.redactor.redact(password) == password, "nothing runs with it any more")
        workers[0].catalog["orders"].set("start", nil)
        #expect(await workers[0].ask(.restartConnector(name: "orders", includeTasks: false, onlyFailed: false)).isDone)
        await workers[0].until("it runs") { workers[0].state("orders") == .running }
        #expect(LogSystem.redactor.redact(password) == "[hidden]")
    }

    @Test func `offsets are not changed under tasks of another worker that have not ended yet`() async throws {
        let (_, workers) = try await cluster(["a", "b"])
        _ = await create("orders", tasks: 2, workers)
        await workers[0].until("each has a task") { runningTasks(workers) == [1, 1] }
        workers[1].tasks.hang("orders")
        #expect(await ask(.stopConnector(name: "orders"), workers, at: 0).isDone)
        let reset = workers[0].send(.resetConnectorOffsets(name: "orders"))
        await workers[0].until("the leader's task has ended, and all know of the stop") {
            runningTasks(workers) == [0, 1] && workers.allSatisfy { $0.state("orders") == .stopped }
        }
        #expect(reset.value?.message == nil, "done under a task that writes")
        for task in workers[1].tasks.live { workers[1].tasks.end(task.specification.id, .stopped) }
        // It waits for the round, or was refused because that took too long.
        await workers[0].until("it is answered") { reset.value != nil }
        await workers[0].until("the round is through") { workers[0].herder.snapshot.cluster?.isLeader == true }
        let again = await ask(.resetConnectorOffsets(name: "orders"), workers, at: 0)
        #expect(again.message != nil, "\(again)")
    }

    @Test func `the config topic is read to its end beside own writes: they may wait for the round that waits for it`()
        async throws
    {
        let (cluster, workers) = try await cluster(["a"])
        _ = await create("orders", tasks: 1, workers)
        let created = cluster.config.reads
        #expect(created.all > 0 && created.behindWrites == 0)
        #expect(await ask(.stopConnector(name: "orders"), workers, at: 0).isDone)
        await workers[0].until("it has stopped") { runningTasks(workers) == [0] }
        let stopped = cluster.config.reads
        _ = await ask(.resetConnectorOffsets(name: "orders"), workers, at: 0)
        #expect(cluster.config.reads.all > stopped.all && cluster.config.reads.behindWrites == 0)
        // An assignment that was made from more of the topic than was read here.
        let assignment = WorkerAssignment(
            version: 2, leaderID: "a", leaderURL: FakeCluster.url("a"), configOffset: 1_000)
        let before = cluster.config.reads
        cluster.coordinator.tell(
            .assigned(
                generation: cluster.coordinator.generation + 1, memberID: "a", leaderID: "a", protocolName: "sessioned",
                bytes: try assignment.encode()), to: "a")
        await workers[0].until("it reads on") { cluster.config.reads.all > before.all }
        #expect(cluster.config.reads.behindWrites == 0)
    }

    @Test func `a trace is cut before it is a record`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        workers[0].catalog["orders"].set(
            "start", .fail(ConnectError(.pluginFailed, "x" + String(repeating: "é", count: 1 << 20))))
        _ = await create("orders", tasks: 1, workers)
        await workers[0].until("it fails") { workers[0].state("orders") == .failed }
        #expect((cluster.status.values["status-connector-orders"]?.utf8.count ?? 0) < 40_000)
        #expect(workers[0].connector("orders")?.status?.connector.trace?.hasSuffix("é… (2097153 bytes in all)") == true)
    }

    @Test func `a stopped connector has no tasks anywhere, and a deleted one no status`() async throws {
        let (cluster, workers) = try await cluster(["a", "b"])
        _ = await create("orders", tasks: 2, workers)
        await workers[0].until("each has a task") { runningTasks(workers) == [1, 1] }
        #expect(await ask(.stopConnector(name: "orders"), workers, at: 1).isDone)
        await workers[0].until("nothing runs") {
            runningTasks(workers) == [0, 0]
                && workers.allSatisfy { $0.state("orders") == .stopped && $0.taskStates("orders") == [] }
        }
        #expect(await ask(.deleteConnector(name: "orders"), workers, at: 1).isDone)
        await workers[0].until("nothing is left") {
            workers.allSatisfy { $0.connector("orders") == nil }
                && cluster.status.values.keys.allSatisfy {
                    !$0.hasPrefix("status-connector") && !$0.hasPrefix("status-task")
                }
        }
        #expect(await create("orders", tasks: 1, workers).isCreated, "the name can be used again")
        await workers[0].until("it runs") { runningTasks(workers).reduce(0, +) == 1 }
    }

    @Test func `a restart reaches what was chosen on every worker`() async throws {
        let (_, workers) = try await cluster(["a", "b"])
        _ = await create("orders", tasks: 2, workers)
        await workers[0].until("each has a task") { runningTasks(workers) == [1, 1] }
        await workers[0].until("both see all run") {
            workers.allSatisfy { $0.taskStates("orders") == [.running, .running] && $0.state("orders") == .running }
        }
        let before = workers.map(\.tasks.runs.count)
        let restart = Command.restartConnector(name: "orders", includeTasks: true, onlyFailed: false)
        let plan = await ask(restart, workers, at: 1).accepted
        #expect(plan?.tasks.map(\.status.state) == [.restarting, .restarting])
        await workers[0].until("both were restarted") {
            workers.map(\.tasks.runs.count) == before.map { $0 + 1 }
                && workers.allSatisfy { $0.taskStates("orders") == [.running, .running] }
        }
        for number in [Int32(0), 1] {
            let task = Command.restartTask(TaskID(connector: "orders", number: number))
            let owner = await ask(task, workers, at: 1)
            // The leader sends a third time where the owner is not the one that was asked first.
            if case .success(.elsewhere(let url)) = owner {
                #expect(url == "http://b:8083/")
            } else {
                #expect(owner.isDone)
            }
        }
    }

    @Test func `a restart is answered when its connector is deleted meanwhile`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        _ = await create("orders", tasks: 1, workers)
        await workers[0].until("all run") { workers[0].taskStates("orders") == [.running] }
        workers[0].tasks.hang("orders")
        // A task that is to be restarted does not stop: the connector's restart waits for it.
        let taskRestart = workers[0].send(.restartTask(TaskID(connector: "orders", number: 0)))
        let restart = workers[0].send(.restartConnector(name: "orders", includeTasks: false, onlyFailed: false))
        await workers[0].until("the connector was restarted") { workers[0].catalog["orders"].count("taskConfigs") == 2 }
        #expect(await workers[0].ask(.deleteConnector(name: "orders")).isDone)
        await workers[0].until("the connector has stopped") {
            // UNASSIGNED, or removed already.
            cluster.status.values["status-connector-orders"]?.contains("RUNNING") != true
        }
        #expect(restart.value == nil)
        for task in workers[0].tasks.live { workers[0].tasks.end(task.specification.id, .stopped) }
        await workers[0].until("the task's restart is answered") { taskRestart.value?.error?.code == .taskUnknown }
        await workers[0].until("the restart is answered") { restart.value != nil }
        #expect(restart.value?.error == Herder.endedMeanwhile)
    }

    @Test func `without a coordinator nothing runs, and everything is back with it`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        _ = await create("orders", tasks: 2, workers)
        await workers[0].until("all run") { runningTasks(workers) == [2] }
        cluster.coordinator.tell(.coordinatorLost(sessionEnds: 7), to: "a")
        await workers[0].until("nothing runs") {
            runningTasks(workers) == [0] && workers[0].state("orders") == .unassigned
        }
        #expect(workers[0].tasks.runs.map(\.sessionEnds) == [7, 7], "no longer than others wait for it")
        guard case .success(.unhealthy(let stage)) = await workers[0].ask(.health) else {
            Issue.record("healthy without a coordinator")
            return
        }
        #expect(stage.description == "waiting for the group's coordinator")
        #expect(workers[0].herder.snapshot.stage == stage)
        cluster.coordinator.tell(.coordinatorFound, to: "a")
        guard case .success(.healthy) = await workers[0].ask(.health) else {
            Issue.record("not healthy with a coordinator")
            return
        }
        await workers[0].until("all run again") {
            runningTasks(workers) == [2] && workers[0].state("orders") == .running
        }
    }

    @Test func `a write that the topic refuses is the answer, and changes nothing`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        cluster.config.failToAppend(ConnectError(.kafkaUnavailable, "no broker"))
        #expect(await create("orders", tasks: 1, workers).error?.message == "no broker")
        #expect(workers[0].connector("orders") == nil)
        cluster.config.failToAppend(nil)
        #expect(await create("orders", tasks: 1, workers).isCreated)
    }

    @Test func `records that make no sense are passed over`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        for key in ["connector-bad", "status-connector-bad", "what", "commit-none", "task-x", "session-key"] {
            let entry = LogEntry(key: Array(key.utf8), value: Array("{no".utf8))
            cluster.config.append([entry]) { _ in }
            cluster.status.append([entry]) { _ in }
        }
        #expect(await create("orders", tasks: 1, workers).isCreated)
        await workers[0].until("it runs") { runningTasks(workers) == [1] }
    }

    @Test func `a former owner's status that comes late does not stay the last word`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        _ = await create("orders", tasks: 1, workers)
        await workers[0].until("all run") { workers[0].taskStates("orders") == [.running] }
        var tried: Set<String> = []
        for key in [
            "status-connector-orders", "status-task-orders-0", "status-connector-orders", "status-task-orders-0",
        ] {
            // Of an older generation first, then of that of the present owner.
            let present = try #require(cluster.status.values[key])
            let own = try #require(present.split(separator: "\"generation\":").last?.prefix { $0.isNumber })
            let generation = tried.insert(key).inserted ? "0" : own
            let late =
                #"{"state":"UNASSIGNED","trace":null,"worker_id":"gone:8083","generation":\#(generation),"version":null}"#
            cluster.status.append([LogEntry(key: Array(key.utf8), value: Array(late.utf8))]) { _ in }
            await workers[0].until("it was put again") {
                cluster.status.values[key]?.contains(#""state":"RUNNING""#) == true
            }
        }
        await workers[0].until("it is shown so") {
            workers[0].state("orders") == .running && workers[0].taskStates("orders") == [.running]
        }
    }

    @Test func `a status of a later generation is left alone`() async throws {
        let (cluster, workers) = try await cluster(["a"])
        _ = await create("orders", tasks: 1, workers)
        await workers[0].until("all run") { workers[0].taskStates("orders") == [.running] }
        let later = #"{"state":"RUNNING","trace":null,"worker_id":"next:8083","generation":99,"version":null}"#
        cluster.status.append([LogEntry(key: Array("status-connector-orders".utf8), value: Array(later.utf8))]) { _ in }
        await workers[0].until("it was read") {
            workers[0].connector("orders")?.status?.connector.workerID == "next:8083"
        }
        #expect(cluster.status.values["status-connector-orders"] == later)
    }
}
