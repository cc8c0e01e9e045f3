@testable import KafkaClient
import Testing

@Suite struct ConsumerAssignorTests {
    /// What Java 4.3.1 sends at its first join for the topics a and b.
    @Test func `a member offers itself byte for byte as Java's`() {
        let topics: [UInt8] = [0, 3, 0, 0, 0, 2, 0, 1, 0x61, 0, 1, 0x62]
        let range = ConsumerAssignor.range.offer(topics: ["a", "b"], owned: [], generation: -1, rack: "")
        #expect(range.name == "range")
        #expect(
            range.metadata == topics + [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
        let sticky = ConsumerAssignor.cooperativeSticky.offer(topics: ["a", "b"], owned: [], generation: -1, rack: "")
        #expect(
            sticky.metadata
                == topics + [
                    0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                ])
    }

    @Test func `an assignment is written and read byte for byte as Java's`() throws {
        let member = GroupMember(
            id: "m", instanceID: nil,
            metadata: ConsumerAssignor.range.offer(topics: ["a"], owned: [], generation: -1, rack: "").metadata)
        let shares = ConsumerAssignor.range.assign(members: [member], topics: [("a", 2)])
        let bytes: [UInt8] = [
            0, 3, 0, 0, 0, 1, 0, 1, 0x61, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff,
        ]
        #expect(shares == [GroupAssignment(memberID: "m", bytes: bytes)])
        #expect(try ConsumerAssignor.partitions(of: bytes) == [partition("a", 0), partition("a", 1)])
    }

    @Test func `ranges are contiguous, the first members get one more, and nobody is left out of the answer`() throws {
        let offer = ConsumerAssignor.range.offer(topics: ["a"], owned: [], generation: -1, rack: "").metadata
        let members = ["m3", "m1", "m2"].map { GroupMember(id: $0, instanceID: nil, metadata: offer) }
        let shares = ConsumerAssignor.range.assign(members: members, topics: [("a", 5)])
        func numbers(_ id: String) throws -> [Int32] {
            let share = try #require(shares.first { $0.memberID == id })
            return try ConsumerAssignor.partitions(of: share.bytes).map(\.partition)
        }
        #expect(try numbers("m1") == [0, 1])
        #expect(try numbers("m2") == [2, 3])
        #expect(try numbers("m3") == [4])
    }

    @Test func `a partition moves between live members only after its owner has given it up`() throws {
        let owned = (0..<4).map { partition("a", Int32($0)) }
        let sticky = ConsumerAssignor.cooperativeSticky
        let members = [
            GroupMember(
                id: "m1", instanceID: nil,
                metadata: sticky.offer(topics: ["a"], owned: owned, generation: 1, rack: "").metadata),
            GroupMember(
                id: "m2", instanceID: nil,
                metadata: sticky.offer(topics: ["a"], owned: [], generation: -1, rack: "").metadata),
        ]
        let shares = sticky.assign(members: members, topics: [("a", 4)])
        let first = try #require(shares.first { $0.memberID == "m1" })
        let second = try #require(shares.first { $0.memberID == "m2" })
        #expect(try ConsumerAssignor.partitions(of: first.bytes).count == 2)
        #expect(try ConsumerAssignor.partitions(of: second.bytes).isEmpty)
    }

    @Test(arguments: [[], [0], [0, 3, 0, 0, 0, 9], [0, 0, 0x7f, 0xff, 0xff, 0xff]] as [[UInt8]])
    func `an assignment that cannot be read is an error`(bytes: [UInt8]) {
        #expect(throws: (any Error).self) { try ConsumerAssignor.partitions(of: bytes) }
    }

    @Test func `members whose bytes cannot be read subscribe to nothing`() {
        #expect(ConsumerAssignor.topics(of: [GroupMember(id: "m", instanceID: nil, metadata: [1])]).isEmpty)
    }
}
