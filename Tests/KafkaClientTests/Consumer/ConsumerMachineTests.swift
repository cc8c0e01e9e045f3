import KafkaProtocol
import Testing

@testable import KafkaClient

/// A consumer of topic t with two partitions, and what it wants.
private struct Story {
    var machine: ConsumerMachine
    var actions: [ConsumerMachine.Action] = []
    var now = Instant(monotonic: 0, wall: 0)
    let ids = [partition("t", 0), partition("t", 1)]

    init(assignors: [ConsumerAssignor] = [.range], autoCommit: UInt64? = nil, isMember: Bool = true) {
        var settings = ConsumerMachine.Settings()
        settings.groupID = "g"
        settings.fetch.reset = .earliest
        settings.assignors = assignors
        settings.autoCommitInterval = autoCommit
        if isMember {
            settings.group = GroupMachine.Settings(
                groupID: "g", protocolType: "consumer", sessionTimeout: 10 * second, rebalanceTimeout: 60 * second,
                heartbeatInterval: 3 * second, requestTimeout: 30 * second,
                retryBackoff: Backoff(initial: second / 10, maximum: second))
        }
        machine = ConsumerMachine(settings: settings, seed: 1)
        actions += machine.topologyChanged(snapshot([("t", 2)]), at: now)
    }

    var events: [ConsumerMachine.Event] {
        actions.compactMap { if case .event(let event) = $0 { event } else { nil } }
    }

    mutating func request() throws -> GroupRequest {
        for case .group(let request) in actions { return request }
        throw Missing()
    }

    /// Goes through a round as a follower that is given the partitions.
    mutating func round(_ given: [TopicPartition], name: String = "range", generation: Int32 = 1) throws {
        let join = try request()
        actions = machine.joinAnswered(
            token: join.token,
            .success(
                GroupJoinAnswer(
                    error: .none, generation: generation, memberID: "me", leaderID: "other", protocolName: name)),
            at: now)
        let bytes = ConsumerAssignor.range.assign(
            members: [
                GroupMember(
                    id: "me", instanceID: nil,
                    metadata: ConsumerAssignor.range.offer(topics: ["t"], owned: [], generation: -1, rack: "").metadata)
            ], topics: [("t", given.count)])
        let sync = try request()
        let assignment = given.isEmpty ? [0, 3, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff] : bytes[0].bytes
        actions = machine.syncAnswered(
            token: sync.token, .success(GroupSyncAnswer(error: .none, assignment: assignment)), at: now)
    }

    mutating func committed(_ offsets: [Int64]) throws {
        for case .committed(let token, let asked) in actions {
            let answers = zip(asked, offsets).map { CommittedOffset(partition: $0, error: .none, offset: $1) }
            actions = machine.committedAnswered(
                token: token, .success(CommittedAnswer(error: .none, offsets: answers)), at: now)
            return
        }
        throw Missing()
    }

    /// Subscribed, joined, and holding both partitions from the offsets 5 and 6 on.
    static func settled(_ assignors: [ConsumerAssignor] = [.range], autoCommit: UInt64? = nil) throws -> Story {
        var story = Story(assignors: assignors, autoCommit: autoCommit)
        story.actions = story.machine.subscribe(["t"], at: story.now)
        try story.round(story.ids, name: assignors[0].name)
        try story.committed([5, 6])
        return story
    }
}

