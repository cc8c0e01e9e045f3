import Testing

@testable import KafkaProtocol

@Suite struct ConsumerProtocolTests {
    private static let firstJoin = "0003 00000002 000161 000162 ffffffff 00000000 ffffffff ffff"

    private static func partitions(_ topic: String, _ numbers: Int32...) -> [ConsumerProtocol.Partition] {
        numbers.map { ConsumerProtocol.Partition(topic: topic, partition: $0) }
    }

    @Test func firstJoinIsByteForByteJavas() throws {
        let range = ConsumerProtocol.Subscription(topics: ["b", "a"])
        #expect(try ConsumerProtocol.encode(range) == bytes(hex: Self.firstJoin))
        var sticky = range
        sticky.userData = CooperativeStickyAssignor.userData(generation: -1)
        let expected = "0003 00000002 000161 000162 00000004 ffffffff 00000000 ffffffff ffff"
        #expect(try ConsumerProtocol.encode(sticky) == bytes(hex: expected))
    }

    @Test func assignmentIsByteForByteJavas() throws {
        let encoded = try ConsumerProtocol.encode(assignment: Self.partitions("a", 1, 0))
        #expect(encoded == bytes(hex: "0003 00000001 000161 00000002 00000000 00000001 ffffffff"))
        let decoded = try ConsumerProtocol.decodeAssignment(encoded)
        #expect(decoded.partitions == Self.partitions("a", 0, 1) && decoded.userData == nil)
    }

    @Test func ownedPartitionsGenerationAndRackComeBack() throws {
        var subscription = ConsumerProtocol.Subscription(topics: ["x", "y"])
        subscription.userData = [1, 2]
        subscription.ownedPartitions = Self.partitions("x", 2) + Self.partitions("y", 0, 5)
        subscription.generation = 12
        subscription.rack = "r1"
        let encoded = try ConsumerProtocol.encode(subscription)
        #expect(try ConsumerProtocol.decodeSubscription(encoded) == subscription)
    }

    @Test func newerVersionsAreReadAsOurs() throws {
        let newer = bytes(hex: "0009" + Self.firstJoin.dropFirst(4) + "00000000")
        #expect(try ConsumerProtocol.decodeSubscription(newer).topics == ["a", "b"])
    }

    @Test func missingTrailingFieldsAreTolerated() throws {
        let short = "00000001 000161 ffffffff"
        for version in ["0000", "0001", "0002", "0003"] {
            let subscription = try ConsumerProtocol.decodeSubscription(bytes(hex: version + short))
            #expect(subscription == ConsumerProtocol.Subscription(topics: ["a"]))
        }
    }

    @Test func emptyAndBrokenBytesAreErrors() {
        #expect(throws: ProtocolError.truncated) { try ConsumerProtocol.decodeAssignment([]) }
        #expect(throws: ProtocolError.self) { try ConsumerProtocol.decodeAssignment(bytes(hex: "ffff 00000000")) }
        #expect(throws: ProtocolError.countTooLarge(0x7fff_ffff)) {
            try ConsumerProtocol.decodeSubscription(bytes(hex: "0000 7fffffff"))
        }
    }
}
