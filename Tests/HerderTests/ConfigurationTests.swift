import ConnectModel
import TaskRuntime
import Testing

@testable import Herder

private let broken = ConnectError(.pluginFailed, "no such table", detail: "line 1\nline 2")

@Suite struct ConfigurationTests {
    @Test func `a new connector is answered when it runs and its tasks are there`() async throws {
        let worker = try await Worker()
        worker.catalog["orders"].setTasks([ConfigMap([("n", "0")]), ConfigMap([("n", "1")])])
        let reply = await worker.create("orders", [("tasks.max", "2")])
        #expect(reply.isCreated)
        #expect(reply.info?.tasks.map(\.number) == [0, 1])
        #expect(reply.info?.kind == .source)
        let connector = try #require(worker.connector("orders"))
        #expect(connector.status?.connector == InstanceStatus(state: .running, workerID: "here:8083", version: "1.2"))
        #expect(connector.taskConfigs.first == ConfigMap([("n", "0"), ("task.class", "org.GoodTask")]))
        await worker.until("both tasks run") { worker.taskStates("orders") == [.running, .running] }
    }

    @Test func `a name can be taken once`() async throws {
        let worker = try await Worker()
        _ = await worker.create("orders")
        #expect(await worker.create("orders").refusal == "409 Connector orders already exists")
    }

