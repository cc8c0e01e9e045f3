@testable import KafkaClient

func partition(_ topic: String, _ number: Int32) -> TopicPartition { TopicPartition(topic, number) }

let second: UInt64 = 1_000_000_000

/// A cluster with topics of the given partition counts, all led by one node in one epoch.
func snapshot(_ topics: [(String, Int)], leader: Int32 = 1, epoch: Int32 = 0) -> MetadataSnapshot {
    MetadataSnapshot(
        brokers: [1, 2].map { MetadataSnapshot.Broker(id: $0, address: BrokerAddress(host: "b", port: 9092)) },
        topics: topics.map { name, count in
            MetadataSnapshot.Topic(
                name: name,
                partitions: (0..<count).map {
                    MetadataSnapshot.Partition(index: Int32($0), leader: leader, leaderEpoch: epoch)
                })
        })
}
