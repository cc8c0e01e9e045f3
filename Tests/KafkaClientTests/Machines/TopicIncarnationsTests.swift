import Testing

@testable import KafkaClient

/// A producer's topic that is deleted and made anew, from the metadata to where its batches go.
@Suite struct TopicIncarnationsTests {
    /// What a producer's driver does with metadata, for one topic of one partition.
    private struct Follower {
        var bench = ProducerBench.ready { $0.isIdempotent = false }
        var metadata = MetadataMachine(configuration: MetadataMachine.Configuration(), seed: 1)
        var incarnations = TopicIncarnations()

        init() {
            incarnations.add(nil)
            metadata.interestAdded(["t"], allowsCreation: false, now: bench.now)
        }

        /// An answer about the topic comes, and the producer follows what is published.
        mutating func see(_ topic: MetadataSnapshot.Topic) {
            metadata.refreshWanted(now: bench.now)
            let broker = MetadataSnapshot.Broker(id: 1, address: BrokerAddress(host: "b", port: 9092))
            metadata.answered(MetadataSnapshot(brokers: [broker], topics: [topic]), errorCode: 0, now: bench.now)
            guard let known = metadata.snapshot.topic("t") else { return }
            if incarnations.isMadeAnew(0, known) { bench.machine.topicRecreated(slot: 0, now: bench.now) }
            guard let partition = known.partition(0) else { return }
            bench.machine.leaderChanged(
                slot: 0, node: partition.leader, epoch: partition.leaderEpoch, now: bench.now)
        }

        /// The node that the next batch goes to; nil where it goes to none.
        mutating func destination() -> Int32? {
            for node: Int32 in 1...2 { bench.machine.nodeReady(node, now: bench.now) }
            _ = bench.machine.takeActions()
            for case .send(let command) in bench.seal() {
                _ = bench.answer(command.request)
                return command.node
            }
            return nil
        }
    }

    private static func id(_ number: UInt64) -> MetadataSnapshot.TopicID { .init(high: 0, low: number) }

    private func topic(_ id: UInt64, leader: Int32, epoch: Int32) -> MetadataSnapshot.Topic {
        .init(
            name: "t", id: Self.id(id), partitions: [.init(index: 0, leader: leader, leaderEpoch: epoch)])
    }

    @Test(arguments: [(UInt64(1), UInt64(2)), (0, 0)])
    func `a topic that was missing for long and is there anew is written to at its new leader`(
        before: UInt64, after: UInt64
    ) {
        var follower = Follower()
        follower.see(topic(before, leader: 1, epoch: 7))
        #expect(follower.destination() == 1)
        // So long that the metadata does not hold on to what it knew.
        for _ in 0..<4 {
            follower.bench.now += 200_000_000_000
            follower.see(.init(name: "t", errorCode: 3, partitions: []))
        }
        #expect(follower.metadata.snapshot.topic("t")?.errorCode == 3)
        follower.bench.now += 200_000_000_000
        follower.see(topic(after, leader: 2, epoch: 0))
        #expect(follower.destination() == 2)
    }

    @Test func `a topic that comes back as it was keeps its epochs`() {
        var follower = Follower()
        follower.see(topic(1, leader: 1, epoch: 7))
        for _ in 0..<4 {
            follower.bench.now += 200_000_000_000
            follower.see(.init(name: "t", errorCode: 3, partitions: []))
        }
        follower.bench.now += 200_000_000_000
        follower.see(topic(1, leader: 2, epoch: 6))
        #expect(follower.destination() == 1, "an older epoch of the same topic is not believed")
    }

    @Test func `another id is another topic, an id where none was told is not`() {
        var incarnations = TopicIncarnations()
        incarnations.add(nil)
        incarnations.add(topic(5, leader: 1, epoch: 0))
        let told = [(0, 4), (0, 4), (0, 6), (1, 6), (2, 6)].map { number, id in
            incarnations.isMadeAnew(number, topic(UInt64(id), leader: 1, epoch: 0))
        }
        #expect(told == [false, false, true, true, false])
    }
}