    @Test func `what is wrong with a configuration is told in Apache's words`() async throws {
        let worker = try await Worker()
        worker.catalog["orders"].setNotes([ValidationNote(key: "topic", errors: ["no topic"])])
        #expect(
            await worker.create("orders", [("tasks.max", "x")]).refusal == """
                400 Connector configuration is invalid and contains the following 2 error(s):
                Invalid value x for configuration tasks.max
                no topic
                You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`
                """)
        #expect(worker.connector("orders") == nil)
        let nameless = ConfigMap([("name", "orders")])
        #expect(
            await worker.ask(.putConnectorConfig(name: "orders", config: nameless)).refusal
                == "400 Connector config {name} contains no connector type")
        #expect(await worker.create("orders", className: "Bad").error?.code == .configUnknownClass)
    }

    @Test func `a put replaces everything and leaves the target state`() async throws {
        let worker = try await Worker()
        let put = { (extra: [(String, String?)]) in
            await worker.ask(.putConnectorConfig(name: "orders", config: worker.config("orders", extra)))
        }
        #expect(await put([("a", "1")]).isCreated)
        _ = await worker.ask(.stopConnector(name: "orders"))
        let reply = await put([("b", "2")])
        #expect(reply.isUpdated)
        #expect(reply.info?.config == worker.config("orders", [("b", "2")]))
        #expect(worker.state("orders") == .stopped)
    }

    @Test(.timeLimit(.minutes(1))) func `a patch may take out as many keys as a request holds`() async throws {
        let worker = try await Worker()
        let keys = (0..<40_000).map { "k\($0)" }
        #expect(await worker.create("orders", keys.map { ($0, "x") }).isCreated)
        let patch = ConfigMap(keys.dropLast().map { ($0, nil) })
        let info = await worker.ask(.patchConnectorConfig(name: "orders", patch: patch)).info
        #expect(info?.config.entries.map(\.key).filter { $0.hasPrefix("k") && $0.count > 3 } == [keys[39_999]])
    }

    @Test func `a patch lays itself over what is stored`() async throws {
        let worker = try await Worker()
        _ = await worker.create("orders", [("a", "1"), ("b", "2")])
        let patch = ConfigMap([("a", nil), ("b", "3"), ("gone", nil)])
        let reply = await worker.ask(.patchConnectorConfig(name: "orders", patch: patch))
        #expect(reply.isUpdated)
        #expect(reply.info?.config == worker.config("orders", [("b", "3")]))
        #expect(
            await worker.ask(.patchConnectorConfig(name: "none", patch: patch)).refusal
                == "404 Connector none not found")
        let withoutName = ConfigMap([("name", nil)])
        #expect(
            await worker.ask(.patchConnectorConfig(name: "orders", patch: withoutName)).error?.code == .configInvalid)
    }

    @Test func `a start that fails is answered, stored, and shown with its cause`() async throws {
        let worker = try await Worker()
        worker.catalog["orders"].set("start", .fail(broken))
        #expect(
            await worker.create("orders").refusal == "500 Failed to transition connector orders to state STARTED")
        let status = try #require(worker.connector("orders")?.status)
        #expect(status.connector.state == .failed)
        #expect(status.connector.trace == "no such table\nline 1\nline 2")
        #expect(status.tasks.isEmpty)
        #expect(worker.catalog["orders"].count("destroy") == 2, "validation's and the failed one")
        worker.catalog["orders"].set("start", nil)
        #expect(await worker.ask(.restartConnector(name: "orders", includeTasks: false, onlyFailed: false)).isDone)
        #expect(worker.state("orders") == .running)
        await worker.until("its task runs") { worker.taskStates("orders") == [.running] }
    }

    @Test func `an instance that cannot be made is answered with its own words`() async throws {
        let worker = try await Worker()
        _ = await worker.create("orders")
        worker.catalog.failToMake(ConnectError(.pluginUnusable, "wrong architecture"))
        let restart = Command.restartConnector(name: "orders", includeTasks: false, onlyFailed: false)
        #expect(await worker.ask(restart).refusal == "500 wrong architecture")
        #expect(worker.state("orders") == .failed)
    }

    @Test func `tasks that cannot be had are answered and fail the connector`() async throws {
        let worker = try await Worker()
        worker.catalog["orders"].set("taskConfigs", .fail(broken))
        #expect(await worker.create("orders").refusal == "500 no such table")
        #expect(worker.state("orders") == .failed)
        worker.catalog["busy"].set("taskConfigs", .fail(ConnectError(.pluginRetriable, "later")))
        #expect(await worker.create("busy").refusal == "500 later")
        #expect(worker.state("busy") == .running)
        worker.catalog["busy"].set("taskConfigs", nil)
        await worker.until("it was asked again") { worker.taskStates("busy") == [.running] }
    }

    @Test func `too many tasks fail the connector unless that is allowed`() async throws {
        let worker = try await Worker()
        for name in ["strict", "lax"] { worker.catalog[name].setTasks([ConfigMap(), ConfigMap()]) }
        let refusal = await worker.create("strict").refusal
        #expect(
            refusal?.hasPrefix("500 The connector strict has generated 2 tasks, which is greater than 1") == true)
        #expect(worker.state("strict") == .failed)
        #expect(await worker.create("lax", [("tasks.max.enforce", "false")]).info?.tasks.count == 2)
    }

    @Test func `a connector whose tasks could take all memory is not asked for them`() async throws {
        let worker = try await Worker()
        let large = String(repeating: "x", count: 900_000)
        let refusal = await worker.create("greedy", [("tasks.max", "10000"), ("unknown", large)]).refusal
        #expect(refusal?.hasPrefix("500 The connector greedy could make 900") == true, "\(refusal ?? "-")")
        #expect(refusal?.contains("tasks.max is 10000") == true && refusal?.contains("67108864") == true)
        #expect(worker.state("greedy") == .failed)
        #expect(worker.catalog["greedy"].count("taskConfigs") == 0)
        #expect(await worker.create("large", [("tasks.max", "50"), ("unknown", large)]).isCreated)
        #expect(await worker.create("many", [("tasks.max", "10000"), ("unknown", "x")]).isCreated)
    }

    @Test(arguments: [(TargetState.paused, InstanceState.paused), (.stopped, .stopped)])
    func `a connector may begin at rest`(target: TargetState, state: InstanceState) async throws {
        let worker = try await Worker()
        let reply = await worker.create("orders", state: target)
        #expect(reply.isCreated)
        #expect(reply.info?.tasks.isEmpty == true)
        #expect(worker.state("orders") == state)
        #expect(worker.catalog["orders"].count("start") == 0)
        #expect(await worker.ask(.resumeConnector(name: "orders")).isDone)
        await worker.until("it runs") { worker.taskStates("orders") == [.running] }
    }

    @Test func `references are stored and shown, and resolved for the plugin alone`() async throws {
        let worker = try await Worker()
        worker.catalog["orders"].setTasks([ConfigMap([("secret", "hush"), ("other", "hush")])])
        let reply = await worker.create("orders", [("secret", "${x:secret}")])
        #expect(reply.info?.config["secret"] == "${x:secret}")
        #expect(worker.catalog["orders"].configs.first?["secret"] == "hush")
        #expect(worker.connector("orders")?.taskConfigs.first?["secret"] == "${x:secret}")
        await worker.until("the task runs") { worker.taskStates("orders") == [.running] }
        let specification = try #require(worker.tasks.runs.first?.specification)
        #expect(specification.taskConfig["secret"] == "hush")
        #expect(specification.connectorConfig["secret"] == "hush")
        guard
            case .success(.validation(let validation)) = await worker.ask(
                .validateConfig(worker.config("orders", [("secret", "${x:secret}")])))
        else { Issue.record("another reply"); return }
        #expect(validation.keys.first { $0.name == "secret" }?.value == "${x:secret}")
    }

    @Test func `a sink's tasks inherit its topics`() async throws {
        let worker = try await Worker()
        _ = await worker.create("sink", [("topics", "a,b")], className: "GoodSink")
        #expect(worker.connector("sink")?.taskConfigs.first?["topics"] == "a,b")
        #expect(worker.connector("sink")?.info.kind == .sink)
    }

    @Test func `a changed configuration reaches one that can be reconfigured, and restarts one that cannot`()
        async throws
    {
        let worker = try await Worker()
        worker.catalog["soft"].setReconfigurable(true)
        for name in ["soft", "hard"] {
            _ = await worker.create(name)
            #expect(
                await worker.ask(.putConnectorConfig(name: name, config: worker.config(name, [("a", "1")]))).isUpdated)
            #expect(worker.state(name) == .running)
        }
        #expect(worker.catalog["soft"].count("start") == 1)
        #expect(worker.catalog["hard"].count("start") == 2)
        #expect(worker.catalog["soft"].configs.last?["a"] == "1")
        let other = ConfigMap([("name", "soft"), ("connector.class", "Other")])
        #expect(await worker.ask(.putConnectorConfig(name: "soft", config: other)).isUpdated)
        #expect(worker.catalog["soft"].count("start") == 2, "another class needs another instance")
    }

    @Test func `tasks go on when nothing that concerns them has changed`() async throws {
        let worker = try await Worker()
        _ = await worker.create("orders")
        await worker.until("it runs") { worker.tasks.live.count == 1 }
        _ = await worker.ask(.putConnectorConfig(name: "orders", config: worker.config("orders")))
        worker.catalog["orders"].services?.requestTaskReconfiguration()
        await worker.until("it was asked") { worker.catalog["orders"].count("taskConfigs") == 3 }
        #expect(await worker.ask(.health).error == nil)
        #expect(worker.tasks.runs.count == 1)
        worker.catalog["orders"].setTasks([ConfigMap([("task", "new")])])
        worker.catalog["orders"].services?.requestTaskReconfiguration()
        await worker.until("they were replaced") { worker.tasks.live.first?.specification.taskConfig["task"] == "new" }
        #expect(worker.tasks.overlaps == 0)
    }

    @Test func `a thousand changes end with the newest, and tasks of two of them never run side by side`() async throws
    {
        let worker = try await Worker()
        _ = await worker.create("orders")
        let answers = (1...1000).map { number in
            worker.send(.putConnectorConfig(name: "orders", config: worker.config("orders", [("n", "\(number)")])))
        }
        await worker.until("all are answered") { answers.allSatisfy { $0.value != nil } }
        #expect(answers.allSatisfy { $0.value?.isUpdated == true })
        #expect(worker.connector("orders")?.info.config["n"] == "1000")
        await worker.until("one task runs") {
            worker.tasks.live.count == 1 && worker.taskStates("orders") == [.running]
        }
        #expect(worker.tasks.live.first?.specification.connectorConfig["n"] == "1000")
        #expect(worker.tasks.overlaps == 0)
        #expect(worker.catalog["orders"].configs.last?["n"] == "1000")
    }

    @Test func `a deleted connector leaves nothing and its name is free`() async throws {
        let worker = try await Worker()
        _ = await worker.create("orders", [("a", "1")])
        await worker.until("it runs") { worker.tasks.live.count == 1 }
        #expect(await worker.ask(.deleteConnector(name: "orders")).isDone)
        #expect(worker.connector("orders") == nil)
        #expect(worker.tasks.live.isEmpty)
        #expect(worker.catalog["orders"].calls.suffix(2) == ["stop", "destroy"])
        #expect(await worker.ask(.deleteConnector(name: "orders")).refusal == "404 Connector orders not found")
        #expect(await worker.create("orders").isCreated)
        await worker.until("the new one runs") { worker.taskStates("orders") == [.running] }
    }
}
