import EventLoop
import KafkaProtocol
import Synchronization

@testable import KafkaClient

/// A cluster object on a loop of its own, for tests that wait for answers on their own thread.
final class ClientBench: Sendable {
    let loop: EventLoop
    let pool: BlockingPool
    let cluster: Confined<KafkaCluster>
    private let states = Mutex<[ClusterState]>([])

    init(_ bootstrap: String, _ keys: [String: String] = [:], gate: SessionGate? = nil) throws {
        let settings = try ClientSettings(["bootstrap.servers": bootstrap].merging(keys) { $1 }, role: .admin)
        let loop = try EventLoop(name: "test-kafka")
        let pool = BlockingPool(name: "test-pool")
        self.loop = loop
        self.pool = pool
        cluster = Confined(KafkaCluster(settings: settings, loop: loop, pool: pool, gate: gate), to: loop)
        onLoop { [self] cluster in
            cluster.observeState { state in self.states.withLock { $0.append(state) } }
        }
    }

    /// What the cluster's state went through.
    var seenStates: [ClusterState] { states.withLock { $0 } }

    func close() {
        onLoop { $0.close() }
        loop.stop()
        pool.stop()
    }

    func onLoop(_ body: @escaping @Sendable (KafkaCluster) -> Void) {
        loop.execute { [cluster] in body(cluster.value) }
    }

    /// Asks something on the loop and waits for the answer.
    func ask<Value: Sendable>(
        _ question: @escaping @Sendable (KafkaCluster, @escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value {
        await withCheckedContinuation { continuation in
            onLoop { cluster in question(cluster) { continuation.resume(returning: $0) } }
        }
    }

    /// All values of a partition, in the order of the log.
    func readAll(_ topic: String, _ partition: Int32) async throws -> [Int] {
        var values: [Int] = []
        var offset: Int64 = 0
        let end = try await endOffset(topic, partition)
        while offset < end {
            let from = offset
            let result: Result<KafkaCluster.Answer<FetchResponse>, ClientError> = await ask { cluster, done in
                var options = KafkaCluster.RequestOptions()
                options.maximumVersion = 12  // the last one that names topics
                cluster.request(
                    Self.fetch(topic, partition, from), to: .node(cluster.metadata.brokers[0].id), options: options
                ) { done($0) }
            }
            let answer = try result.get()
            // Owned by the answer: fetched records are not copied.
            guard let frame = answer.frame, let data = answer.response.responses.first?.partitions.first,
                data.errorCode == 0, let bytes = data.records.bytes(in: frame.bytes)
            else {
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            var reader = RecordBatchReader(bytes, from: offset, decompressor: Decompressor(pool: RecordBufferPool()))
            while let batch = try reader.nextBatch() {
                while let record = try reader.next() {
                    if let value = record.valueBytes {
                        values.append(Int(String(decoding: value.prefix { $0 != 32 }, as: UTF8.self)) ?? -1)
                    }
                }
                offset = batch.nextOffset
            }
            withExtendedLifetime(answer) {}
        }
        return values
    }

    private func endOffset(_ topic: String, _ partition: Int32) async throws -> Int64 {
        let result: Result<[(partition: TopicPartition, offset: Int64)], ClientError> = await ask { cluster, done in
            cluster.refreshMetadata(reason: "test")
            Admin(cluster: cluster).listOffsets([TopicPartition(topic, partition)], at: .end) { done($0) }
        }
        return try result.get().first?.offset ?? 0
    }

    private static func fetch(_ topic: String, _ partition: Int32, _ offset: Int64) -> FetchRequest {
        var entry = FetchRequest.FetchPartition()
        entry.partition = partition
        entry.fetchOffset = offset
        entry.partitionMaxBytes = 1 << 20
        var wanted = FetchRequest.FetchTopic()
        wanted.topic = topic
        wanted.partitions = [entry]
        var request = FetchRequest()
        request.replicaId = -1
        request.maxWaitMs = 100
        request.minBytes = 1
        request.maxBytes = 8 << 20
        request.sessionEpoch = -1
        request.topics = [wanted]
        return request
    }
}

/// A task of numbered records: appends in a lane until all are confirmed.
final class NumberedSource: Sendable {
    struct State {
        var producer: Producer?
        var topic: Int32 = -1
        var next = 0
        var confirmed = 0
        var errors: [ClientError] = []
    }

    private let lane: Lane
    private let partitions: Int32
    private let total: Int
    private let size: Int
    let state = Mutex(State())
    private let stopsAt = Mutex<Int>(.max)

    init(_ bench: ClientBench, topic: String, partitions: Int32, total: Int, size: Int, keys: [String: String]) throws {
        lane = bench.pool.makeLane("source")
        self.partitions = partitions
        self.total = total
        self.size = size
        let keys = ["bootstrap.servers": "ignored:1", "delivery.timeout.ms": "2147483647"].merging(keys) { $1 }
        let settings = try ClientSettings(keys, role: .producer)
        bench.onLoop { [self] cluster in
            let producer = Producer(cluster: cluster, settings: settings) { [weak self] in self?.wake() }
            state.withLock {
                $0.producer = producer
                $0.topic = producer.lane.topicIndex(for: topic)
            }
            wake()
        }
    }

    /// Appends no record from that number on, until it is called again.
    func go(to number: Int) {
        stopsAt.withLock { $0 = number }
        wake()
    }

    private func wake() { lane.submit { [weak self] in self?.step() } }

    private func step() {
        let stop = min(stopsAt.withLock { $0 }, total)
        state.withLock { state in
            guard let lane = state.producer?.lane else { return }
            lane.drain { completion in
                state.confirmed += completion.error == nil ? Int(completion.count) : 0
                if let error = completion.error { state.errors.append(error) }
            }
            while state.next < stop {
                var value = Array("\(state.next) ".utf8)
                if value.count < size { value += [UInt8](repeating: 46, count: size - value.count) }
                let result = value.withUnsafeBytes {
                    lane.append(
                        topic: state.topic, partition: Int32(state.next) % partitions, key: nil, keyLength: -1,
                        value: $0.baseAddress, valueLength: Int32($0.count), timestamp: EventLoop.wallMilliseconds(),
                        segment: Int32(state.next / 1000))
                }
                if result == .refused || result == .failed, let error = lane.lastError { state.errors.append(error) }
                guard result == .appended else { break }
                state.next += 1
            }
            if state.next == total { lane.flush() } else { lane.handOver() }
        }
    }

    var confirmed: Int { state.withLock { $0.confirmed } }
    var errors: [ClientError] { state.withLock { $0.errors } }
}
