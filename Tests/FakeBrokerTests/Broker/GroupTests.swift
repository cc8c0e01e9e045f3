import KafkaProtocol
import Testing

@testable import FakeBroker

struct GroupTests {
    private static let session: Int32 = 6000

    private func join(_ member: String, protocols: [String] = ["range"]) -> JoinGroupRequest {
        var request = JoinGroupRequest()
        (request.groupId, request.memberId, request.protocolType) = ("g", member, "consumer")
        (request.sessionTimeoutMs, request.rebalanceTimeoutMs) = (Self.session, 60_000)
        request.protocols = protocols.map { name in
            var offered = JoinGroupRequest.JoinGroupRequestProtocol()
            offered.name = name
            return offered
        }
        return request
    }

    private func commit(_ member: String, generation: Int32, topic: KafkaUUID, offset: Int64) -> OffsetCommitRequest {
        var request = OffsetCommitRequest()
        (request.groupId, request.memberId, request.generationIdOrMemberEpoch) = ("g", member, generation)
        request.topics = [.init()]
        request.topics[0].topicId = topic
        request.topics[0].partitions = [.init()]
        request.topics[0].partitions[0].committedOffset = offset
        return request
    }

    private func fetch(_ topic: KafkaUUID?) -> OffsetFetchRequest {
        var request = OffsetFetchRequest()
        request.groups = [.init()]
        request.groups[0].groupId = "g"
        request.groups[0].topics = topic.map { id in
            var asked = OffsetFetchRequest.OffsetFetchRequestTopics()
            (asked.topicId, asked.partitionIndexes) = (id, [0])
            return [asked]
        }
        return request
    }

    /// A member that has joined and synced alone; its id and generation.
    private func member(_ test: inout TestBroker) throws -> (id: String, generation: Int32) {
        let id = try test.ask(join("")).memberId
        let joined = try test.ask(join(id))
        #expect(joined.errorCode == 0 && joined.leader == id && joined.protocolName == "range")
        var sync = SyncGroupRequest()
        (sync.groupId, sync.memberId, sync.generationId) = ("g", id, joined.generationId)
        sync.assignments = [.init()]
        (sync.assignments[0].memberId, sync.assignments[0].assignment) = (id, [1, 2])
        #expect(try test.ask(sync).assignment == [1, 2])
        return (id, joined.generationId)
    }

