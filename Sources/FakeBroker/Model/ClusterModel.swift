/// A cluster for the producer's side: partitions with leaders, and the ids that it gives to producers.
package struct ClusterModel: Sendable {
    /// Partitions by number.
    package var partitions: [PartitionModel]
    /// How many nodes there are; ids from 0.
    package let nodeCount: Int32
    private var nextProducerID: Int64 = 1000

    /// Makes a cluster whose leaders are spread in turn.
    package init(nodeCount: Int32, partitionCount: Int) {
        self.nodeCount = max(nodeCount, 1)
        partitions = (0..<partitionCount).map { PartitionModel(leader: Int32($0) % max(nodeCount, 1)) }
    }

    /// InitProducerId without a transactional id: always a new id with epoch 0.
    package mutating func makeProducerID() -> Int64 {
        nextProducerID += 1
        return nextProducerID
    }
}
