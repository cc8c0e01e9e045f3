import ConnectModel
import Testing

@testable import Herder

private let broken = ConnectError(.taskFailed, "disk on fire")

@Suite struct StateTests {
    private func running(_ tasks: Int = 2) async throws -> Worker {
        let worker = try await Worker()
        worker.catalog["orders"].setTasks((0..<tasks).map { ConfigMap([("n", "\($0)")]) })
        _ = await worker.create("orders", [("tasks.max", "\(tasks)")])
        await worker.until("all tasks run") {
            worker.taskStates("orders") == Array(repeating: .running, count: tasks)
        }
        return worker
    }

    private func task(_ number: Int32) -> TaskID { TaskID(connector: "orders", number: number) }

    @Test func `pause and resume reach connector and tasks`() async throws {
        let worker = try await running()
        #expect(await worker.ask(.pauseConnector(name: "orders")).isDone)
        await worker.until("all rest") {
            worker.state("orders") == .paused && worker.taskStates("orders") == [.paused, .paused]
        }
        #expect(worker.tasks.runs.count == 2, "the same runs")
        #expect(await worker.ask(.resumeConnector(name: "orders")).isDone)
        await worker.until("all run") {
            worker.state("orders") == .running && worker.taskStates("orders") == [.running, .running]
        }
        #expect(worker.tasks.runs.count == 2)
        for command: Command in [.pauseConnector(name: "none"), .resumeConnector(name: "none")] {
            #expect(await worker.ask(command).refusal == "404 Unknown connector none")
        }
    }

    @Test func `a stopped connector has no tasks, and resume makes them again`() async throws {
        let worker = try await running()
        #expect(await worker.ask(.stopConnector(name: "orders")).isDone)
        #expect(worker.state("orders") == .stopped)
        #expect(worker.taskStates("orders").isEmpty)
        #expect(worker.connector("orders")?.info.tasks.isEmpty == true)
        #expect(worker.tasks.live.isEmpty)
        #expect(await worker.ask(.stopConnector(name: "orders")).isDone, "again")
        _ = await worker.ask(.resumeConnector(name: "orders"))
        await worker.until("all run") { worker.taskStates("orders") == [.running, .running] }
        #expect(await worker.ask(.stopConnector(name: "none")).refusal == "500 No connector `none` configured")
    }

    @Test func `a stopped connector can be paused`() async throws {
        let worker = try await running()
        _ = await worker.ask(.stopConnector(name: "orders"))
        _ = await worker.ask(.pauseConnector(name: "orders"))
        #expect(worker.state("orders") == .paused)
    }

    @Test func `restart of the connector alone leaves its tasks`() async throws {
        let worker = try await running()
        let restart = Command.restartConnector(name: "orders", includeTasks: false, onlyFailed: false)
        #expect(await worker.ask(restart).isDone)
        #expect(worker.catalog["orders"].count("start") == 2)
        #expect(worker.tasks.runs.count == 2)
        let unknown = Command.restartConnector(name: "none", includeTasks: false, onlyFailed: false)
        #expect(await worker.ask(unknown).refusal == "404 Connector none not found")
    }

    @Test func `restart of everything shows what it will restart`() async throws {
        let worker = try await running()
        let restart = Command.restartConnector(name: "orders", includeTasks: true, onlyFailed: false)
        let status = await worker.ask(restart).accepted
        #expect(status?.connector.state == .restarting)
        #expect(status?.tasks.map(\.status.state) == [.restarting, .restarting])
        await worker.until("all were restarted") {
            worker.tasks.runs.count == 4 && worker.taskStates("orders") == [.running, .running]
                && worker.state("orders") == .running
        }
        #expect(worker.tasks.overlaps == 0)
        let unknown = Command.restartConnector(name: "none", includeTasks: true, onlyFailed: false)
        #expect(await worker.ask(unknown).refusal == "404 Unknown connector: none")
    }

