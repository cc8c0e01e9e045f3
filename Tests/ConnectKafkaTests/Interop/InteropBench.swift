import ConnectConfig
import ConnectModel
import EventLoop
import KafkaClient
import Settings
import Testing

@testable import ConnectKafka

/// A worker's connections, and an administrator beside them.
final class InteropBench: Sendable {
    let connections: KafkaConnections
    private let loop: EventLoop
    private let pool: BlockingPool
    private let cluster: Confined<KafkaCluster>

    init(_ bootstrap: String, _ keys: [String: String] = [:], needsSession: Bool = false) throws {
        let standard = [
            "bootstrap.servers": bootstrap, "group.id": "t", "config.storage.topic": "t-configs",
            "offset.storage.topic": "t-offsets", "status.storage.topic": "t-statuses",
            "config.storage.replication.factor": "1", "offset.storage.replication.factor": "1",
            "status.storage.replication.factor": "1", "offset.storage.partitions": "4",
            "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter", "listeners": "http://127.0.0.1:0",
        ]
        let text = standard.merging(keys) { $1 }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
        let loaded = WorkerConfig.load(
            ConfigFile.parseWorker(Array(text.utf8), file: "worker.properties"), mode: .distributed, environment: [:])
        let worker = try #require(loaded.config, "\(loaded.problems)")
        loop = try EventLoop(name: "test-kafka")
        pool = BlockingPool(name: "test-pool")
        connections = KafkaConnections(worker: worker, loop: loop, pool: pool, needsSession: needsSession)
        cluster = Confined(
            KafkaCluster(
                settings: try ClientSettings(["bootstrap.servers": bootstrap], role: .admin), loop: loop, pool: pool),
            to: loop)
    }

    func create(_ topic: NewTopic) async throws {
        _ = try await ask { $0.createTopic(topic, completion: $1) }.get()
    }

    func topicConfig(_ topic: String) async throws -> [String: String] {
        try await ask { $0.topicConfig(topic, completion: $1) }.get()
    }

    func partitionCount(_ topic: String) async throws -> Int? {
        try await ask { $0.describeTopics([topic], completion: $1) }.get().first?.partitions.count
    }

    /// As the worker's own clients know it.
    func seenPartitionCount(_ topic: String) async throws -> Int? {
        let settings = try ClientSettings(connections.layers.internalClient("shared-admin"), role: .admin)
        return await withCheckedContinuation { continuation in
            loop.execute { [connections] in
                let metadata = connections.state.value.workersCluster(for: settings).metadata
                continuation.resume(returning: metadata.topic(topic)?.partitions.count)
            }
        }
    }

    private func ask<Value: Sendable>(
        _ question: @escaping @Sendable (Admin, @escaping (Result<Value, ClientError>) -> Void) -> Void
    ) async -> Result<Value, ClientError> {
        await withCheckedContinuation { continuation in
            loop.execute { [cluster] in
                let admin = Admin(cluster: cluster.value)
                question(admin) { result in withExtendedLifetime(admin) { continuation.resume(returning: result) } }
            }
        }
    }

    func close() {
        connections.close {}
        loop.execute { [cluster] in cluster.value.close() }
        loop.stop()
        pool.stop()
    }
}
