import ConnectModel
import Testing

@testable import Herder

/// Connectors whose files are read while the worker runs.
@Suite struct FilesTests {
    private func file(
        _ worker: Worker, _ name: String, _ extra: [(String, String?)] = [], _ className: String = "Good",
        state: TargetState? = nil, problem: ConnectError? = nil
    ) -> StartupConnector {
        StartupConnector(
            name: name, config: worker.config(name, extra, className), initialState: state, origin: "\(name).yaml",
            problem: problem, failsAlone: true)
    }

    private func apply(_ worker: Worker, _ connector: StartupConnector) async -> ConnectError? {
        await withCheckedContinuation { continuation in
            worker.herder.apply(connector) { continuation.resume(returning: $0) }
        }
    }

    @Test func `a file adds its connector, in the state that it asks for, and changes it later`() async throws {
        let worker = try await Worker()
        #expect(await apply(worker, file(worker, "a", state: .paused)) == nil)
        #expect(worker.state("a") == .paused)
        #expect(await apply(worker, file(worker, "a", [("x", "1")])) == nil)
        #expect(worker.connector("a")?.info.config["x"] == "1")
        #expect(worker.state("a") == .paused, "what a client wants of a connector outlives a change of its file")
    }

    @Test func `a file that is refused leaves its connector as it is`() async throws {
        let worker = try await Worker()
        _ = await worker.create("a", [("x", "1")])
        let problem = ConnectError(.configInvalid, "a.yaml:3:1: error: no mapping")
        #expect(await apply(worker, file(worker, "a", [("x", "2")], problem: problem)) == problem)
        #expect(await apply(worker, file(worker, "a", [("x", "2")], "Bad"))?.code == .configUnknownClass)
        #expect(worker.connector("a")?.info.config["x"] == "1")
        #expect(worker.state("a") == .running)
    }

    @Test func `a new one that is refused shows why, until it is good`() async throws {
        let worker = try await Worker()
        #expect(await apply(worker, file(worker, "a", [], "Bad")) != nil)
        #expect(worker.state("a") == .failed)
        #expect(worker.connector("a")?.status?.connector.trace == "a.yaml: No connector class Bad")
        let problem = ConnectError(.configInvalid, "a.yaml:3:1: error: no mapping")
        #expect(await apply(worker, file(worker, "a", problem: problem)) == problem)
        await worker.until("the newer reason shows") {
            worker.connector("a")?.status?.connector.trace == "a.yaml:3:1: error: no mapping"
        }
        #expect(await apply(worker, file(worker, "a")) == nil)
        #expect(worker.state("a") == .running)
    }

    @Test func `the same file is enough once its class is there`() async throws {
        let worker = try await Worker()
        #expect(await apply(worker, file(worker, "a", [], "org.Late")) != nil)
        #expect(worker.connector("a")?.info.kind == .unknown)
        worker.catalog.add("org.Late")
        worker.herder.pluginsChanged()
        await worker.until("the kind is known") { worker.connector("a")?.info.kind == .source }
        #expect(worker.state("a") == .failed, "nobody has asked for it again")
        #expect(await apply(worker, file(worker, "a", [], "org.Late")) == nil)
        #expect(worker.state("a") == .running)
    }

    @Test func `one that is deleted while it starts does not come back to say that it failed`() async throws {
        let worker = try await Worker()
        worker.catalog["stuck"].set("start", .block)
        async let outcome = apply(worker, file(worker, "stuck"))
        await worker.until("it hangs") { worker.catalog["stuck"].calls.last == "start" }
        _ = await worker.ask(.deleteConnector(name: "stuck"))
        #expect(await outcome?.code == .connectorFailed)
        _ = await worker.ask(.health)
        #expect(worker.connector("stuck") == nil)
    }

    @Test func `what begins to run with references is named, and a look is none`() async throws {
        let worker = try await Worker()
        _ = await worker.ask(.validateConfig(worker.config("a", [("x", "${x:secret}")])))
        #expect(worker.uses.all == [])
        _ = await worker.create("a", [("x", "${x:secret}")])
        let task = ReferenceUser.task(TaskID(connector: "a", number: 0))
        // The connector is answered for before its tasks run: what they refer to is looked up on its lane.
        await worker.until("its task runs") { worker.taskStates("a") == [.running] }
        #expect(worker.uses.all == [.connector("a"), task])
        _ = await worker.ask(.restartTask(TaskID(connector: "a", number: 0)))
        #expect(worker.uses.all == [.connector("a"), task, task])
        _ = await worker.ask(.restartConnector(name: "a", includeTasks: false, onlyFailed: false))
        #expect(worker.uses.all == [.connector("a"), task, task, .connector("a")])
    }

    @Test func `a worker that stops takes no file`() async throws {
        let worker = try await Worker()
        await worker.stop()
        #expect(await apply(worker, file(worker, "a"))?.code == .workerStopping)
    }
}
