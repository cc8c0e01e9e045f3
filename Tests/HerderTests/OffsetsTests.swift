import ConnectModel
import Testing

@testable import Herder

@Suite struct OffsetsTests {
    private func request(_ partition: String, _ offset: String?) -> OffsetRequest {
        OffsetRequest(partition: Array(partition.utf8), offset: offset.map { Array($0.utf8) })
    }

    private func stopped(_ className: String = "Good") async throws -> Worker {
        let worker = try await Worker()
        _ = await worker.create("c", [("topics", "t")], className: className, state: .stopped)
        return worker
    }

    @Test func `a source's offsets are read, changed and reset`() async throws {
        let worker = try await stopped()
        let entries = [request(#"{"f":"a"}"#, #"{"p":1}"#), request(#"{"f":"b"}"#, #"{"p":2}"#)]
        #expect(
            await worker.ask(.alterConnectorOffsets(name: "c", entries)).message
                == "The offsets for this connector have been altered successfully")
        #expect(await worker.ask(.connectorOffsets(name: "c")).offsets?.count == 2)
        _ = await worker.ask(.alterConnectorOffsets(name: "c", [request(#"{"f":"a"}"#, nil)]))
        #expect(await worker.ask(.connectorOffsets(name: "c")).offsets?.map(\.partition) == [Array(#"{"f":"b"}"#.utf8)])
        #expect(
            await worker.ask(.resetConnectorOffsets(name: "c")).message
                == "The offsets for this connector have been reset successfully")
        #expect(await worker.ask(.connectorOffsets(name: "c")).offsets == [])
        #expect(await worker.ask(.resetConnectorOffsets(name: "c")).message != nil, "again")
    }

    @Test func `requests for offsets that cannot be read hold up nothing else, and are not without number`()
        async throws
    {
        let worker = try await Worker()
        _ = await worker.create("c")
        await worker.until("it runs") { worker.taskStates("c") == [.running] }
        worker.offsets.makeUnreadable(true)
        let reads = (0..<Herder.maximumOffsetReads).map { _ in worker.send(.connectorOffsets(name: "c")) }
        #expect(await worker.ask(.connectorOffsets(name: "c")).error?.httpStatus == 409)
        #expect(await worker.ask(.restartTask(TaskID(connector: "c", number: 0))).isDone)
        #expect(reads.allSatisfy { $0.value == nil })
        worker.offsets.makeUnreadable(false)
        await worker.until("all are answered") { reads.allSatisfy { $0.value?.offsets == [] } }
        #expect(await worker.ask(.connectorOffsets(name: "c")).offsets == [], "there is room again")
    }

    @Test func `a sink's offsets are those of its group`() async throws {
        let worker = try await stopped("GoodSink")
        let partition = TopicPartition(topic: "t", partition: 0)
        let text = #"{"kafka_partition":0,"kafka_topic":"t"}"#
        #expect(
            await worker.ask(.alterConnectorOffsets(name: "c", [request(text, #"{"kafka_offset":"7"}"#)])).message
                != nil)
        #expect(worker.kafka.group("c") == [partition: 7])
        let offsets = await worker.ask(.connectorOffsets(name: "c")).offsets
        #expect(offsets == [OffsetChange(partition: Array(text.utf8), offset: Array(#"{"kafka_offset":7}"#.utf8))])
        #expect(await worker.ask(.resetConnectorOffsets(name: "c")).message != nil)
        #expect(worker.kafka.group("c") == nil)
        #expect(worker.catalog["c"].count("alterOffsets") == 2)
    }

    @Test func `only a stopped connector's offsets can be changed`() async throws {
        let worker = try await Worker()
        _ = await worker.create("c")
        let words =
            "400 Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the "
            + "specified connector by issuing a 'PUT' request to the '/connectors/c/stop' endpoint"
        #expect(await worker.ask(.resetConnectorOffsets(name: "c")).refusal == words)
        #expect(await worker.ask(.alterConnectorOffsets(name: "c", [request("{}", nil)])).refusal == words)
        #expect(
            await worker.ask(.alterConnectorOffsets(name: "c", [])).refusal
                == "400 Partitions / offsets need to be provided for an alter offsets request")
        for command: Command in [
            .connectorOffsets(name: "none"), .resetConnectorOffsets(name: "none"),
            .alterConnectorOffsets(name: "none", [request("{}", nil)]),
        ] {
            #expect(await worker.ask(command).refusal == "404 Connector none not found")
        }
    }

    @Test func `the connector has its say before anything is stored`() async throws {
        let worker = try await stopped()
        let change = Command.alterConnectorOffsets(name: "c", [request("{}", #"{"p":1}"#)])
        worker.catalog["c"].setAlterAnswer(false)
        #expect(await worker.ask(change).message?.contains("will need to be manually altered in the system") == true)
        worker.catalog["c"].setAlterAnswer(nil)
        #expect(
            await worker.ask(change).refusal
                == "500 Failed to modify offsets for connector c because it doesn't support external modification of "
                + "offsets")
        worker.catalog["c"].set("alterOffsets", .fail(ConnectError(.pluginFailed, "not a position")))
        #expect(await worker.ask(.resetConnectorOffsets(name: "c")).refusal == "400 not a position")
        #expect(await worker.ask(.connectorOffsets(name: "c")).offsets?.count == 1)
    }

    @Test func `a store that fails is answered`() async throws {
        let worker = try await stopped()
        worker.offsets.fail(ConnectError(.stateWrite, "No space left on device"))
        let change = Command.alterConnectorOffsets(name: "c", [request("{}", #"{"p":1}"#)])
        #expect(await worker.ask(change).refusal == "500 No space left on device")
    }

    @Test func `a request that makes no sense reaches nobody`() async throws {
        let worker = try await stopped()
        let change = Command.alterConnectorOffsets(name: "c", [request(#"{"x":[1]}"#, nil)])
        #expect(await worker.ask(change).error?.httpStatus == 400)
        #expect(worker.catalog["c"].count("alterOffsets") == 0)
        #expect(worker.herder.snapshot.stage?.completed != nil)
    }

    @Test func `offsets are not changed under tasks that have not ended yet`() async throws {
        let worker = try await Worker()
        _ = await worker.create("c")
        await worker.until("it runs") { worker.tasks.live.count == 1 }
        worker.tasks.hang("c")
        let stop = worker.send(.stopConnector(name: "c"))
        await worker.until("it stops") { worker.state("c") == .stopped }
        #expect(
            await worker.ask(.resetConnectorOffsets(name: "c")).refusal
                == "409 Connector c is still stopping; try again once that is through")
        worker.tasks.end(TaskID(connector: "c", number: 0), .stopped)
        await worker.until("it is stopped") { stop.value?.isDone == true }
        #expect(await worker.ask(.resetConnectorOffsets(name: "c")).message != nil)
    }
}