    @Test func `a member joins, commits and finds its offset again`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        let (id, generation) = try member(&test)
        let topic = test.id(of: "orders")
        let committed = try test.ask(commit(id, generation: generation, topic: topic, offset: 42))
        #expect(committed.topics.first?.partitions.map(\.errorCode) == [0])
        for asked in [fetch(topic), fetch(nil)] {
            let found = try #require(try test.ask(asked).groups.first?.topics.first)
            #expect(found.topicId == topic && found.partitions.map(\.committedOffset) == [42])
        }
        let late = try test.ask(commit(id, generation: generation - 1, topic: topic, offset: 1))
        #expect(late.topics.first?.partitions.map(\.errorCode) == [ErrorCode.illegalGeneration.rawValue])
    }

    @Test func `an old version asks for one group by name`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        let (id, generation) = try member(&test)
        _ = try test.ask(commit(id, generation: generation, topic: test.id(of: "orders"), offset: 42))
        var request = OffsetFetchRequest()
        request.groupId = "g"
        var asked = OffsetFetchRequest.OffsetFetchRequestTopic()
        (asked.name, asked.partitionIndexes) = ("orders", [0])
        request.topics = [asked]
        let found = try test.ask(request, version: 5)
        #expect(found.topics.first?.partitions.map(\.committedOffset) == [42])
    }

    @Test func `offsets of topics that are not there are refused alone`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("orders")
        var request = commit("", generation: -1, topic: test.id(of: "orders"), offset: 1)
        request.topics[0].partitions.append(.init())
        request.topics[0].partitions[1].partitionIndex = 5
        let answer = try test.ask(request)
        #expect(
            answer.topics.first?.partitions.map(\.errorCode) == [0, ErrorCode.unknownTopicOrPartition.rawValue])
        #expect(test.broker.groups["g"]?.committed.map(\.partition) == [0])
    }

    @Test func `a member that is silent is let go, and the other joins anew`() throws {
        var test = try TestBroker()
        let (first, generation) = try member(&test)
        let id = try test.ask(join("")).memberId
        let second = try test.send(join(id))
        #expect(test.outcome(second) == nil)
        var heartbeat = HeartbeatRequest()
        (heartbeat.groupId, heartbeat.memberId, heartbeat.generationId) = ("g", first, generation)
        #expect(try test.ask(heartbeat).errorCode == ErrorCode.rebalanceInProgress.rawValue)
        let deadline = try #require(test.broker.nextDeadline)
        #expect(deadline == test.now + UInt64(Self.session) * TestBroker.millisecond)
        test.advance(milliseconds: UInt64(Self.session))
        let joined = try test.reply(second, to: JoinGroupRequest.self).response
        #expect(joined.leader == id && joined.members.map(\.memberId) == [id])
        #expect(try test.ask(heartbeat).errorCode == ErrorCode.unknownMemberId.rawValue)
    }

    @Test(arguments: [true, false])
    func `who does not ask for its assignment in time is let go, and who has asked stays`(hasLeaderAsked: Bool) throws {
        var test = try TestBroker()
        let (first, _) = try member(&test)
        let second = try test.ask(join("")).memberId
        let waiting = try test.send(join(second))
        let joined = try test.ask(join(first))
        #expect(try test.reply(waiting, to: JoinGroupRequest.self).response.leader == first)
        var sync = SyncGroupRequest()
        (sync.groupId, sync.memberId, sync.generationId) = ("g", hasLeaderAsked ? first : second, joined.generationId)
        _ = try test.send(sync)
        func beat(_ id: String) throws -> Int16 {
            var heartbeat = HeartbeatRequest()
            (heartbeat.groupId, heartbeat.memberId, heartbeat.generationId) = ("g", id, joined.generationId)
            return try test.ask(heartbeat).errorCode
        }
        for _ in 0..<15 {
            #expect(try beat(first) == 0)
            #expect(try beat(second) == 0)
            test.advance(milliseconds: 4_000)
        }
        let unknown = ErrorCode.unknownMemberId.rawValue
        let rejoin = ErrorCode.rebalanceInProgress.rawValue
        #expect(try beat(first) == (hasLeaderAsked ? rejoin : unknown))
        #expect(try beat(second) == (hasLeaderAsked ? unknown : rejoin))
    }

    @Test func `who offers nothing that the others know is refused`() throws {
        var test = try TestBroker()
        _ = try member(&test)
        let id = try test.ask(join("")).memberId
        let refused = try test.ask(join(id, protocols: ["other"]))
        #expect(refused.errorCode == ErrorCode.inconsistentGroupProtocol.rawValue)
    }

    @Test func `groups are listed, described and deleted`() throws {
        var test = try TestBroker()
        let (id, _) = try member(&test)
        #expect(try test.ask(ListGroupsRequest()).groups.map(\.groupState) == ["Stable"])
        var describe = DescribeGroupsRequest()
        describe.groups = ["g", "none"]
        let described = try test.ask(describe).groups
        #expect(described.map(\.groupState) == ["Stable", "Dead"])
        #expect(described.first?.members.map(\.memberAssignment) == [[1, 2]])
        var deletion = DeleteGroupsRequest()
        deletion.groupsNames = ["g", "none"]
        #expect(
            try test.ask(deletion).results.map(\.errorCode)
                == [ErrorCode.nonEmptyGroup.rawValue, ErrorCode.groupIdNotFound.rawValue])
        var leave = LeaveGroupRequest()
        leave.groupId = "g"
        leave.members = [.init()]
        leave.members[0].memberId = id
        #expect(try test.ask(leave).members.map(\.errorCode) == [0])
        #expect(try test.ask(deletion).results.first?.errorCode == 0)
        #expect(try test.ask(ListGroupsRequest()).groups.isEmpty)
    }

    @Test func `an answer for a connection that is gone goes nowhere`() throws {
        var test = try TestBroker()
        _ = try member(&test)
        let id = try test.ask(join("")).memberId
        let waiting = try test.send(join(id))
        test.broker.forget(waiting)
        test.advance(milliseconds: 60_000)
        #expect(test.outcome(waiting) == nil && test.broker.groupCalls.isEmpty)
    }
}
