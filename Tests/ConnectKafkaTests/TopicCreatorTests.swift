import ConnectConfig
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
}
