import KafkaProtocol
import Logging
import Testing

@testable import FakeBroker

struct FaultTests {
    @Test func `an error is answered and the request not carried out`() throws {
        var test = try TestBroker(faults: ["Produce:error=NOT_LEADER_OR_FOLLOWER,count=1"])
        _ = try test.createTopic("orders")
        let refused = try test.produce("orders", batch(["a"]))
        #expect(refused.errorCode == ErrorCode.notLeaderOrFollower.rawValue)
        #expect(test.notices().contains { $0.message == "Fault" && $0.fields.contains(LogField("api", "Produce")) })
        let taken = try test.produce("orders", batch(["a"]))
        #expect(taken.errorCode == 0 && taken.baseOffset == 0)
    }

    @Test func `a lost answer leaves the records there, and the connection is closed`() throws {
        var test = try TestBroker(faults: ["Produce:lose,count=1"])
        _ = try test.createTopic("orders")
        let request = TestBroker.produceRequest("orders", test.id(of: "orders"), try batch(["a"]))
        let ticket = try test.send(request)
        #expect(test.closed(ticket) == "")
        #expect(try test.produce("orders", batch(["b"])).baseOffset == 1)
    }

    @Test func `a cut and a hang carry nothing out`() throws {
        var test = try TestBroker(faults: ["Produce:cut,count=1", "Produce:hang,after=1,count=1"])
        _ = try test.createTopic("orders")
        let request = TestBroker.produceRequest("orders", test.id(of: "orders"), try batch(["a"]))
        let cut = try test.send(request)
        #expect(test.closed(cut) == "")
        let hung = try test.send(request)
        test.advance(milliseconds: 3_600_000)
        #expect(test.outcome(hung) == nil)
        #expect(try test.produce("orders", batch(["b"])).baseOffset == 0)
    }

    @Test func `a delay holds the answer back, not the deed`() throws {
        var test = try TestBroker(faults: ["Produce:delay=5s,count=1"])
        _ = try test.createTopic("orders")
        let late = try test.send(TestBroker.produceRequest("orders", test.id(of: "orders"), try batch(["a"])))
        #expect(test.outcome(late) == nil && test.broker.nextDeadline == test.now + 5_000_000_000)
        #expect(try test.produce("orders", batch(["b"])).baseOffset == 1)
        test.advance(milliseconds: 4999)
        #expect(test.outcome(late) == nil)
        test.advance(milliseconds: 1)
        #expect(try test.reply(late, to: ProduceRequest.self).response.responses.count == 1)
    }

    @Test func `an answer that is held back for a connection that is gone is forgotten`() throws {
        var test = try TestBroker(faults: ["ApiVersions:delay=5s"])
        let late = try test.send(ApiVersionsRequest())
        test.broker.forget(late)
        #expect(test.broker.nextDeadline == nil)
    }

    @Test func `garbage takes turns, or is of the kind that was asked for`() throws {
        var test = try TestBroker(faults: ["Metadata:garbage"])
        var seen: Set<[UInt8]> = []
        for kind in Garbage.allCases {
            let ticket = try test.send(MetadataRequest())
            guard case .send(let segments, let thenClose) = test.outcome(ticket) else {
                Issue.record("nothing was sent")
                return
            }
            #expect(thenClose == kind.endsConnection)
            seen.insert(segments.flatMap { [UInt8]($0.bytes) })
        }
        #expect(seen.count == Garbage.allCases.count)
        let negative = Garbage.negative.bytes(correlationID: 1, seed: 1)
        #expect(negative.first == 0xff && negative == Garbage.negative.bytes(correlationID: 2, seed: 1))
    }

    @Test func `a fault goes by topic, in a fetch session too`() throws {
        var test = try TestBroker(faults: ["Fetch:error=NOT_LEADER_OR_FOLLOWER,topic=orders"])
        _ = try test.createTopic("orders")
        _ = try test.createTopic("others")
        _ = try test.produce("others", batch(["a"]))
        let other = try test.ask(test.fetchRequest("others", from: 0, session: (0, 0)))
        #expect(other.responses.first?.partitions.first?.errorCode == 0)
        let added = test.fetchRequest("orders", from: 0, session: (other.sessionId, 1))
        let refused = try test.ask(added)
        // Both topics: the one that was named and the one of the session.
        #expect(refused.responses.flatMap(\.partitions).map(\.errorCode) == [6, 6])
    }

    /// Every API in every version: the answer can be read, and is not the one of success.
    @Test func `every request can be refused with any error`() throws {
        for api in BrokerAPIs.all { try expectRefusals(api) }
    }

    private func expectRefusals<API: BrokerAPI>(_ api: API.Type) throws {
        for version in API.Request.versions {
            var test = try TestBroker(faults: ["\(API.name):error=UNKNOWN_SERVER_ERROR"])
            let ticket = try test.send(API.Request(), version: version)
            if test.closed(ticket) == "" { continue }
            _ = try test.reply(ticket, to: API.Request.self, version: version)
        }
    }
}
