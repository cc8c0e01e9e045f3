import ClusterCore
import ConnectModel
import Testing

@testable import Herder

/// A connector that reads offsets in its calls while they cannot be read: the brokers are away, or the worker's session has run
/// out and what was written before is not acknowledged.
@Suite struct OffsetWaitTests {
    private let partition = Array(#"{"file":"a"}"#.utf8)
    private let offset = Array(#"{"at":7}"#.utf8)

    /// A worker whose connector `reader` waits for its offset in this call, and what the creation will be answered.
    private func waiting(in call: String) async throws -> (Worker, Answer) {
        let worker = try await Worker()
        worker.offsets.write(connector: "reader", [OffsetChange(partition: partition, offset: offset)]) { _ in }
        worker.offsets.makeUnreadable(true)
        worker.catalog["reader"].set(call, .readOffset(partition))
        let answer = worker.send(.createConnector(name: "reader", config: worker.config("reader"), initialState: nil))
        await worker.until("it is in the call") { worker.catalog["reader"].calls.last == call }
        return (worker, answer)
    }

    @Test(arguments: ["start", "taskConfigs"])
    func `it waits, holds up nobody, and goes on with its offset`(call: String) async throws {
        let (worker, answer) = try await waiting(in: call)
        #expect(await worker.create("other").isCreated)
        #expect(await worker.ask(.deleteConnector(name: "other")).isDone)
        #expect(answer.value == nil)
        #expect(worker.state("reader") != .failed)
        worker.offsets.makeUnreadable(false)
        await worker.until("it runs") { answer.value?.isCreated == true && worker.taskStates("reader").count == 1 }
        #expect(worker.state("reader") == .running)
        #expect(worker.catalog["reader"].offsets == [offset])
    }

    @Test(arguments: ["start", "taskConfigs"])
    func `it gives up when it is deleted, without being abandoned`(call: String) async throws {
        let (worker, answer) = try await waiting(in: call)
        #expect(await worker.ask(.deleteConnector(name: "reader")).isDone)
        #expect(worker.catalog["reader"].calls.last == "destroy", "freed, not abandoned")
        #expect(answer.value != nil)
        // What was given up says nothing of the next of that name.
        worker.offsets.makeUnreadable(false)
        #expect(await worker.create("reader").isCreated)
        #expect(worker.state("reader") == .running)
    }

    @Test func `the worker ends while it waits`() async throws {
        let (worker, _) = try await waiting(in: "start")
        await worker.stop()
        #expect(worker.catalog["reader"].calls.last == "destroy")
    }

    @Test func `its stop does not wait`() async throws {
        let worker = try await Worker(patience: .standard)
        #expect(await worker.create("reader").isCreated)
        worker.offsets.makeUnreadable(true)
        worker.catalog["reader"].set("stop", .readOffset(partition))
        let began = ContinuousClock.now
        #expect(await worker.ask(.deleteConnector(name: "reader")).isDone)
        #expect(ContinuousClock.now - began < .seconds(3), "before its stop is interrupted")
        #expect(worker.catalog["reader"].calls.suffix(2) == ["stop", "destroy"])
    }

    @Test func `an interrupted call does not keep the next one of the instance from waiting`() async throws {
        let (worker, _) = try await waiting(in: "taskConfigs")
        let reader = worker.catalog["reader"]
        reader.setReconfigurable(true)
        reader.set("reconfigure", .readOffset(partition))
        let answer = worker.send(
            .putConnectorConfig(name: "reader", config: worker.config("reader", [("tasks.max", "2")])))
        await worker.until("it is reconfigured") { reader.calls.last == "reconfigure" }
        reader.set("taskConfigs", nil)
        worker.offsets.makeUnreadable(false)
        await worker.until("it is answered") { answer.value != nil }
        #expect(answer.value?.isUpdated == true)
        #expect(reader.count("start") == 1)
        #expect(reader.offsets == [offset])
    }

    @Test func `another configuration is tried in its place, with a new wait`() async throws {
        let (worker, _) = try await waiting(in: "start")
        let answer = worker.send(
            .putConnectorConfig(name: "reader", config: worker.config("reader", [("tasks.max", "2")])))
        await worker.until("it is started again") { worker.catalog["reader"].count("start") == 2 }
        #expect(answer.value == nil)
        worker.offsets.makeUnreadable(false)
        await worker.until("it is answered") { answer.value?.isUpdated == true }
        #expect(worker.state("reader") == .running)
        #expect(worker.catalog["reader"].offsets == [offset])
    }
}
