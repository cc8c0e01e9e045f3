import KafkaProtocol
import Testing

@testable import FakeBroker

struct ProduceTests {
    @Test func `what was produced is fetched`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders", partitions: 2)
        #expect(try test.produce("orders", batch(["a", "b"])).baseOffset == 0)
        #expect(try test.produce("orders", batch(["c"])).baseOffset == 2)
        #expect(try test.produce("orders", batch(["x"]), partition: 1).baseOffset == 0)
        for version in FetchRequest.versions {
            let ticket = try test.send(test.fetchRequest("orders", from: 0), version: version)
            let reply = try test.reply(ticket, to: FetchRequest.self, version: version)
            #expect(try TestBroker.values(reply) == ["a", "b", "c"])
            #expect(reply.response.responses.first?.partitions.first?.highWatermark == 3)
        }
        let ticket = try test.send(test.fetchRequest("orders", from: 2))
        #expect(try TestBroker.values(test.reply(ticket, to: FetchRequest.self)) == ["c"])
    }

    @Test func `an idempotent producer's batch is stored once, and a gap refused`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        let id = try test.ask(
            {
                var request = InitProducerIdRequest()
                request.transactionalId = nil
                return request
            }()
        ).producerId
        let first = try batch(["a", "b"], producer: (id, 0, 0))
        #expect(try test.produce("orders", first).baseOffset == 0)
        let again = try test.produce("orders", first)
        #expect(again.errorCode == 0 && again.baseOffset == 0)
        let gap = try test.produce("orders", batch(["d"], producer: (id, 0, 3)))
        #expect(gap.errorCode == ErrorCode.outOfOrderSequenceNumber.rawValue)
        #expect(try test.produce("orders", batch(["c"], producer: (id, 0, 2))).baseOffset == 2)
    }

    @Test func `a batch that is damaged, too long or keyless is refused`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders", settings: [("max.message.bytes", "200")])
        _ = try test.createTopic("table", settings: [("cleanup.policy", "compact")])
        let good = try batch(["a"])
        var bytes = [UInt8](good.bytes)
        bytes[bytes.count - 1] ^= 1
        let refusals = try bytes.withUnsafeBytes { damaged in
            let segment = FrameSegment(bytes: damaged, owner: nil)
            return [
                try test.produce("orders", segment),
                try test.produce("orders", FrameSegment(bytes: .init(rebasing: damaged[..<30]), owner: nil)),
            ].map(\.errorCode)
        }
        #expect(refusals == [ErrorCode.corruptMessage.rawValue, ErrorCode.invalidRecord.rawValue])
        let long = try test.produce("orders", batch([String(repeating: "x", count: 300)]))
        #expect(long.errorCode == ErrorCode.messageTooLarge.rawValue)
        #expect(try test.produce("table", good).errorCode == ErrorCode.invalidRecord.rawValue)
        #expect(try test.produce("table", batch(["a"], keys: ["k"])).errorCode == 0)
        #expect(try test.produce("nowhere", good).errorCode == ErrorCode.unknownTopicOrPartition.rawValue)
        #expect(try test.produce("orders", good, partition: 7).errorCode == ErrorCode.unknownTopicOrPartition.rawValue)
    }

    @Test func `without acknowledgement there is no answer, and an error closes the connection`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        let id = test.id(of: "orders")
        let good = try test.send(TestBroker.produceRequest("orders", id, try batch(["a"]), acks: 0))
        guard case .nothing = test.outcome(good) else {
            Issue.record("\(String(describing: test.outcome(good)))")
            return
        }
        let bad = try test.send(TestBroker.produceRequest("orders", id, try batch(["a"]), partition: 9, acks: 0))
        #expect(test.closed(bad)?.contains("UNKNOWN_TOPIC_OR_PARTITION") == true)
    }

    @Test func `a transactional producer is refused`() throws {
        var test = try TestBroker()
        var request = InitProducerIdRequest()
        request.transactionalId = "t"
        #expect(try test.ask(request).errorCode == ErrorCode.invalidRequest.rawValue)
    }
}
