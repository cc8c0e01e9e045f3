import ConnectModel
import KafkaClient
import Testing

@testable import ConnectKafka

@Suite struct TopicSearchTests {
    private static let timedOut = ClientError(.timedOut, .retriable, "no answer")
    private static let missing = MetadataSnapshot.Topic(name: "t", errorCode: 3, partitions: [])

    private static func topic(_ code: Int16) -> MetadataSnapshot.Topic {
        MetadataSnapshot.Topic(name: "t", errorCode: code, partitions: [])
    }

    /// A cluster that answers what the test says, in turn, and a clock that the test moves.
    private final class Bench: TopicAdministration {
        var descriptions: [Result<[MetadataSnapshot.Topic], ClientError>] = []
        var creations: [Result<TopicCreationOutcome, ClientError>] = []
        var isAbandoned = false
        private(set) var asked: [String] = []
        private(set) var waiting: [() -> Void] = []
        private(set) var outcome: Result<Void, ConnectError>?

        func describeTopics(
            _ names: [String], completion: @escaping (Result<[MetadataSnapshot.Topic], ClientError>) -> Void
        ) {
            asked.append("describe")
            guard !descriptions.isEmpty else { return }
            completion(descriptions.removeFirst())
        }

        func createTopic(
            _ topic: NewTopic, completion: @escaping (Result<TopicCreationOutcome, ClientError>) -> Void
        ) {
            asked.append("create \(topic.partitionCount)")
            guard !creations.isEmpty else { return }
            completion(creations.removeFirst())
        }

        func start() {
            TopicSearch(
                NewTopic(name: "t", partitionCount: 3), admin: self, later: { self.waiting.append($0) },
                isAbandoned: { self.isAbandoned }
            ).run { self.outcome = $0 }
        }

        func passTime() {
            let jobs = waiting
            waiting = []
            for job in jobs { job() }
        }

        var isSuccess: Bool {
            if case .success = outcome { return true }
            return false
        }

        var error: ConnectError? {
            if case .failure(let error) = outcome { return error }
            return nil
        }
    }

    @Test func `a topic that is there is not created`() {
        let bench = Bench()
        bench.descriptions = [.success([Self.topic(0)])]
        bench.start()
        #expect(bench.asked == ["describe"])
        #expect(bench.isSuccess)
    }

    @Test(arguments: [.success([missing]), .success([])] as [Result<[MetadataSnapshot.Topic], ClientError>])
    func `a topic that the cluster does not know is created`(answer: Result<[MetadataSnapshot.Topic], ClientError>) {
        let bench = Bench()
        bench.descriptions = [answer]
        bench.creations = [.success(.created)]
        bench.start()
        #expect(bench.asked == ["describe", "create 3"])
        #expect(bench.isSuccess)
    }

    @Test func `without an answer the topic is looked up again and again, and created by an answer only`() {
        let bench = Bench()
        bench.descriptions =
            Array(repeating: .failure(Self.timedOut), count: 50)
            + [.success([Self.topic(5)]), .success([Self.missing])]
        bench.creations = [.success(.alreadyExists)]
        bench.start()
        for _ in 0..<51 {
            #expect(bench.outcome == nil && bench.waiting.count == 1 && !bench.asked.contains("create 3"))
            bench.passTime()
        }
        #expect(bench.asked.last == "create 3")
        #expect(bench.isSuccess)
    }

    @Test func `a creation without an answer is looked up`() {
        let bench = Bench()
        bench.descriptions = [.success([Self.missing]), .success([Self.topic(0)])]
        bench.creations = [.failure(Self.timedOut)]
        bench.start()
        #expect(bench.outcome == nil)
        bench.passTime()
        #expect(bench.asked == ["describe", "create 3", "describe"])
        #expect(bench.isSuccess)
    }

    @Test func `what no repeating helps fails with its reason`() {
        let refused = Bench()
        refused.descriptions = [.success([Self.missing])]
        refused.creations = [.failure(ClientError(.broker, .fatal, "too few brokers", brokerCode: 38))]
        refused.start()
        #expect(refused.error?.code == .kafkaRefused)
        #expect(refused.error?.message.contains("topic t: it cannot be created") == true)
        #expect(refused.error?.message.contains("too few brokers") == true)
        let hidden = Bench()
        hidden.descriptions = [.success([Self.topic(29)])]
        hidden.start()
        #expect(hidden.asked == ["describe"])
        #expect(hidden.error?.code == .kafkaAuthorization)
        #expect(hidden.error?.message.contains("TOPIC_AUTHORIZATION_FAILED") == true)
    }

    @Test func `a task that has gone creates nothing`() {
        let bench = Bench()
        bench.descriptions = [.failure(Self.timedOut), .success([Self.missing])]
        bench.start()
        bench.isAbandoned = true
        bench.passTime()
        #expect(bench.asked == ["describe"] && bench.waiting.isEmpty && bench.outcome == nil)
    }
}
