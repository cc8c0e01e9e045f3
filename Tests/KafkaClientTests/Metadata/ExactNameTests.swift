import Glibc
import KafkaProtocol
import Testing

@testable import KafkaClient

/// Names that Swift takes for the same and Kafka does not.
@Suite struct ExactNameTests {
    private static let composed = "caf\u{E9}"
    private static let decomposed = "cafe\u{301}"
    private static let kelvin = "\u{212A}"

    @Test func `names are told apart by their bytes`() {
        #expect(Self.composed == Self.decomposed, "to Swift")
        #expect(ExactName(Self.composed) != ExactName(Self.decomposed))
        #expect(ExactName(Self.composed).hashValue == ExactName("caf\u{E9}").hashValue)
        #expect(Set([Self.composed, Self.decomposed, Self.composed].map { ExactName($0) }).count == 2)
        #expect(
            ExactName.unique(["b", Self.kelvin, "K", "b", "a"]).map { Array($0.utf8) }
                == ["K", "a", "b", Self.kelvin].map { Array($0.utf8) })
    }

    @Test func `partitions are too`() {
        let (one, other) = (TopicPartition(Self.kelvin, 0), TopicPartition("K", 0))
        #expect(one != other)
        #expect(Set([one, other, TopicPartition("K", 1), other]).count == 3)
        #expect(other < one && !(one < other))
        #expect(TopicPartition("K", 0) < TopicPartition("K", 1))
    }

    @Test func `metadata of a topic is no other topic's`() {
        let topic = MetadataSnapshot.Topic(name: "K", partitions: [.init(index: 0, leader: 1, leaderEpoch: 0)])
        let snapshot = MetadataSnapshot(topics: [topic])
        #expect(snapshot.topic("K") != nil)
        #expect(snapshot.topic(Self.kelvin) == nil)
    }

    @Test func `a topic is asked for beside one whose name looks the same`() {
        var machine = MetadataMachine(configuration: .init(), seed: 1)
        machine.interestAdded([Self.kelvin, "K"], allowsCreation: false, now: 1_000_000_000)
        machine.interestRemoved([Self.kelvin], allowsCreation: false)
        machine.interestAdded([Self.composed], allowsCreation: false, now: 1_000_000_000)
        machine.interestRemoved([Self.decomposed], allowsCreation: false)
        #expect(machine.interests.map { ExactName($0.name) } == ["K", Self.composed].map { ExactName($0) })
    }

    @Test func `records do not go to the topic whose name looks the same`() {
        let bench = LaneBench(partitions: 0)
        let (kelvin, letter) = (bench.lane.topicIndex(for: Self.kelvin), bench.lane.topicIndex(for: "K"))
        #expect(kelvin != letter)
        let topic = MetadataSnapshot.Topic(name: "K", partitions: [.init(index: 0, leader: 1, leaderEpoch: 0)])
        bench.mailbox.put(snapshot: MetadataSnapshot(version: 1, topics: [topic]))
        #expect(bench.append([1], topic: letter) == .appended)
        #expect(bench.append([1], topic: kelvin) == .refused)
        #expect(bench.lane.lastError?.message.contains("is not a legal topic name") == true)
    }

    @Test func `groups do not share the look-up of a coordinator`() throws {
        let broker = try StubBroker()
        defer { broker.close() }
        let bench = try ClientBench("\(broker.address)", ["request.timeout.ms": "30000"])
        defer { bench.close() }
        bench.onLoop { cluster in
            for group in [Self.composed, Self.decomposed, Self.composed] {
                var beat = HeartbeatRequest()
                beat.groupId = group
                cluster.request(beat, to: .groupCoordinator(group)) { _ in }
            }
        }
        for _ in 0..<5_000 where broker.received.filter({ $0 == FindCoordinatorRequest.apiKey }).count < 2 {
            usleep(2_000)
        }
        #expect(broker.received.filter { $0 == FindCoordinatorRequest.apiKey }.count == 2)
        bench.onLoop { cluster in
            cluster.coordinators[ExactName(Self.composed)]?.node = 7
            cluster.invalidateCoordinator(group: Self.decomposed)
            #expect(cluster.coordinators[ExactName(Self.composed)]?.node == 7)
        }
    }
}
