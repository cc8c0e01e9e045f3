import ConnectModel
import TaskRuntime
import Testing

@testable import Herder

@Suite struct UpAndDownTests {
    private func file(
        _ worker: Worker, _ name: String, _ className: String = "Good", problem: ConnectError? = nil,
        failsAlone: Bool = false
    ) -> StartupConnector {
        StartupConnector(
            name: name, config: worker.config(name, [], className), initialState: nil, origin: "\(name).yaml",
            problem: problem, failsAlone: failsAlone)
    }

    @Test func `it waits for Kafka, starts the connectors in order, and is ready`() async throws {
        let worker = try await Worker(isReady: false)
        let herder = worker.herder
        async let problems = worker.start([file(worker, "b"), file(worker, "a")])
        await worker.until("it waits") { herder.snapshot.stage?.description == "waiting for Kafka" }
        #expect(!herder.snapshot.isReady)
        #expect(herder.snapshot.connectors.isEmpty)
        worker.kafka.connect()
        #expect(await problems.isEmpty)
        #expect(herder.snapshot.isReady)
        #expect(herder.snapshot.kafkaClusterID == "cluster-1")
        #expect(herder.snapshot.connectors.map(\.info.name) == ["a", "b"])
        #expect(worker.tasks.runs.map(\.specification.id.connector) == ["b", "a"])
    }

    @Test func `whoever is told that the worker is ready finds it so`() async throws {
        let worker = try await Worker(isReady: false)
        let herder = worker.herder
        worker.kafka.connect()
        // On the herder's loop: nothing can happen between the call and the question.
        let isReady = await withCheckedContinuation { told in
            herder.start([]) { _ in told.resume(returning: herder.snapshot.isReady) }
        }
        #expect(isReady)
    }

    @Test func `every problem of the files is told, and the good ones run`() async throws {
        let worker = try await Worker(isReady: false)
        worker.kafka.connect()
        worker.catalog["failing"].set("start", .fail(ConnectError(.pluginFailed, "no such table")))
        let unreadable = ConnectError(.configUnreadable, "line 3, column 1: no mapping")
        let problems = await worker.start([
            file(worker, "bad", "Bad"), file(worker, "good"), file(worker, "failing"),
            file(worker, "broken", problem: unreadable),
        ])
        #expect(problems.map(\.connector.origin) == ["bad.yaml", "failing.yaml", "broken.yaml"])
        #expect(problems.map(\.error.code) == [.configUnknownClass, .connectorFailed, .configUnreadable])
        #expect(worker.state("good") == .running)
        #expect(worker.connector("bad") == nil)
        #expect(worker.connector("broken") == nil)
        #expect(worker.herder.snapshot.isReady)
    }

    @Test func `a file whose connector hangs in its start keeps the worker from nothing`() async throws {
        let worker = try await Worker(isReady: false, slowCallTime: 1_000_000_000)
        worker.kafka.connect()
        worker.catalog["stuck"].set("start", .block)
        let problems = await worker.start([
            file(worker, "stuck", failsAlone: true), file(worker, "good", failsAlone: true),
        ])
        #expect(problems.map(\.connector.name) == ["stuck"] && problems.first?.error.code == .taskHung)
        #expect(worker.herder.snapshot.isReady)
        #expect(worker.state("good") == .running)
    }

    @Test func `a file that fails alone shows as a failed connector`() async throws {
        let worker = try await Worker(isReady: false)
        worker.kafka.connect()
        let problem = ConnectError(.configInvalid, "line 3, column 1: tasks.max: Not a number")
        let problems = await worker.start([
            file(worker, "one", problem: problem, failsAlone: true), file(worker, "two", "Bad", failsAlone: true),
            file(worker, "three", failsAlone: true),
        ])
        #expect(problems.count == 2)
        #expect(worker.state("one") == .failed)
        let trace = worker.connector("one")?.status?.connector.trace
        #expect(trace == "line 3, column 1: tasks.max: Not a number")
        #expect(worker.connector("two")?.status?.connector.trace == "two.yaml: No connector class Bad")
        #expect(worker.connector("one")?.info.kind == .source)
        #expect(worker.state("two") == .failed)
        #expect(worker.connector("two")?.info.kind == .unknown)
        #expect(worker.state("three") == .running)
        #expect(
            await worker.ask(.putConnectorConfig(name: "one", config: worker.config("one"))).isUpdated,
            "a good configuration heals it")
        #expect(worker.state("one") == .running)
    }

    @Test func `the end stops connectors and tasks and closes Kafka`() async throws {
        let worker = try await Worker()
        for name in ["a", "b"] { _ = await worker.create(name) }
        await worker.until("all run") { worker.tasks.live.count == 2 }
        await worker.stop()
        #expect(worker.tasks.live.isEmpty)
        #expect(worker.kafka.isClosed)
        #expect(worker.herder.snapshot.isStopping)
        #expect(worker.state("a") == .unassigned)
        #expect(worker.taskStates("a") == [.unassigned])
        for name in ["a", "b"] { #expect(worker.catalog[name].calls.last == "destroy") }
        #expect(await worker.create("c").error?.code == .workerStopping)
        #expect(await worker.ask(.health).error?.code == .workerStopping)
    }

    @Test func `requests that wait are told of the end, and what hangs is left behind`() async throws {
        let worker = try await Worker()
        worker.catalog["stuck"].set("start", .block)
        worker.catalog["blind"].set("validate", .block)
        let start = worker.send(.createConnector(name: "stuck", config: worker.config("stuck"), initialState: nil))
        let check = worker.send(.createConnector(name: "blind", config: worker.config("blind"), initialState: nil))
        await worker.until("both hang") {
            worker.catalog["stuck"].calls.last == "start" && worker.catalog["blind"].calls.last == "validate"
        }
        await worker.stop()
        #expect(start.value?.error != nil)
        #expect(check.value?.error?.code == .workerStopping)
        #expect(worker.kafka.isClosed)
        worker.catalog["stuck"].release()
        worker.catalog["blind"].release()
    }

    @Test func `a worker that is stopped before Kafka was there ends`() async throws {
        let worker = try await Worker(isReady: false)
        async let problems = worker.start([file(worker, "a")])
        await worker.until("it waits") { worker.herder.snapshot.stage?.description == "waiting for Kafka" }
        await worker.stop()
        worker.kafka.connect()
        #expect(await problems.isEmpty)
        #expect(worker.connector("a") == nil)
        #expect(!worker.herder.snapshot.isReady)
    }
}