@Suite struct ConsumerMachineTests {
    @Test func `partitions are told with their positions, then fetched`() throws {
        let story = try Story.settled()
        #expect(
            story.events == [
                .assigned([
                    ConsumerMachine.Beginning(partition: story.ids[0], offset: 5),
                    ConsumerMachine.Beginning(partition: story.ids[1], offset: 6),
                ])
            ])
        let fetched = story.actions.compactMap { action -> [Int64]? in
            if case .fetch(_, _, let plan) = action { plan.entries.map(\.offset) } else { nil }
        }
        #expect(fetched == [[5, 6]])
    }

    @Test func `without a commit the policy decides, and the application hears when all is known`() throws {
        var story = Story()
        story.actions = story.machine.subscribe(["t"], at: story.now)
        try story.round(story.ids)
        try story.committed([-1, 6])
        #expect(story.events.isEmpty)
        guard case .listOffsets(_, let token, _, let questions)? = story.actions.first else { throw Missing() }
        #expect(questions.map(\.timestamp) == [-2])
        story.actions = story.machine.offsetsListed(
            token: token, .success([ListedOffset(partition: story.ids[0], error: .none, offset: 2)]), at: story.now)
        #expect(story.events.count == 1)
    }

    @Test func `a round begins when the application has given everything up and its commits are through`() throws {
        var story = try Story.settled()
        story.machine.consumed(story.ids[0], upTo: 9, losses: 0)
        story.actions = story.machine.subscribe(["t", "u"], at: story.now)
        #expect(story.events == [.revoking(story.ids)])
        story.actions = story.machine.commit(
            id: 1, [CommitMachine.Offset(partition: story.ids[0], offset: 9)], losses: 0, at: story.now)
        guard case .commit(let token, _, _)? = story.actions.first else { throw Missing() }
        story.actions = story.machine.revocationFinished(at: story.now)
        #expect(story.actions.isEmpty)
        story.actions = story.machine.commitAnswered(
            token: token, .success([(story.ids[0], .none)]), at: story.now)
        #expect(story.actions.first == .commitDone(id: 1, .committed))
        guard case .join = try story.request().body else { throw Missing() }
    }

    @Test func `a cooperative round keeps partitions and gives up only what went to others`() throws {
        var story = try Story.settled([.cooperativeSticky])
        let due = Instant(monotonic: 3 * second, wall: 0)
        story.now = due
        story.actions = story.machine.advance(to: due)
        let beat = try story.request()
        story.actions = story.machine.heartbeatAnswered(token: beat.token, .success(.rebalanceInProgress), at: due)
        #expect(story.events.isEmpty)
        try story.round([story.ids[0]], name: "cooperative-sticky", generation: 2)
        #expect(story.events == [.revoking([story.ids[1]])])
        story.actions = story.machine.revocationFinished(at: due)
        guard case .join(let join) = try story.request().body else { throw Missing() }
        #expect(join.reason == "need to revoke partitions and re-join")
    }

    @Test func `a commit beyond what was reported, or of a partition that is not held, is refused`() throws {
        var story = try Story.settled()
        for offset in [
            CommitMachine.Offset(partition: story.ids[0], offset: 6),
            CommitMachine.Offset(partition: partition("t", 9), offset: 1),
        ] {
            story.actions = story.machine.commit(id: 1, [offset], losses: 0, at: story.now)
            guard case .commitDone(1, .refused)? = story.actions.first else { throw Missing() }
        }
    }

    @Test func `what was lost is told, refused for commits, and dealt with before the next join`() throws {
        var story = try Story.settled()
        story.now = Instant(monotonic: 3 * second, wall: 0)
        story.actions = story.machine.advance(to: story.now)
        let beat = try story.request()
        story.actions = story.machine.heartbeatAnswered(token: beat.token, .success(.unknownMemberId), at: story.now)
        #expect(story.events == [.lost(story.ids)])
        #expect(throws: Missing.self) { try story.request() }
        var late = story
        late.actions = late.machine.commit(
            id: 1, [CommitMachine.Offset(partition: story.ids[0], offset: 5)], losses: 0, at: story.now)
        guard case .commitDone(1, .refused)? = late.actions.first else { throw Missing() }
        story.actions = story.machine.lossHandled(at: story.now)
        guard case .join(let join) = try story.request().body else { throw Missing() }
        #expect(join.memberID.isEmpty)
    }

    @Test func `what is reported is committed by itself where the consumer is set to`() throws {
        var story = try Story.settled(autoCommit: 5 * second)
        story.machine.consumed(story.ids[1], upTo: 60, losses: 0)
        story.now = Instant(monotonic: 5 * second, wall: 0)
        story.actions = story.machine.advance(to: story.now)
        let offsets = story.actions.compactMap { action -> [CommitMachine.Offset]? in
            if case .commit(_, _, let offsets) = action { offsets } else { nil }
        }
        #expect(offsets == [[CommitMachine.Offset(partition: story.ids[1], offset: 60)]])
    }

    @Test func `closing leaves the group once the commits are through`() throws {
        var story = try Story.settled()
        story.machine.consumed(story.ids[0], upTo: 9, losses: 0)
        story.actions = story.machine.commit(
            id: 1, [CommitMachine.Offset(partition: story.ids[0], offset: 9)], losses: 0, at: story.now)
        guard case .commit(let token, _, _)? = story.actions.first else { throw Missing() }
        story.actions = story.machine.close(at: story.now)
        #expect(throws: Missing.self) { try story.request() }
        story.actions = story.machine.commitAnswered(token: token, .success([(story.ids[0], .none)]), at: story.now)
        let leave = try story.request()
        guard case .leave = leave.body else { throw Missing() }
        story.actions = story.machine.leaveAnswered(token: leave.token, at: story.now)
        #expect(story.actions == [.closed])
        #expect(story.machine.nextDeadline(after: 0) == nil)
    }

    @Test func `assigned partitions need no group and start where they are told`() {
        var story = Story(isMember: false)
        story.actions = story.machine.assign([(story.ids[0], .offset(3, epoch: -1))], at: story.now)
        #expect(story.events == [.assigned([ConsumerMachine.Beginning(partition: story.ids[0], offset: 3)])])
    }

    @Test(arguments: [false, true])
    func `the leader begins another round when a topic has grown`(isWhileSyncing: Bool) throws {
        var story = Story()
        story.actions = story.machine.subscribe(["t"], at: story.now)
        let join = try story.request()
        let offer = ConsumerAssignor.range.offer(topics: ["t"], owned: [], generation: -1, rack: "")
        story.actions = story.machine.joinAnswered(
            token: join.token,
            .success(
                GroupJoinAnswer(
                    error: .none, generation: 1, memberID: "me", leaderID: "me", protocolName: "range",
                    members: [GroupMember(id: "me", instanceID: nil, metadata: offer.metadata)])), at: story.now)
        let request = try story.request()
        guard case .sync(let sync) = request.body else { throw Missing() }
        let bytes = try #require(sync.assignments.first?.bytes)
        if isWhileSyncing { _ = story.machine.topologyChanged(snapshot([("t", 3)]), at: story.now) }
        story.actions = story.machine.syncAnswered(
            token: request.token, .success(GroupSyncAnswer(error: .none, assignment: bytes)), at: story.now)
        if !isWhileSyncing {
            try story.committed([5, 6])
            story.actions = story.machine.topologyChanged(snapshot([("t", 3)]), at: story.now)
            #expect(story.events == [.revoking(story.ids)])
        }
        #expect(story.machine.group?.state != .stable)
    }

    @Test(arguments: ["t", "u"])
    func `a leader that came back to its group's assignment watches the topics of all members`(grown: String) throws {
        var story = Story()
        story.actions = story.machine.subscribe(["t"], at: story.now)
        let join = try story.request()
        let members = [("me", "t"), ("other", "u")].map { id, topic in
            GroupMember(
                id: id, instanceID: id,
                metadata: ConsumerAssignor.range.offer(topics: [topic], owned: [], generation: -1, rack: "").metadata)
        }
        story.actions = story.machine.joinAnswered(
            token: join.token,
            .success(
                GroupJoinAnswer(
                    error: .none, generation: 1, memberID: "me", leaderID: "me", protocolName: "range",
                    skipAssignment: true, members: members)), at: story.now)
        #expect(story.actions.contains(.watchTopics(["t", "u"])))
        let assignment = ConsumerAssignor.range.assign(members: members, topics: [("t", 2), ("u", 3)])
        story.actions = story.machine.syncAnswered(
            token: try story.request().token,
            .success(GroupSyncAnswer(error: .none, assignment: assignment[0].bytes)), at: story.now)
        #expect(story.machine.group?.state == .stable)
        // Only now the metadata names the topic of the other: that is no reason for a round.
        _ = story.machine.topologyChanged(snapshot([("t", 2), ("u", 3)]), at: story.now)
        #expect(story.machine.group?.state == .stable)
        let later = snapshot([("t", grown == "t" ? 3 : 2), ("u", grown == "u" ? 4 : 3)])
        _ = story.machine.topologyChanged(later, at: story.now)
        #expect(story.machine.group?.state != .stable)
    }

    @Test(arguments: [(Int16(17), ErrorCode.invalidTopicException), (29, .topicAuthorizationFailed)])
    func `a topic that is illegal or forbidden fails the consumer`(code: Int16, error: ErrorCode) {
        var story = Story()
        _ = story.machine.subscribe(["no"], at: story.now)
        story.actions = story.machine.topologyChanged(
            MetadataSnapshot(topics: [MetadataSnapshot.Topic(name: "no", errorCode: code, partitions: [])]),
            at: story.now)
        #expect(story.events.contains { if case .failed(nil, error, _) = $0 { true } else { false } })
    }

    @Test func `a topic name that fits into no request fails the consumer at once`() {
        var story = Story()
        story.actions = story.machine.subscribe([String(repeating: "z", count: 40_000)], at: story.now)
        #expect(
            story.events.contains { if case .failed(nil, .invalidTopicException, _) = $0 { true } else { false } })
    }

    @Test func `an offline partition holds the others back only for a while`() throws {
        var story = Story()
        story.actions = story.machine.topologyChanged(
            MetadataSnapshot(topics: [
                MetadataSnapshot.Topic(
                    name: "t",
                    partitions: [
                        MetadataSnapshot.Partition(index: 0, leader: 1, leaderEpoch: 0),
                        MetadataSnapshot.Partition(index: 1, leader: -1, leaderEpoch: 0),
                    ])
            ]), at: story.now)
        story.actions = story.machine.subscribe(["t"], at: story.now)
        try story.round(story.ids)
        try story.committed([5, -1])
        #expect(story.events.isEmpty)
        story.now = Instant(monotonic: 6 * second, wall: 0)
        story.actions = story.machine.advance(to: story.now)
        #expect(story.events == [.assigned([ConsumerMachine.Beginning(partition: story.ids[0], offset: 5)])])
    }
}
