import KafkaProtocol
import Testing

@testable import FakeBroker

/// Requests and answers as Kafka's schemas lay them out in versions that only old clients use.
struct OldLayoutTests {
    /// A request without client id, and the body of its answer.
    private func ask(_ test: inout TestBroker, api: Int16, version: Int16, _ body: [UInt8]) throws -> [UInt8] {
        let header = Self.int16(api) + Self.int16(version) + Self.int32(7) + Self.int16(-1)
        let ticket = test.send(frame: header + body)
        let answer = try #require(test.bytes(ticket), "version \(version)")
        #expect(Array(answer.prefix(4)) == Self.int32(7))
        return Array(answer.dropFirst(4))
    }

    // One for each width: sums of generic calls take the compiler minutes.
    private static func int16(_ value: Int16) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) } }
    private static func int32(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) } }
    private static func int64(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) } }

    private static func text(_ value: String) -> [UInt8] { int16(Int16(value.utf8.count)) + Array(value.utf8) }

    private static func join(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap(\.self) }

    @Test func `metadata, from version 1 on`() throws {
        for version in 1...7 as ClosedRange<Int16> {
            var test = try TestBroker()
            let one = Self.int32(1)
            let zero = Self.int32(0)
            let asked = Self.join(one, Self.text("orders"), version >= 4 ? [1] : [])
            let node = Self.join(zero, Self.text("127.0.0.1"), Self.int32(9092), Self.int16(-1))
            let cluster: [UInt8] = version >= 2 ? Self.text(Broker.clusterID) : []
            let epoch: [UInt8] = version >= 7 ? zero : []
            let offline: [UInt8] = version >= 5 ? zero : []
            let replicas = Self.join(one, zero)
            let partition = Self.join(Self.int16(0), zero, zero, epoch, replicas, replicas, offline)
            let topic = Self.join(Self.int16(0), Self.text("orders"), [0], one, partition)
            let throttle: [UInt8] = version >= 3 ? zero : []
            let answer = try ask(&test, api: 3, version: version, asked)
            #expect(answer == Self.join(throttle, one, node, cluster, zero, one, topic), "version \(version)")
        }
    }

    @Test func `offsets, from version 1 on`() throws {
        for version in 1...3 as ClosedRange<Int16> {
            var test = try TestBroker()
            _ = try test.createTopic("orders")
            _ = try test.produce("orders", batch(["a", "b"]))
            let isolation: [UInt8] = version >= 2 ? [0] : []
            let topic = Self.join(Self.int32(1), Self.text("orders"), Self.int32(1), Self.int32(0))
            let asked = Self.join(Self.int32(-1), isolation, topic, Self.int64(-1))
            let throttle: [UInt8] = version >= 2 ? Self.int32(0) : []
            let answer = try ask(&test, api: 2, version: version, asked)
            let wanted = Self.join(throttle, topic, Self.int16(0), Self.int64(-1), Self.int64(2))
            #expect(answer == wanted, "version \(version)")
        }
    }

    @Test func `leaving a group, from version 0 on`() throws {
        for version in 0...2 as ClosedRange<Int16> {
            var test = try TestBroker()
            let throttle: [UInt8] = version >= 1 ? Self.int32(0) : []
            let answer = try ask(&test, api: 13, version: version, Self.join(Self.text("g"), Self.text("m")))
            #expect(answer == Self.join(throttle, Self.int16(ErrorCode.unknownMemberId.rawValue)))
        }
    }

    @Test func `counts that lie are refused`() throws {
        var test = try TestBroker()
        for count in [Int32.max, 2, -2] {
            let header = Self.join(Self.int16(3), Self.int16(1), Self.int32(7), Self.int16(-1))
            let ticket = test.send(frame: Self.join(header, Self.int32(count), Self.text("a")))
            #expect(test.closed(ticket)?.contains("Metadata version 1 cannot be read") == true)
        }
    }
}
