import ConnectABI
import Glibc
import PluginTestKit
import Testing

@Suite struct VerifiableTests {
    /// Constant for the life of the process, once the library is open; its file may go then.
    nonisolated(unsafe) private static let descriptor: UnsafeRawPointer? = {
        let folder = TemporaryFolder()
        return CompiledPlugin.verifiable(in: folder).flatMap(LoadedPlugin.descriptor)
    }()

    private let folder = TemporaryFolder()

    private func source() throws -> PluginUnderTest {
        try #require(
            PluginUnderTest(VerifiableTests.descriptor, "org.apache.kafka.connect.tools.VerifiableSourceConnector"))
    }

    private func sink() throws -> SinkTaskDriver {
        SinkTaskDriver(
            try #require(
                PluginUnderTest(VerifiableTests.descriptor, "org.apache.kafka.connect.tools.VerifiableSinkConnector")))
    }

    @Test func `the source numbers records, tells of each and keeps no batch`() throws {
        let task = SourceTaskDriver(try source())
        let started = task.start([
            "name": "v", "id": "3", "topic": "t", "throughput": "-1", "native.output.file": folder.file("lines"),
        ])
        #expect(started.status == KC_OK, "\(started.error)")
        for round in 0..<3 {
            let poll = task.pollKeeping(maximum: 5)
            #expect(poll.outcome.status == KC_OK)
            let batch = try #require(poll.batch).pointee
            #expect(batch.records.count == 5)
            let items = try #require(batch.records.items)
            for index in 0..<5 {
                let record = (items + index * Int(batch.records.stride)).assumingMemoryBound(to: kc_record.self).pointee
                #expect(record.key.u.i == 3 && record.value.u.i == Int64(round * 5 + index))
                #expect(record.offset.u.i == record.value.u.i)
            }
            task.release(poll)
        }
        let lines = folder.text("lines").split(separator: "\n")
        #expect(lines.count == 15)
        #expect(lines[14].hasPrefix("{\"name\":\"v\",\"task\":3,\"topic\":\"t\",\"time_ms\":"))
        #expect(lines[14].hasSuffix(",\"seqno\":14}"))
    }

    @Test func `the rate is kept by putting polls off, not by sleeping`() throws {
        let task = SourceTaskDriver(try source())
        #expect(task.start(["name": "v", "topic": "t", "throughput": "10", "native.output": "none"]).status == KC_OK)
        let first = task.pollKeeping()
        #expect(first.batch?.pointee.records.count == 1)
        task.release(first)
        let second = task.pollKeeping()
        #expect(second.outcome.status == KC_WOULD_BLOCK && (1...100).contains(second.outcome.hint))
    }

    @Test func `faults come in the call and at the time that were asked for`() throws {
        let task = SourceTaskDriver(try source())
        let started = task.start([
            "name": "v", "topic": "t", "throughput": "-1", "native.output": "none",
            "native.faults": "poll:retry:2, poll:fail:3", "native.faults.slow.ms": "7",
        ])
        #expect(started.status == KC_OK, "\(started.error)")
        let first = task.pollKeeping()
        #expect(first.outcome.status == KC_OK)
        task.release(first)
        #expect(
            task.pollKeeping().outcome
                == Outcome(status: KC_RETRIABLE, error: "poll is to be repeated, as native.faults asks", hint: 7))
    }

    @Test func `a fault that cannot be read fails the start with its text`() throws {
        let task = SourceTaskDriver(try source())
        let outcome = task.start(["name": "v", "topic": "t", "native.faults": "poll:explode"])
        #expect(outcome.status == KC_FATAL && outcome.error.contains("CALL:KIND"))
    }

    @Test func `an interrupt lets go of a call that blocks`() throws {
        let task = SourceTaskDriver(try source())
        let started = task.start([
            "name": "v", "topic": "t", "throughput": "-1", "native.output": "none", "native.faults": "poll:block",
        ])
        #expect(started.status == KC_OK)
        // Before the call as well as during it: what comes first must not matter.
        task.interrupt()
        let poll = task.pollKeeping()
        #expect(poll.outcome.status == KC_OK)
        task.release(poll)
    }

    @Test func `the sink tells of records when they are put`() throws {
        let task = try sink()
        #expect(task.start(["name": "s", "id": "1", "native.output.file": folder.file("out")]).status == KC_OK)
        #expect(task.put(lines: ["a\"b", "ü"]).status == KC_OK)
        let lines = folder.text("out").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines.first?.hasPrefix(
                "{\"name\":\"s\",\"task\":null,\"sinkTask\":1,\"topic\":\"topic\",\"seqno\":\"a\\\"b\",\"offset\":0,\"time_ms\":"
            )
                == true)
    }
}