    @Test func `restart of what has failed leaves the rest`() async throws {
        let worker = try await running()
        worker.tasks.fail(task(1), broken)
        await worker.until("it failed") { worker.taskStates("orders") == [.running, .failed] }
        #expect(worker.connector("orders")?.status?.tasks[1].status.trace == "disk on fire")
        let restart = Command.restartConnector(name: "orders", includeTasks: true, onlyFailed: true)
        let status = await worker.ask(restart).accepted
        #expect(status?.connector.state == .running)
        #expect(status?.tasks.map(\.status.state) == [.running, .restarting])
        await worker.until("it runs") { worker.taskStates("orders") == [.running, .running] }
        #expect(worker.tasks.runs.count == 3)
        #expect(worker.catalog["orders"].count("start") == 1)
    }

    @Test func `a task can be restarted by itself`() async throws {
        let worker = try await running()
        #expect(await worker.ask(.restartTask(task(0))).isDone)
        await worker.until("it runs") { worker.taskStates("orders") == [.running, .running] }
        #expect(worker.tasks.runs.count == 3)
        #expect(worker.tasks.overlaps == 0)
        #expect(await worker.ask(.restartTask(task(7))).refusal == "404 Task orders-7 not found")
        let unknown = TaskID(connector: "none", number: 0)
        #expect(await worker.ask(.restartTask(unknown)).refusal == "404 Connector none not found")
        worker.tasks.refuse(broken)
        #expect(await worker.ask(.restartTask(task(0))).refusal == "500 Failed to start task: orders-0")
        #expect(worker.taskStates("orders") == [.failed, .running])
    }

    @Test func `a connector's error outside of a call is shown`() async throws {
        let worker = try await running()
        worker.catalog["orders"].services?.raiseError(ConnectError(.pluginFailed, "lost the database"))
        await worker.until("it failed") { worker.state("orders") == .failed }
        #expect(worker.connector("orders")?.status?.connector.trace == "lost the database")
        #expect(worker.taskStates("orders") == [.running, .running])
        _ = await worker.ask(.stopConnector(name: "orders"))
        #expect(worker.state("orders") == .stopped)
    }

    @Test func `after eight tasks that hung nothing of the connector is started`() async throws {
        let worker = try await running(1)
        worker.tasks.hang("orders")
        for count in 1...8 {
            let answer = worker.send(.restartTask(task(0)))
            await worker.until("it was told to stop") { worker.tasks.runs.last?.isStopping == true }
            worker.tasks.end(task(0), .abandoned(call: "put"))
            await worker.until("it is answered") { answer.value != nil }
            await worker.until("its new run's state is shown") {
                worker.taskStates("orders") == [count < 8 ? .running : .failed]
            }
        }
        #expect(worker.tasks.runs.count == 8)
        let trace = worker.connector("orders")?.status?.tasks.first?.status.trace
        #expect(trace?.contains("8 calls of connector orders never returned") == true)
        let restart = Command.restartConnector(name: "orders", includeTasks: false, onlyFailed: false)
        #expect(await worker.ask(restart).error?.code == .tooManyAbandoned)
    }

    @Test func `topics that tasks use are listed until they are reset`() async throws {
        let worker = try await running()
        worker.herder.task(task(0), usesTopic: "b")
        worker.herder.task(task(1), usesTopic: "a")
        await worker.until("both are there") { worker.connector("orders")?.activeTopics == ["a", "b"] }
        #expect(await worker.ask(.resetActiveTopics(name: "orders")).isDone)
        #expect(worker.connector("orders")?.activeTopics == [])
        #expect(worker.tasks.live.allSatisfy { $0.forgotTopics == 1 }, "each tells of those that it goes on to use")
    }

    @Test func `health is answered by the loop, whose progress a probe drives`() async throws {
        let worker = try await Worker()
        guard case .success(.healthy) = await worker.ask(.health) else { Issue.record("another reply"); return }
        let before = worker.herder.progress
        worker.herder.probe()
        await worker.until("progress") { worker.herder.progress > before }
    }
}
