import ConnectModel
import EventLoop
import Testing

@testable import ConnectKafka
@testable import KafkaClient

@Suite struct KafkaRecordSenderTests {
    /// A sender whose cluster cannot be reached and has told of topic t with three partitions.
    private final class Bench {
        let loop: EventLoop
        let pool = BlockingPool(name: "sender-pool")
        let cluster: Confined<KafkaCluster>
        let sender: KafkaRecordSender

        init(topics: (any TopicPreparation)? = nil) throws {
            let loop = try EventLoop(name: "sender")
            let settings = try ClientSettings(["bootstrap.servers": "127.0.0.1:1"], role: .producer)
            let cluster = Confined(KafkaCluster(settings: settings, loop: loop, pool: pool), to: loop)
            let producer = LoopCall.wait(on: loop) {
                let partitions = (0..<3).map { MetadataSnapshot.Partition(index: $0, leader: -1, leaderEpoch: 0) }
                let answer = MetadataSnapshot(
                    brokers: [.init(id: 1, address: BrokerAddress(host: "127.0.0.1", port: 1))],
                    topics: [MetadataSnapshot.Topic(name: "t", partitions: partitions)])
                cluster.value.addInterest(topics: ["t"])
                // An answer counts only where one is awaited.
                cluster.value.machine.refreshWanted(now: EventLoop.now() + 3_600_000_000_000)
                _ = cluster.value.machine.takeActions()
                cluster.value.machine.answered(answer, errorCode: 0, now: EventLoop.now())
                return Producer(cluster: cluster.value, settings: settings, wake: {})
            }
            (self.loop, self.cluster) = (loop, cluster)
            sender = KafkaRecordSender(producer: producer, topics: topics, use: ClusterUse(whenEnded: {}))
        }

        /// How many records were taken, -1 for an error.
        func append(to topic: String, _ partition: Int32) -> Int {
            var record = OutgoingRecord()
            record.topic = sender.topicNumber(for: topic)
            record.partition = partition
            let outcome = withUnsafePointer(to: record) { sender.append(UnsafeBufferPointer(start: $0, count: 1)) }
            if case .took(let count) = outcome { return count }
            return -1
        }

        func stop() {
            sender.close()
            LoopCall.wait(on: loop) { [cluster] in cluster.value.close() }
            loop.stop()
            pool.stop()
        }
    }

    @Test func `what a record waits for is the topic, or its partition among those that there are`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        #expect(bench.append(to: "t", 7) == 0)
        #expect(bench.sender.missing == .partition(7, of: "t", count: 3))
        #expect(bench.append(to: "nowhere", 7) == 0)
        #expect(bench.sender.missing == .topic("nowhere"))
        #expect(bench.append(to: "t", 2) == 1)
        #expect(bench.sender.missing == nil)
    }
}
