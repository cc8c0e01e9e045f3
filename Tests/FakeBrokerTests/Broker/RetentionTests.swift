import KafkaProtocol
import Testing

@testable import FakeBroker

struct RetentionTests {
    private func broker(retention: Int) throws -> TestBroker {
        var settings = BrokerSettings()
        settings.retention = retention
        return try TestBroker(settings)
    }

    @Test func `the oldest records go, and the log begins later`() throws {
        var test = try broker(retention: 2000)
        _ = try test.createTopic("orders")
        for number in 0..<100 { #expect(try test.produce("orders", batch(["\(number)"])).baseOffset == Int64(number)) }
        let partition = test.broker.cluster.partitions[0]
        #expect(test.broker.contents[0].bytes <= 2000 && test.broker.contents[0].batches.count == partition.log.count)
        #expect(partition.logStartOffset > 50 && partition.endOffset == 100)
        let lost = try test.ask(test.fetchRequest("orders", from: 0))
        #expect(lost.responses.first?.partitions.first?.errorCode == ErrorCode.offsetOutOfRange.rawValue)
        let ticket = try test.send(test.fetchRequest("orders", from: partition.logStartOffset))
        #expect(try TestBroker.values(test.reply(ticket, to: FetchRequest.self)).last == "99")
        #expect(test.notices().contains { $0.message == "Oldest records dropped" })
    }

    @Test func `a compacted topic keeps the newest record of each key, or refuses`() throws {
        var test = try broker(retention: 2000)
        _ = try test.createTopic("table", settings: [("cleanup.policy", "compact")])
        _ = try test.produce("table", batch(["kept"], keys: ["old"]))
        for number in 0..<100 { #expect(try test.produce("table", batch(["\(number)"], keys: ["k"])).errorCode == 0) }
        #expect(test.broker.contents[0].bytes <= 2000)
        let ticket = try test.send(test.fetchRequest("table", from: 0))
        let values = try TestBroker.values(test.reply(ticket, to: FetchRequest.self))
        #expect(values.first == "kept" && values.last == "99")
        var last: Int16 = 0
        for number in 0..<100 { last = try test.produce("table", batch(["v"], keys: ["k\(number)"])).errorCode }
        #expect(last == ErrorCode.kafkaStorageError.rawValue)
    }

    @Test func `partitions are counted, and come back with a deleted topic`() throws {
        var settings = BrokerSettings()
        settings.maximumPartitions = 10
        var test = try TestBroker(settings)
        #expect(try test.createTopic("a", partitions: 10).errorCode == 0)
        #expect(try test.createTopic("b").errorCode == ErrorCode.policyViolation.rawValue)
        var deletion = DeleteTopicsRequest()
        deletion.topics = [.init()]
        deletion.topics[0].name = "a"
        _ = try test.ask(deletion)
        #expect(try test.createTopic("b", partitions: 10).errorCode == 0)
        #expect(test.broker.contents.count == 10)
    }
}
