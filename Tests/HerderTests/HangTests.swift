import ClusterCore
import ConnectModel
import Testing

@testable import Herder

/// A connector that blocks in each of its calls, while the worker serves the others.
@Suite struct HangTests {
    private func expectOthersAreServed(_ worker: Worker) async {
        #expect(await worker.create("other").isCreated)
        #expect(await worker.ask(.restartConnector(name: "other", includeTasks: false, onlyFailed: false)).isDone)
        #expect(await worker.ask(.deleteConnector(name: "other")).isDone)
    }

    @Test(arguments: ["start", "taskConfigs", "validate"])
    func `one that hangs when it is created holds up nobody`(call: String) async throws {
        let worker = try await Worker()
        worker.catalog["stuck"].set(call, .block)
        let answer = worker.send(.createConnector(name: "stuck", config: worker.config("stuck"), initialState: nil))
        await worker.until("it is in the call") { worker.catalog["stuck"].calls.last == call }
        await expectOthersAreServed(worker)
        #expect(answer.value == nil)
        #expect(worker.herder.snapshot.stage?.completed == nil, "a stage is under way")
        worker.catalog["stuck"].release()
        await worker.until("it is answered") { answer.value?.isCreated == true }
    }

    @Test func `what is under way is named for time-outs`() async throws {
        let worker = try await Worker()
        worker.catalog["stuck"].set("start", .block)
        let answer = worker.send(.createConnector(name: "stuck", config: worker.config("stuck"), initialState: nil))
        await worker.until("it starts") { worker.herder.snapshot.stage?.description == "starting the connector" }
        worker.catalog["stuck"].release()
        await worker.until("it is answered") { answer.value != nil }
        let stage = try #require(worker.herder.snapshot.stage)
        #expect(stage.description == "generating task configs for connector stuck")
        #expect(stage.completed != nil)
    }

    @Test func `what holds up one connector is not told of another`() async throws {
        let worker = try await Worker()
        worker.catalog["slow"].set("validate", .block)
        _ = worker.send(.createConnector(name: "slow", config: worker.config("slow"), initialState: nil))
        await worker.until("it is validated") { worker.catalog["slow"].calls.last == "validate" }
        worker.catalog["stuck"].set("start", .block)
        _ = worker.send(.createConnector(name: "stuck", config: worker.config("stuck"), initialState: nil))
        await worker.until("it starts") { worker.herder.snapshot.stage?.description == "starting the connector" }
        let snapshot = worker.herder.snapshot
        let validation = "performing multi-property validation for the connector"
        #expect(snapshot.stage(for: "slow")?.description == validation)
        #expect(snapshot.stage(for: "stuck")?.description == "starting the connector")
        #expect(snapshot.stage(for: "other")?.connector == nil)
        worker.catalog["slow"].release()
        worker.catalog["stuck"].release()
    }

    @Test(arguments: ["start", "taskConfigs"])
    func `a connector can be deleted while it hangs, and made again`(call: String) async throws {
        let worker = try await Worker()
        worker.catalog["stuck"].set(call, .block)
        let answer = worker.send(.createConnector(name: "stuck", config: worker.config("stuck"), initialState: nil))
        await worker.until("it is in the call") { worker.catalog["stuck"].calls.last == call }
        let delete = worker.send(.deleteConnector(name: "stuck"))
        await worker.until("it is gone from the picture") { worker.connector("stuck") == nil }
        worker.catalog["stuck"].set(call, nil)
        #expect(await worker.create("stuck").isCreated)
        #expect(delete.value?.isDone == true)
        #expect(answer.value?.error?.code == .connectorFailed)
        #expect(worker.catalog["stuck"].calls.contains("interrupt"))
        worker.catalog["stuck"].release()
    }

    @Test func `a call that heeds its interruption keeps its instance in order`() async throws {
        let worker = try await Worker(patience: .standard)
        worker.catalog["slow"].set("start", .blockUntilInterrupted)
        let answer = worker.send(.createConnector(name: "slow", config: worker.config("slow"), initialState: nil))
        await worker.until("it starts") { worker.catalog["slow"].calls.last == "start" }
        #expect(await worker.ask(.deleteConnector(name: "slow")).isDone)
        #expect(worker.catalog["slow"].calls.last == "destroy", "freed, not abandoned")
        #expect(answer.value != nil)
    }

    @Test func `a restart shows before the old instance has stopped`() async throws {
        let worker = try await Worker(patience: .standard)
        #expect(await worker.create("stuck").isCreated)
        await worker.until("it runs") { worker.state("stuck") == .running }
        worker.catalog["stuck"].set("stop", .block)
        let restart = Command.restartConnector(name: "stuck", includeTasks: true, onlyFailed: false)
        #expect(await worker.ask(restart).accepted?.connector.state == .restarting)
        await worker.until("it is being stopped") { worker.catalog["stuck"].calls.last == "stop" }
        #expect(worker.state("stuck") == .restarting)
        worker.catalog["stuck"].release()
        await worker.until("it runs again") { worker.state("stuck") == .running }
    }

    @Test func `a stop that hangs does not keep a connector from its restart`() async throws {
        let worker = try await Worker()
        _ = await worker.create("stuck")
        worker.catalog["stuck"].set("stop", .block)
        #expect(await worker.ask(.restartConnector(name: "stuck", includeTasks: false, onlyFailed: false)).isDone)
        #expect(worker.state("stuck") == .running)
        #expect(worker.catalog["stuck"].count("start") == 2)
        await expectOthersAreServed(worker)
        worker.catalog["stuck"].release()
    }

