import ConnectConfig
import ConnectModel
import KafkaClient
import Testing

@testable import ConnectKafka

@Suite struct InternalTopicLayersTests {
    private func layers(_ keys: [String: String] = [:]) throws -> InternalTopicLayers {
        let standard = [
            "bootstrap.servers": "one:9092,two:9092", "group.id": "cluster", "client.id": "mine",
            "config.storage.topic": "configs", "offset.storage.topic": "offsets", "status.storage.topic": "statuses",
            "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        ]
        let text = standard.merging(keys) { $1 }.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "\n")
        let loaded = WorkerConfig.load(
            ConfigFile.parseWorker(Array(text.utf8), file: "worker.properties"), mode: .distributed, environment: [:])
        let worker = try #require(loaded.config, "\(loaded.problems)")
        return InternalTopicLayers(worker: worker, layers: ClientLayers(worker))
    }

    @Test func `a topic is planned with Apache's defaults, its own settings and compaction, whatever is set`() throws {
        let layers = try layers([
            "offset.storage.min.insync.replicas": "2", "offset.storage.cleanup.policy": "delete",
            "config.storage.partitions": "9",
        ])
        let offsets = try layers.plan(.offset)
        #expect(
            offsets.topic
                == NewTopic(
                    name: "offsets", partitionCount: 25, replicationFactor: 3,
                    configs: [
                        (key: "min.insync.replicas", value: "2"), (key: "cleanup.policy", value: "compact"),
                    ]))
        #expect(try layers.plan(.status).topic.partitionCount == 5)
        let config = try layers.plan(.config)
        #expect(config.topic.partitionCount == 1)
        #expect(config.key == "config.storage.topic")
        #expect(config.bootstrapServers == "one:9092,two:9092")
        #expect(config.hasOnePartition && !offsets.hasOnePartition)
        // Statuses tell of what stops because the session is lost.
        #expect(try offsets.isOfTasks && !config.isOfTasks && !layers.plan(.status).isOfTasks)
    }

    @Test func `readers begin at the beginning and are in no group`() throws {
        let consumer = try layers().consumer(.config)
        #expect(consumer["group.id"] == nil)
        #expect(consumer["auto.offset.reset"] == "earliest")
        #expect(consumer["enable.auto.commit"] == "false")
        #expect(consumer["client.id"] == "cluster-mine-configs")
        #expect(try layers().consumer(.offset)["client.id"] == "cluster-mine-offsets")
        #expect(try layers().consumer(.status)["client.id"] == "cluster-mine-statuses")
    }

    @Test func `committed records only are read where sources are exactly-once, statuses aside`() throws {
        #expect(try layers().consumer(.config)["isolation.level"] == nil)
        let exactlyOnce = try layers(["exactly.once.source.support": "enabled"])
        #expect(exactlyOnce.consumer(.config)["isolation.level"] == "read_committed")
        #expect(exactlyOnce.consumer(.offset)["isolation.level"] == "read_committed")
        #expect(exactlyOnce.consumer(.status)["isolation.level"] == nil)
    }

    @Test func `writers keep the order and give up only statuses`() throws {
        let layers = try layers(["acks": "1", "producer.acks": "0"])
        for kind in WorkerConfig.InternalTopic.allCases {
            let settings = try layers.clients(kind).producer.producer
            #expect(settings.acks == .all)
            #expect(settings.maxInFlight == 1)
            #expect(settings.isIdempotent == false)
            #expect(settings.linger == 0)
            #expect(settings.retries == (kind == .status ? 0 : Int(Int32.max)))
            #expect(settings.deliveryTimeout == (kind == .status ? 120_000_000_000 : 2_147_483_647_000_000))
        }
    }

    @Test(arguments: [
        ("compact", true), ("compact,delete", false), ("delete", false), ("", false), (" compact ", true),
    ])
    func `exactly compact is compact`(_ policy: String, _ isCompact: Bool) {
        #expect(InternalTopicSetup.isCompact(policy) == isCompact)
    }

    @Test func `a config topic has exactly one partition`() throws {
        let plan = try layers().plan(.config)
        #expect(plan.partitionProblem(1) == nil)
        #expect(plan.partitionProblem(3)?.code == .configInvalid)
        #expect(try layers().plan(.offset).partitionProblem(3) == nil)
    }
}
