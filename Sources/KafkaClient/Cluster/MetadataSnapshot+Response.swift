internal import KafkaProtocol

extension MetadataSnapshot {
    /// More partitions than any topic has.
    private static let mostPartitions: Int32 = 1 << 24

    /// What an answer to Metadata says. Entries that make no sense (ports, names, numbers of partitions) are left out.
    convenience init(_ response: MetadataResponse, version: Int16) {
        let brokers = response.brokers.compactMap { broker -> Broker? in
            guard let port = UInt16(exactly: broker.port), port > 0, !broker.host.isEmpty, broker.nodeId >= 0 else {
                return nil
            }
            return Broker(
                id: broker.nodeId, address: BrokerAddress(host: broker.host, port: port), rack: broker.rack)
        }
        let topics = response.topics.compactMap { topic -> Topic? in
            guard let name = topic.name, !name.isEmpty else { return nil }
            // Before version 9 the epochs of brokers older than 2.4 may be wrong.
            var seen: Set<Int32> = []
            let partitions = topic.partitions.compactMap { partition -> Partition? in
                guard (0..<MetadataSnapshot.mostPartitions).contains(partition.partitionIndex),
                    seen.insert(partition.partitionIndex).inserted
                else { return nil }
                return Partition(
                    index: partition.partitionIndex, leader: partition.leaderId,
                    leaderEpoch: version >= 9 ? partition.leaderEpoch : -1, replicas: partition.replicaNodes,
                    inSyncReplicas: partition.isrNodes)
            }
            return Topic(
                name: name, id: TopicID(high: topic.topicId.high, low: topic.topicId.low),
                isInternal: topic.isInternal, errorCode: topic.errorCode, partitions: partitions)
        }
        self.init(
            clusterID: response.clusterId, controllerID: response.controllerId, brokers: brokers, topics: topics)
    }
}