    @Test func `a reconfiguration that hangs gives way to the next configuration`() async throws {
        let worker = try await Worker()
        worker.catalog["stuck"].setReconfigurable(true)
        _ = await worker.create("stuck")
        worker.catalog["stuck"].set("reconfigure", .block)
        let first = worker.send(.putConnectorConfig(name: "stuck", config: worker.config("stuck", [("n", "1")])))
        await worker.until("it hangs") { worker.catalog["stuck"].calls.last == "reconfigure" }
        #expect(
            await worker.ask(.putConnectorConfig(name: "stuck", config: worker.config("stuck", [("n", "2")]))).isUpdated
        )
        #expect(first.value?.isUpdated == true)
        #expect(worker.catalog["stuck"].configs.last?["n"] == "2")
        worker.catalog["stuck"].release()
    }

    @Test func `a hung change of offsets holds up nobody`() async throws {
        let worker = try await Worker()
        _ = await worker.create("stuck", state: .stopped)
        worker.catalog["stuck"].set("alterOffsets", .block)
        let answer = worker.send(.resetConnectorOffsets(name: "stuck"))
        await worker.until("it hangs") { worker.catalog["stuck"].calls.last == "alterOffsets" }
        await expectOthersAreServed(worker)
        worker.catalog["stuck"].release()
        await worker.until("it is answered") { answer.value?.message != nil }
    }

    @Test func `tasks that do not end are waited for, and then the next generation starts`() async throws {
        let worker = try await Worker()
        _ = await worker.create("orders")
        await worker.until("it runs") { worker.tasks.live.count == 1 }
        worker.tasks.hang("orders")
        let task = TaskID(connector: "orders", number: 0)
        let answer = worker.send(.restartTask(task))
        await worker.until("it was told to stop") { worker.tasks.runs.first?.isStopping == true }
        await expectOthersAreServed(worker)
        #expect(answer.value == nil)
        worker.tasks.end(task, .abandoned(call: "stop"))
        await worker.until("it is answered") { answer.value?.isDone == true }
        #expect(worker.tasks.live.count == 1)
    }

    @Test func `a task that is stopped while its references are looked up is never started`() async throws {
        let worker = try await Worker()
        worker.catalog["orders"].setTasks([ConfigMap([("a", "${x:slow}")])])
        #expect(await worker.create("orders").isCreated, "the task's part is still to come")
        let stop = worker.send(.stopConnector(name: "orders"))
        await worker.until("it is answered, though the look-up hangs") { stop.value?.isDone == true }
        #expect(worker.state("orders") == .stopped)
        #expect(worker.tasks.runs.isEmpty)
        _ = worker.send(.resumeConnector(name: "orders"))
        await worker.until("its next life has begun") {
            worker.uses.all.count { $0 == .connector("orders") } == 2
        }
        worker.gate.open()
        await worker.until("it runs") { worker.taskStates("orders") == [.running] }
        #expect(worker.tasks.runs.count == 1, "the first one was looked up before it")
    }

    @Test func `the worker ends while references are looked up for a task`() async throws {
        let worker = try await Worker()
        worker.catalog["orders"].setTasks([ConfigMap([("a", "${x:slow}")])])
        #expect(await worker.create("orders").isCreated)
        let began = ContinuousClock.now
        await worker.stop()
        #expect(ContinuousClock.now - began < .seconds(5), "not for want of time")
        worker.gate.open()
    }

    @Test func `a validation that never returns is given up with its request, and the name is free`() async throws {
        let worker = try await Worker(requestTime: 1_000_000_000)
        worker.catalog["stuck"].set("validate", .block)
        #expect(await worker.create("stuck").error?.code == .requestTimedOut)
        await worker.until("it was interrupted") { worker.catalog["stuck"].calls.contains("interrupt") }
        worker.catalog["stuck"].set("validate", nil)
        #expect(await worker.create("stuck").isCreated)
        worker.catalog["stuck"].release()
    }

    @Test func `validations of one class that hang leave room for those of others`() async throws {
        let worker = try await Worker()
        worker.catalog["validation"].set("validate", .block)
        for _ in 0..<48 { _ = worker.send(.validateConfig(ConfigMap([("connector.class", "Good")]))) }
        let refused = await worker.ask(.validateConfig(ConfigMap([("connector.class", "org.GoodConnector")])))
        #expect(
            refused.refusal
                == "409 48 configurations of org.GoodConnector are being checked and do not come to an end")
        #expect(await worker.create("other", className: "Other").isCreated)
        worker.catalog["validation"].release()
        await worker.until("they have come to an end") { worker.catalog["validation"].count("destroy") == 48 }
        #expect(await worker.create("good").isCreated)
    }

    @Test func `a change of offsets that never returns is given up with its request`() async throws {
        let worker = try await Worker(requestTime: 1_000_000_000)
        _ = await worker.create("stuck", state: .stopped)
        worker.catalog["stuck"].set("alterOffsets", .block)
        #expect(
            await worker.ask(.resetConnectorOffsets(name: "stuck")).refusal
                == "500 Timed out while calling the 'alterOffsets' method for source connector stuck")
        worker.catalog["stuck"].release()
        #expect(worker.herder.snapshot.stage?.completed != nil)
    }

    @Test func `a long queue of changes that fail at once is worked off`() async throws {
        let worker = try await Worker()
        worker.catalog["stuck"].set("validate", .blockThenFail(ConnectError(.pluginFailed, "no")))
        let patch = Command.patchConnectorConfig(name: "stuck", patch: ConfigMap())
        let first = worker.send(.createConnector(name: "stuck", config: worker.config("stuck"), initialState: nil))
        let others = (0..<20_000).map { _ in worker.send(patch) }
        #expect(await worker.ask(.health).error == nil, "all are queued")
        worker.catalog["stuck"].release()
        await worker.until("all are answered") { others.allSatisfy { $0.value?.error?.code == .connectorUnknown } }
        #expect(first.value?.error?.message == "no")
    }
}
