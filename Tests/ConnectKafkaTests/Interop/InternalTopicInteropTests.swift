import ConnectConfig
import ConnectModel
import EventLoop
import KafkaClient
import Settings
import Synchronization
import Testing

@testable import ConnectKafka

/// The internal topics on a real broker of Apache's release.
@Suite(
    .serialized, .timeLimit(.minutes(4)),
    .enabled(if: TestBroker.missing == nil, "needs a real broker: \(TestBroker.missing ?? "")"))
struct InternalTopicInteropTests {
    @Test func `topics are created as the worker is set to, compacted, and read back`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try InteropBench(
            broker.address,
            ["offset.storage.segment.bytes": "1048576", "offset.storage.cleanup.policy": "delete"])
        defer { bench.close() }
        let config = try bench.connections.makeConfigLog()
        let records = Mutex<[LogRecord]>([])
        #expect(await outcome { config.start({ new in records.withLock { $0 += new } }, done: $0) } == nil)
        #expect(config.waitingFor == nil)
        let entries = (0..<5).map { LogEntry(key: Array("key-\($0)".utf8), value: Array("\($0)".utf8)) }
        #expect(
            await outcome { config.append(entries + [LogEntry(key: Array("key-0".utf8), value: nil)], done: $0) } == nil
        )
        #expect(await outcome { config.readToEnd(afterOwnWrites: true, $0) } == nil)
        let keys = records.withLock { $0.map { String(decoding: $0.key ?? [], as: UTF8.self) } }
        #expect(keys == ["key-0", "key-1", "key-2", "key-3", "key-4", "key-0"])
        #expect(records.withLock { $0.last?.value } == .some(nil))

        let store = try bench.connections.makeOffsetStore()
        #expect(await outcome { store.start($0) } == nil)
        let settings = try await bench.topicConfig("t-offsets")
        #expect(settings["cleanup.policy"] == "compact")
        #expect(settings["segment.bytes"] == "1048576")
        #expect(try await bench.partitionCount("t-offsets") == 4)
        #expect(try await bench.partitionCount("t-configs") == 1)
        await closed(config)
        await withCheckedContinuation { continuation in store.close { continuation.resume() } }
    }

    @Test func `offsets written by one worker are read by another, over a broker's death`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let first = try InteropBench(broker.address)
        defer { first.close() }
        let second = try InteropBench(broker.address)
        defer { second.close() }
        let one = try first.connections.makeOffsetStore()
        let two = try second.connections.makeOffsetStore()
        #expect(await outcome { one.start($0) } == nil)
        #expect(await outcome { two.start($0) } == nil)
        let changes = (0..<30).map {
            OffsetChange(
                partition: Array(#"{"table":"t\#($0)","db":"d"}"#.utf8), offset: Array(#"{"pos":\#($0)}"#.utf8))
        }
        #expect(await outcome { one.write(connector: "src", changes, $0) } == nil)
        #expect(try two.readAll(connector: "src").count == 30)
        // As another spells it.
        let other = Array(#"{"db":"d","table":"t7"}"#.utf8)
        #expect(try two.read(connector: "src", partitions: [other], isWanted: nil) == [Array(#"{"pos":7}"#.utf8)])
        #expect(await outcome { two.write(connector: "src", [OffsetChange(partition: other, offset: nil)], $0) } == nil)
        #expect(try one.readAll(connector: "src").count == 29)

        try broker.kill()
        async let written = outcome {
            one.write(connector: "src", [OffsetChange(partition: other, offset: Array(#"{"pos":99}"#.utf8))], $0)
        }
        try broker.restart()
        #expect(await written == nil)
        #expect(try two.read(connector: "src", partitions: [other], isWanted: nil) == [Array(#"{"pos":99}"#.utf8)])
        await withCheckedContinuation { continuation in one.close { continuation.resume() } }
        await withCheckedContinuation { continuation in two.close { continuation.resume() } }
    }

    @Test func `without a session offsets are refused at once, configurations wait, and the end is found beside them`()
        async throws
    {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try InteropBench(broker.address, needsSession: true)
        defer { bench.close() }
        let config = try bench.connections.makeConfigLog()
        let offsets = try bench.connections.makeOffsetStore()
        #expect(await outcome { config.start({ _ in }, done: $0) } == nil)
        #expect(await outcome { offsets.start($0) } == nil)
        // What a task leaves behind must not follow what its successor has stored.
        let change = OffsetChange(partition: Array(#"{"a":1}"#.utf8), offset: Array(#"{"b":2}"#.utf8))
        let refusal = try #require(await soon { offsets.write(connector: "src", [change], $0) })
        #expect(refusal?.code.errorClass == .retriable)
        #expect(refusal?.message.contains("session") == true, "\(String(describing: refusal))")
        #expect(try offsets.readAll(connector: "src").isEmpty)
        // A round of the group reads the config topic to its end, and may be what opens the session again.
        let ends = Mutex<[String]>([])
        config.append([LogEntry(key: [1], value: [2])]) { _ in ends.withLock { $0.append("written") } }
        config.readToEnd(afterOwnWrites: true) { _ in ends.withLock { $0.append("behind the write") } }
        let read = try #require(await soon { config.readToEnd(afterOwnWrites: false, $0) })
        #expect(read == nil)
        #expect(ends.withLock { $0 } == [])
        await closed(config)
        #expect(ends.withLock { $0 } == ["written", "behind the write"])
        await withCheckedContinuation { continuation in offsets.close { continuation.resume() } }
    }

    @Test func `a topic that is not compacted, or a config topic of two partitions, is refused`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try InteropBench(broker.address)
        defer { bench.close() }
        try await bench.create(NewTopic(name: "t-statuses", partitionCount: 1))
        try await bench.create(
            NewTopic(
                name: "t-offsets", partitionCount: 1, configs: [(key: "cleanup.policy", value: "compact,delete")]))
        try await bench.create(
            NewTopic(name: "t-configs", partitionCount: 2, configs: [(key: "cleanup.policy", value: "compact")]))
        let status = try bench.connections.makeStatusLog()
        let refusal = await outcome { status.start({ _ in }, done: $0) }
        #expect(refusal?.code == .configInvalid)
        #expect(refusal?.message.contains("status.storage.topic") == true)
        #expect(
            refusal?.message.contains(
                "kafka-configs --bootstrap-server \(broker.address) --alter --entity-type topics --entity-name t-statuses "
                    + "--add-config cleanup.policy=compact") == true)
        // What comes afterwards is told the same.
        #expect(await outcome { status.readToEnd(afterOwnWrites: true, $0) } == refusal)
        let offsets = try bench.connections.makeOffsetStore()
        #expect(await outcome { offsets.start($0) }?.message.contains("cleanup.policy=compact,delete") == true)
        let config = try bench.connections.makeConfigLog()
        #expect(await outcome { config.start({ _ in }, done: $0) }?.message.contains("exactly one partition") == true)
    }

    @Test func `a config topic that is given partitions goes on with its first`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try InteropBench(broker.address, ["metadata.max.age.ms": "200"])
        defer { bench.close() }
        let config = try bench.connections.makeConfigLog()
        let records = Mutex<[LogRecord]>([])
        #expect(await outcome { config.start({ new in records.withLock { $0 += new } }, done: $0) } == nil)
        try broker.alter("t-configs", partitions: 3)
        while try await bench.seenPartitionCount("t-configs") != 3 { try await Task.sleep(for: .milliseconds(20)) }
        let entries = (0..<20).map { LogEntry(key: Array("key-\($0)".utf8), value: [UInt8(ascii: "1")]) }
        #expect(await outcome { config.append(entries, done: $0) } == nil)
        #expect(await outcome { config.readToEnd(afterOwnWrites: true, $0) } == nil)
        #expect(records.withLock { $0.map(\.partition) } == Array(repeating: 0, count: 20))
        #expect(records.withLock { $0.map(\.offset) } == Array(0..<20))
        await closed(config)
    }

    @Test func `more replicas than brokers are waited for, with words, and then refused`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try InteropBench(
            broker.address,
            ["status.storage.replication.factor": "3", "default.api.timeout.ms": "4000", "request.timeout.ms": "2000"])
        defer { bench.close() }
        let status = try bench.connections.makeStatusLog()
        let end = Mutex<ConnectError?>(nil)
        status.start({ _ in }) { error in end.withLock { $0 = error } }
        var words: String?
        while end.withLock({ $0 }) == nil {
            if let text = status.waitingFor, text.contains("INVALID_REPLICATION_FACTOR") { words = text }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(words?.contains("status.storage.topic") == true)
        #expect(end.withLock { $0 }?.code == .configInvalid)
        #expect(end.withLock { $0 }?.message.contains("status.storage.replication.factor") == true)
    }

    private func outcome(_ call: (@escaping @Sendable (ConnectError?) -> Void) -> Void) async -> ConnectError? {
        await withCheckedContinuation { continuation in call { continuation.resume(returning: $0) } }
    }

    /// The same; nil where it does not come within 10 s.
    private func soon(_ call: (@escaping @Sendable (ConnectError?) -> Void) -> Void) async -> ConnectError?? {
        let answer = Mutex<ConnectError??>(nil)
        call { error in answer.withLock { $0 = .some(error) } }
        for _ in 0..<1000 {
            if let error = answer.withLock({ $0 }) { return .some(error) }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return nil
    }

    private func closed(_ log: InternalTopic) async {
        await withCheckedContinuation { continuation in log.close { continuation.resume() } }
    }
}
