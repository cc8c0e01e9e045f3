import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite struct MetadataSnapshotResponseTests {
    private func partitions(_ indices: [Int32]) -> [Int32] {
        var topic = MetadataResponse.MetadataResponseTopic()
        topic.name = "t"
        topic.partitions = indices.map { index in
            var partition = MetadataResponse.MetadataResponsePartition()
            partition.partitionIndex = index
            partition.leaderId = 1
            return partition
        }
        var response = MetadataResponse()
        response.topics = [topic]
        return MetadataSnapshot(response, version: 9).topic("t")?.partitions.map(\.index) ?? []
    }

    @Test func `partitions are taken in whatever order they come`() {
        #expect(partitions([2, 0, 1]) == [0, 1, 2])
    }

    @Test func `partitions with numbers that no topic can have are left out, and those named twice`() {
        #expect(partitions([-1, 0, .min, 1, .max, 1]) == [0, 1])
    }
}
