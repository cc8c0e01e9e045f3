import ClusterCore
import ConnectModel
import Testing

@Suite struct LeaderRoundTests {
    private func round(
        _ offsets: [Int64], leader: String = "m0", protocolName: String = "sessioned"
    ) throws -> LeaderRound {
        var members: [GroupMemberMetadata] = []
        for (index, offset) in offsets.enumerated() {
            let metadata = member("m\(index)", offset: offset).metadata
            members.append(GroupMemberMetadata(id: "m\(index)", metadata: try metadata.encode()))
        }
        return try LeaderRound(leaderID: leader, protocolName: protocolName, members: members.reversed())
    }

    @Test func `a leader that is as far as everybody assigns with the furthest offset`() throws {
        let round = try round([12, 9, 12])
        #expect(round.members.map(\.id) == ["m0", "m1", "m2"] && round.maximumOffset == 12)
        #expect(round.step(configOffset: 12, isFresh: false) == .assign(configOffset: 12))
        #expect(round.step(configOffset: 15, isFresh: false) == .assign(configOffset: 12))
    }

    @Test func `a leader that is behind looks once more`() throws {
        let round = try round([9, 12])
        #expect(round.step(configOffset: 9, isFresh: false) == .takeSnapshot)
        #expect(round.step(configOffset: 11, isFresh: true) == .refuse)
        #expect(round.step(configOffset: 12, isFresh: true) == .assign(configOffset: 12))
        #expect(round.step(configOffset: 14, isFresh: true) == .assign(configOffset: 14), "it may be ahead of all")
    }

    @Test func `a group that has read nothing agrees on -1`() throws {
        #expect(try round([-1, -1]).step(configOffset: -1, isFresh: false) == .assign(configOffset: -1))
    }

    @Test(arguments: [("default", Int16(0)), ("compatible", 1), ("sessioned", 2)])
    func `a refused round answers everybody with the leader and the furthest offset`(name: String, version: Int16)
        throws
    {
        let answers = try round([9, 12], leader: "m0", protocolName: name).mismatch()
        #expect(answers.map(\.memberID) == ["m0", "m1"])
        for answer in answers {
            let expected = WorkerAssignment(
                version: version, error: WorkerAssignment.configMismatch, leaderID: "m0",
                leaderURL: "http://m0:8083/", configOffset: 12)
            #expect(try WorkerAssignment(answer.bytes) == expected)
        }
    }

    @Test func `every member is answered, those without changes too`() throws {
        let round = try round([3, 3], leader: "m1")
        var assignor = CooperativeAssignor(maximumDelay: 1000)
        let assignment = assignor.assign(
            round.members, work: configured("A:0"), lastCompletedGeneration: -1, generation: 1, now: 0)
        let answers = try round.answers(assignment, configOffset: 3)
        #expect(answers.map(\.memberID) == ["m0", "m1"])
        let read = try answers.map { try WorkerAssignment($0.bytes) }
        #expect(read.map { text($0.assigned) } == ["A", ""])
        #expect(read.allSatisfy { $0.leaderID == "m1" && $0.leaderURL == "http://m1:8083/" && $0.version == 2 })
        #expect(read.allSatisfy { $0.configOffset == 3 && $0.error == WorkerAssignment.noError })
    }

    @Test func `a round that cannot be led says why`() throws {
        #expect(throws: LeaderRoundError.unknownProtocol("range")) { try round([1], protocolName: "range") }
        #expect(throws: LeaderRoundError.leaderMissing("x")) { try round([1], leader: "x") }
        #expect(throws: LeaderRoundError.unreadable(memberID: "m", .empty)) {
            try LeaderRound(
                leaderID: "m", protocolName: "default", members: [GroupMemberMetadata(id: "m", metadata: [])])
        }
    }
}
