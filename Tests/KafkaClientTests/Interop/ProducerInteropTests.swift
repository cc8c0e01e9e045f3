import EventLoop
import KafkaProtocol
import Testing

@testable import KafkaClient

/// Against a real broker of Apache's release, which is killed and paused meanwhile.
@Suite(
    .serialized,
    .enabled(if: TestBroker.missing == nil, "needs a real broker: \(TestBroker.missing ?? "")"))
struct ProducerInteropTests {
    /// Waits on a condition that something else brings about.
    private func until(
        _ what: String, seconds: Int = 60, _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while try await !condition() {
            guard ContinuousClock.now < end else {
                Issue.record("gave up waiting: \(what)")
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func createTopic(
        _ bench: ClientBench, _ topic: NewTopic
    ) async -> Result<TopicCreationOutcome, ClientError> {
        await bench.ask { cluster, done in Admin(cluster: cluster).createTopic(topic) { done($0) } }
    }

    @Test func `nothing is lost, doubled or reordered while the broker is killed and paused`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address, ["request.timeout.ms": "3000"])
        defer { bench.close() }
        #expect(await createTopic(bench, NewTopic(name: "numbers", partitionCount: 2)) == .success(.created))
        #expect(await createTopic(bench, NewTopic(name: "numbers")) == .success(.alreadyExists))
        let total = 150_000
        let source = try NumberedSource(
            bench, topic: "numbers", partitions: 2, total: total, size: 20,
            keys: ["request.timeout.ms": "3000", "batch.size": "4000", "buffer.memory": "100000"])
        try await until("the first third") { source.confirmed > total / 3 }
        try broker.kill()
        try await until("the loss is noticed") {
            bench.seenStates.contains { if case .waiting(let text) = $0 { text.contains("refused") } else { false } }
        }
        try broker.restart()
        try await until("the second third") { source.confirmed > 2 * total / 3 }
        try broker.pause()
        try await Task.sleep(for: .milliseconds(3500))  // beyond the time-out of what is on the wire
        try broker.resume()
        try await until("the end") { source.confirmed == total || !source.errors.isEmpty }
        #expect(source.errors.isEmpty)
        for partition in Int32(0)..<2 {
            let values = try await bench.readAll("numbers", partition)
            #expect(values == Array(stride(from: Int(partition), to: total, by: 2)), "partition \(partition)")
        }
    }

    @Test func `a broker that was away for so long that the metadata lost it is written to again`() async throws {
        let brokers = try TestBroker(
            count: 3, settings: ["broker.session.timeout.ms=2000", "broker.heartbeat.interval.ms=300"])
        defer { brokers.destroy() }
        let bench = try ClientBench(brokers.address)
        defer { bench.close() }
        // Each partition is on one broker alone, which leads it again once it is back.
        let topic = NewTopic(name: "spread", partitionCount: 3, replicationFactor: 1)
        #expect(await createTopic(bench, topic) == .success(.created))
        let source = try NumberedSource(
            bench, topic: "spread", partitions: 3, total: 600, size: 20, keys: ["batch.size": "200"])
        source.go(to: 200)
        try await until("the first third") { source.confirmed == 200 }
        try brokers.kill(1)
        source.go(to: 400)
        try await until("its end in the metadata") {
            let ids: [Int32] = await bench.ask { cluster, done in done(cluster.metadata.brokers.map(\.id)) }
            return ids == [0, 2]
        }
        #expect(source.confirmed < 400)
        try brokers.restart(1)
        source.go(to: 600)
        try await until("the end", seconds: 30) { source.confirmed == 600 || !source.errors.isEmpty }
        #expect(source.errors.isEmpty)
    }

    @Test func `batches that the topic finds too large are split, single records refused`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        let small = NewTopic(name: "small", configs: [("max.message.bytes", "2000")])
        #expect(await createTopic(bench, small) == .success(.created))
        let source = try NumberedSource(
            bench, topic: "small", partitions: 1, total: 2000, size: 50,
            keys: ["batch.size": "100000", "compression.type": "none"])
        try await until("the end") { source.confirmed == 2000 || !source.errors.isEmpty }
        #expect(source.errors.isEmpty)
        #expect(try await bench.readAll("small", 0) == Array(0..<2000))
        let large = try NumberedSource(bench, topic: "small", partitions: 1, total: 1, size: 3000, keys: [:])
        try await until("the refusal") { !large.errors.isEmpty }
        #expect(large.errors.first?.code == .recordTooLarge)
    }

    @Test func `every codec is accepted, and topics come into being by being written to`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        for codec in ["gzip", "snappy", "lz4", "zstd"] {
            let source = try NumberedSource(
                bench, topic: "codec-\(codec)", partitions: 1, total: 3000, size: 100,
                keys: ["compression.type": codec, "batch.size": "50000"])
            try await until("the end of \(codec)") { source.confirmed == 3000 || !source.errors.isEmpty }
            #expect(source.errors.isEmpty)
            #expect(try await bench.readAll("codec-\(codec)", 0) == Array(0..<3000))
        }
    }

    @Test func `committed offsets of a group are set, read and deleted`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        #expect(await createTopic(bench, NewTopic(name: "t", partitionCount: 2)) == .success(.created))
        let offsets = [
            GroupOffset(TopicPartition("t", 0), offset: 5),
            GroupOffset(TopicPartition("t", 1), offset: 6, metadata: "m"),
        ]
        let isSet: Result<Void, ClientError> = await bench.ask { cluster, done in
            Admin(cluster: cluster).alterGroupOffsets(group: "g", offsets) { done($0) }
        }
        #expect(throws: Never.self) { try isSet.get() }
        let read: Result<[GroupOffset], ClientError> = await bench.ask { cluster, done in
            Admin(cluster: cluster).groupOffsets(group: "g") { done($0) }
        }
        #expect(try read.get() == offsets)
        let isDeleted: Result<Void, ClientError> = await bench.ask { cluster, done in
            Admin(cluster: cluster).deleteGroupOffsets(group: "g", [TopicPartition("t", 0)]) { done($0) }
        }
        #expect(throws: Never.self) { try isDeleted.get() }
        let isGone: Result<Void, ClientError> = await bench.ask { cluster, done in
            Admin(cluster: cluster).deleteGroup("g") { _ in Admin(cluster: cluster).deleteGroup("g") { done($0) } }
        }
        #expect(throws: Never.self) { try isGone.get() }
        let topics: Result<[MetadataSnapshot.Topic], ClientError> = await bench.ask { cluster, done in
            Admin(cluster: cluster).describeTopics(["t", "none"]) { done($0) }
        }
        #expect(try topics.get().map(\.errorCode) == [3, 0])
        let config: Result<[String: String], ClientError> = await bench.ask { cluster, done in
            Admin(cluster: cluster).topicConfig("t") { done($0) }
        }
        #expect(try config.get()["cleanup.policy"] == "delete")
        let wrong = await createTopic(bench, NewTopic(name: "x", replicationFactor: 3))
        guard case .failure(let error) = wrong else {
            Issue.record("three replicas on one broker")
            return
        }
        #expect(error.brokerCode == 38)
    }
}
