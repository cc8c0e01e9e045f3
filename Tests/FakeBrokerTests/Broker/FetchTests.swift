import KafkaProtocol
import Testing

@testable import FakeBroker

struct FetchTests {
    @Test func `a fetch waits for records, or for its time`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        let waiting = try test.send(test.fetchRequest("orders", from: 0, wait: 500))
        #expect(test.outcome(waiting) == nil)
        _ = try test.produce("orders", batch(["a"]))
        #expect(try TestBroker.values(test.reply(waiting, to: FetchRequest.self)) == ["a"])
        let idle = try test.send(test.fetchRequest("orders", from: 1, wait: 500))
        test.advance(milliseconds: 499)
        #expect(test.outcome(idle) == nil)
        test.advance(milliseconds: 1)
        #expect(try TestBroker.values(test.reply(idle, to: FetchRequest.self)) == [])
        #expect(test.broker.nextDeadline == nil)
    }

    @Test func `a session goes on where it was`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        let opened = try test.ask(test.fetchRequest("orders", from: 0, session: (0, 0)))
        #expect(opened.sessionId > 0)
        _ = try test.produce("orders", batch(["a"]))
        var next = FetchRequest()
        (next.sessionId, next.sessionEpoch, next.minBytes) = (opened.sessionId, 1, 1)
        let ticket = try test.send(next)
        #expect(try TestBroker.values(test.reply(ticket, to: FetchRequest.self)) == ["a"])
        #expect(try test.ask(next).errorCode == ErrorCode.invalidFetchSessionEpoch.rawValue)
        next.sessionId = 999
        #expect(try test.ask(next).errorCode == ErrorCode.fetchSessionIdNotFound.rawValue)
    }

    @Test func `what is not there is told at once, and no session is begun with it`() throws {
        var test = try TestBroker()
        let missing = try test.ask(test.fetchRequest("nowhere", from: 0, session: (0, 0), wait: 500))
        #expect(missing.sessionId == 0)
        #expect(missing.responses.first?.partitions.first?.errorCode == ErrorCode.unknownTopicOrPartition.rawValue)
        _ = try test.createTopic("orders")
        let beyond = try test.ask(test.fetchRequest("orders", from: 1, wait: 500))
        #expect(beyond.responses.first?.partitions.first?.errorCode == ErrorCode.offsetOutOfRange.rawValue)
    }

    @Test func `a topic that is deleted ends sessions and waits, and its slots are given away`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        _ = try test.produce("orders", batch(["a"]))
        let opened = try test.ask(test.fetchRequest("orders", from: 1, session: (0, 0)))
        let waiting = try test.send(test.fetchRequest("orders", from: 1, session: (0, 0), wait: 500))
        var deletion = DeleteTopicsRequest()
        deletion.topics = [.init()]
        deletion.topics[0].name = "orders"
        #expect(try test.ask(deletion).responses.map(\.errorCode) == [0])
        let answer = try test.reply(waiting, to: FetchRequest.self).response
        #expect(answer.errorCode == ErrorCode.fetchSessionIdNotFound.rawValue)
        _ = try test.createTopic("others")
        var next = FetchRequest()
        (next.sessionId, next.sessionEpoch) = (opened.sessionId, 1)
        #expect(try test.ask(next).errorCode == ErrorCode.fetchSessionIdNotFound.rawValue)
        #expect(try test.produce("others", batch(["b"])).baseOffset == 0)
    }

    @Test func `offsets of times, of the start and of the end`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        _ = try test.produce("orders", batch(["a", "b"], time: 1000))
        _ = try test.produce("orders", batch(["c"], time: 5000))
        func offset(_ time: Int64) throws -> Int64? {
            var request = ListOffsetsRequest()
            request.topics = [.init()]
            request.topics[0].name = "orders"
            request.topics[0].partitions = [.init()]
            request.topics[0].partitions[0].timestamp = time
            return try test.ask(request).topics.first?.partitions.first?.offset
        }
        #expect(try [-2, -1, -3, 0, 1001, 1002, 5000, 5001].map(offset) == [0, 3, 2, 0, 1, 2, 2, -1])
    }
}
