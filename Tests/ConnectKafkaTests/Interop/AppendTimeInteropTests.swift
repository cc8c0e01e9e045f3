import ConnectModel
import EventLoop
import KafkaClient
import Testing

@testable import ConnectKafka

/// Whose time records carry, by a topic's `message.timestamp.type`, on a real broker of Apache's release.
@Suite(
    .serialized, .timeLimit(.minutes(2)),
    .enabled(if: TestBroker.missing == nil, "needs a real broker: \(TestBroker.missing ?? "")"))
struct AppendTimeInteropTests {
    @Test func `a broker that stamps records itself is told apart, as Java's consumer does`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try InteropBench(broker.address, needsSession: false)
        defer { bench.close() }
        for (topic, type) in [("append", "LogAppendTime"), ("create", "CreateTime")] {
            try await bench.create(
                NewTopic(
                    name: topic, partitionCount: 1, configs: [(key: "message.timestamp.type", value: type)]))
        }
        let begin = EventLoop.wallMilliseconds()
        for codec in ["none", "lz4"] {
            for topic in ["append", "create"] { try await produce(bench, topic, codec, begin) }
        }
        let end = EventLoop.wallMilliseconds()
        for topic in ["append", "create"] {
            let found = try await consume(bench, topic, count: 6)
            let java = try broker.consume(topic, count: 6, properties: ["print.timestamp=true"])
            #expect(
                found.map { record in
                    let type = record.flags.contains(.appendTime) ? "LogAppendTime" : "CreateTime"
                    return "\(type):\(record.timestamp)\tx"
                } == java)
            #expect(found.allSatisfy { $0.flags.contains(.hasTimestamp) })
            if topic == "append" {
                #expect(found.allSatisfy { (begin...end).contains($0.timestamp) && $0.flags.contains(.appendTime) })
                // Each batch has one time.
                #expect(Set(found[..<3].map(\.timestamp)).count == 1)
                #expect(Set(found[3...].map(\.timestamp)).count == 1)
            } else {
                #expect(found.map(\.timestamp) == [0, 1, 2, 0, 1, 2].map { begin - 5_000 + $0 })
            }
        }
    }

    /// A batch of three records, each of another time, 5 s before `time`.
    private func produce(_ bench: InteropBench, _ topic: String, _ codec: String, _ time: Int64) async throws {
        let task = TaskID(connector: "source", number: 0)
        let sender = try bench.connections.makeSender(
            task: task, config: ConfigMap([("producer.override.compression.type", codec)]), wake: {})
        defer { sender.close() }
        let value = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
        value.storeBytes(of: UInt8(ascii: "x"), as: UInt8.self)
        let records = UnsafeMutableBufferPointer<OutgoingRecord>.allocate(capacity: 3)
        defer {
            value.deallocate()
            records.deallocate()
        }
        for index in 0..<3 {
            var record = OutgoingRecord()
            record.value = UnsafeRawPointer(value)
            record.valueLength = 1
            record.topic = sender.topicNumber(for: topic)
            record.timestamp = time - 5_000 + Int64(index)
            record.segment = 0
            records.initializeElement(at: index, to: record)
        }
        var appended = 0
        while appended < 3 {
            switch sender.append(UnsafeBufferPointer(rebasing: records[appended...])) {
            case .took(let count): appended += count
            case .refused(_, let error), .failed(let error): throw error
            }
            if appended < 3 { try await Task.sleep(for: .milliseconds(20)) }
        }
        sender.handOver()
        var acknowledged: Int32 = 0
        while acknowledged < 3 {
            sender.drain { completion in
                if let error = completion.error { Issue.record(error) }
                acknowledged += completion.count
            }
            if acknowledged < 3 { try await Task.sleep(for: .milliseconds(20)) }
        }
    }

    private func consume(
        _ bench: InteropBench, _ topic: String, count: Int
    ) async throws -> [(flags: ConnectRecord.Flags, timestamp: Int64)] {
        let receiver = try bench.connections.makeReceiver(
            task: TaskID(connector: "sink-\(topic)", number: 0), config: ConfigMap([("topics", topic)]), wake: {})
        let table = IncomingTable(capacity: 2)
        var found: [(flags: ConnectRecord.Flags, timestamp: Int64)] = []
        while found.count < count {
            switch receiver.next(into: table) {
            case .records:
                found += table.records.map { ($0.flags, $0.timestamp) }
                receiver.release()
            case .failed(let error): throw error
            case .none: try await Task.sleep(for: .milliseconds(20))
            case .assigned, .revoking, .lost: continue
            }
        }
        await withCheckedContinuation { continuation in receiver.close { continuation.resume() } }
        return found
    }
}
