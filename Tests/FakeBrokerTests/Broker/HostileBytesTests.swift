import KafkaProtocol
import Testing

@testable import FakeBroker

/// Whatever a client sends: it is answered, or its connection is closed with a reason. That these tests end is what they show.
struct HostileBytesTests {
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    @Test func `frames of noise close the connection`() throws {
        var test = try TestBroker()
        var dice = Dice(state: 1)
        for _ in 0..<5000 {
            var frame = (0..<Int.random(in: 0...80, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
            // Half of them begin as a request of an API that there is.
            if frame.count > 4, dice.next() % 2 == 0 {
                let api = BrokerAPIs.all[Int.random(in: 0..<BrokerAPIs.all.count, using: &dice)]
                frame[0] = 0
                frame[1] = UInt8(api.key)
                frame[2] = 0
                frame[3] = UInt8(Int16.random(in: api.versions, using: &dice))
            }
            _ = test.send(frame: frame)
        }
        #expect(test.broker.topics.partitionCount <= 1000)
    }

    @Test func `requests that break off or have a byte changed never harm`() throws {
        for api in BrokerAPIs.all { try torment(api) }
    }

    private func torment<API: BrokerAPI>(_ api: API.Type) throws {
        var dice = Dice(state: UInt64(API.key) + 7)
        for version in API.Request.versions {
            var test = try TestBroker()
            _ = try test.createTopic("orders")
            let segments = try Frame.request(
                API.Request(), version: version, correlationID: 1, clientID: "a client")
            let frame = Array(segments.flatMap { [UInt8]($0.bytes) }.dropFirst(4))
            for count in 0..<frame.count {
                let ticket = test.send(frame: Array(frame.prefix(count)))
                #expect(test.closed(ticket)?.isEmpty == false, "\(API.name) \(version) cut to \(count) bytes")
            }
            for _ in 0..<50 {
                var changed = frame
                changed[Int.random(in: 4..<frame.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
                _ = test.send(frame: changed)
            }
            test.advance(milliseconds: 600_000)
        }
    }

    @Test func `numbers beyond all bounds are taken for what they are`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        _ = try test.produce("orders", batch(["a"]))
        for number in [Int64.min, -1, 0, Int64.max] {
            let small = Int32(clamping: number)
            var fetch = test.fetchRequest("orders", from: number, session: (small, small), wait: small)
            (fetch.minBytes, fetch.maxBytes) = (small, small)
            fetch.topics[0].partitions[0].partitionMaxBytes = small
            fetch.topics[0].partitions[0].currentLeaderEpoch = small
            fetch.topics[0].partitions[0].partition = small
            _ = try test.send(fetch)
            var join = JoinGroupRequest()
            (join.groupId, join.protocolType) = ("g", "consumer")
            (join.sessionTimeoutMs, join.rebalanceTimeoutMs) = (small, small)
            join.protocols = [.init()]
            _ = try test.send(join)
            var list = ListOffsetsRequest()
            list.topics = [.init()]
            list.topics[0].name = "orders"
            list.topics[0].partitions = [.init()]
            list.topics[0].partitions[0].timestamp = number
            _ = try test.send(list)
            var delete = DeleteRecordsRequest()
            delete.topics = [.init()]
            delete.topics[0].name = "orders"
            delete.topics[0].partitions = [.init()]
            delete.topics[0].partitions[0].offset = number
            _ = try test.send(delete)
            #expect(try test.createTopic("t\(number)", partitions: small).errorCode != 0 || number == -1)
        }
        test.advance(milliseconds: 600_000)
    }
}
