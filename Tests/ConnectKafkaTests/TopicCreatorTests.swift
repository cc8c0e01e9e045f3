import ConnectConfig
import ConnectModel
import EventLoop
import KafkaClient
import Testing

@testable import ConnectKafka

@Suite struct TopicCreatorTests {
    @Test func `a topic is prepared once, and beside one whose name looks the same`() throws {
        let loop = try EventLoop(name: "creator")
        let pool = BlockingPool(name: "creator-pool")
        let table = Confined(ClusterTable(loop: loop, pool: pool), to: loop)
        defer {
            LoopCall.wait(on: loop) { table.value.close() }
            loop.stop()
            pool.stop()
        }
        let rules = try TopicCreation([
            "topic.creation.default.replication.factor": "1", "topic.creation.default.partitions": "1",
        ])
        let settings = try ClientSettings(["bootstrap.servers": "127.0.0.1:1"], role: .admin)
        let creator = TopicCreator(rules: rules, loop: loop, clusters: table, settings: settings, wake: {})
        // The sign for kelvin is a topic that cannot be: its records would wait for ever if nobody found that out.
        for name in ["K", "\u{212A}", "K"] { creator.prepare(name, TopicPreparationState()) }
        #expect(creator.known.count == 2)
        creator.closer()
    }

    @Test func `a search that fails fails a task whose topic was never there, and no other`() {
        let refusal = ConnectError(.kafkaRefused, "no right to create topics")
        let name = ExactText("t")
        let prepared = TopicCreator.Prepared()
        let never = TopicPreparationState()
        prepared.entries[name] = .init(wanted: NewTopic(name: "t"), state: never)
        prepared.ended(name, .failure(refusal))
        #expect(never.outcome?.error == refusal)
        let once = TopicPreparationState()
        prepared.entries[name] = .init(wanted: NewTopic(name: "t"), state: once)
        prepared.ended(name, .success(()))
        prepared.ended(name, .failure(refusal))
        #expect(once.outcome != nil && once.outcome?.error == nil)
        #expect(prepared.entries[name]?.failure == refusal.message)
    }
}

extension Result {
    fileprivate var error: Failure? {
        if case .failure(let error) = self { return error }
        return nil
    }
}
