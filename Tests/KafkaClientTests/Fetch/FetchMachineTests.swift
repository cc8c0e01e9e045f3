@testable import KafkaClient
import KafkaProtocol
import Testing

/// A fetch machine with partitions of topic t, led by node 1.
private struct Story {
    var machine: FetchMachine
    var now: UInt64 = 0
    let ids: [TopicPartition]

    init(
        partitions count: Int = 1, reset: OffsetReset = .earliest, start: FetchMachine.Start = .offset(10, epoch: -1),
        idleWait: Int32 = 500
    ) {
        var settings = FetchMachine.Settings()
        settings.reset = reset
        settings.maximumIdleWait = idleWait
        settings.maximumBytes = 1000
        settings.maximumPartitionBytes = 400
        settings.budget = 1000
        machine = FetchMachine(settings: settings, seed: 1)
        ids = (0..<count).map { partition("t", Int32($0)) }
        _ = machine.topologyChanged(snapshot([("t", count)]))
        machine.assign(ids.map { ($0, start) })
        machine.start(ids)
    }

    mutating func plan() -> [FetchMachine.Action] { machine.plan(now: now, wall: 1_000_000) }

    /// The one fetch that is due.
    mutating func fetch() throws -> (node: Int32, token: UInt64, plan: FetchPlan) {
        for case .fetch(let node, let token, let plan) in plan() { return (node, token, plan) }
        throw Missing()
    }

    mutating func answer(_ request: (node: Int32, token: UInt64, plan: FetchPlan), _ answer: FetchAnswer)
        -> [FetchMachine.Action]
    {
        machine.fetched(node: request.node, token: request.token, .success(answer), now: now)
    }

    static func part(
        _ number: Int32, error: ErrorCode = .none, next: Int64 = -1, bytes: Int = 0, epoch: Int32 = 0,
        highWatermark: Int64 = 100, replica: Int32 = -1
    ) -> FetchedPartition {
        FetchedPartition(
            topic: .name("t"), partition: number, error: error, highWatermark: highWatermark, preferredReplica: replica,
            span: FetchedSpan(byteCount: bytes, nextOffset: next, leaderEpoch: epoch, isCutShort: false))
    }
}

@Suite struct FetchMachineTests {
    @Test func `fetches from the position and goes on behind what came`() throws {
        var story = Story()
        let first = try story.fetch()
        #expect(first.node == 1)
        #expect(first.plan.entries.map(\.offset) == [10])
        let actions = story.answer(
            first, FetchAnswer(error: .none, sessionID: 7, partitions: [Story.part(0, next: 20, bytes: 50)]))
        guard case .deliver(let delivery)? = actions.first else { throw Missing() }
        #expect(delivery.offset == 10)
        // What is not taken yet is not added to.
        #expect(story.plan().isEmpty)
        story.machine.taken(story.ids[0], incarnation: delivery.incarnation, bytes: 50)
        let next = try story.fetch()
        #expect(next.plan.entries.map(\.offset) == [20])
        #expect(next.plan.sessionID == 7)
        #expect(next.plan.sessionEpoch == 1)
    }

    @Test func `a session names only what is new, changed or gone`() throws {
        var story = Story(partitions: 3)
        let first = try story.fetch()
        #expect(first.plan.entries.count == 3)
        _ = story.answer(first, FetchAnswer(error: .none, sessionID: 7, partitions: []))
        #expect(try story.fetch().plan.entries.isEmpty)

        var other = Story(partitions: 3)
        let request = try other.fetch()
        _ = other.answer(request, FetchAnswer(error: .none, sessionID: 7, partitions: []))
        other.machine.setPaused(true, other.ids[1])
        _ = other.machine.seek(other.ids[2], to: .offset(5, epoch: -1))
        let next = try other.fetch()
        #expect(next.plan.entries.map(\.partition) == [other.ids[2]])
        #expect(next.plan.forgotten.map(\.partition) == [other.ids[1]])
    }

    @Test(arguments: [(ErrorCode.fetchSessionIdNotFound, Int32(0)), (.invalidFetchSessionEpoch, 7)])
    func `a lost session starts anew with everything`(code: ErrorCode, id: Int32) throws {
        var story = Story()
        _ = story.answer(try story.fetch(), FetchAnswer(error: .none, sessionID: 7, partitions: []))
        _ = story.answer(try story.fetch(), FetchAnswer(error: code, sessionID: 0, partitions: []))
        let next = try story.fetch()
        #expect(next.plan.sessionEpoch == 0)
        #expect(next.plan.sessionID == id)
        #expect(next.plan.entries.count == 1)
    }

    @Test func `an answer counts only for the position it was asked for`() throws {
        var story = Story()
        let request = try story.fetch()
        _ = story.machine.seek(story.ids[0], to: .offset(50, epoch: -1))
        let actions = story.answer(
            request, FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, next: 20, bytes: 50)]))
        #expect(actions.isEmpty)
        #expect(try story.fetch().plan.entries.map(\.offset) == [50])
    }

    @Test func `what the old leader sends after a change of leader is not delivered, and the position is validated`()
        throws
    {
        var story = Story(start: .offset(10, epoch: -1))
        let first = try story.fetch()
        guard
            case .deliver(let delivery)? = story.answer(
                first, FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, next: 20, bytes: 50)])
            ).first
        else { throw Missing() }
        story.machine.taken(story.ids[0], incarnation: delivery.incarnation, bytes: 50)
        let second = try story.fetch()
        _ = story.machine.topologyChanged(snapshot([("t", 1)], leader: 2, epoch: 1))
        #expect(
            story.answer(
                second, FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, next: 30, bytes: 50)])
            ).isEmpty)
        guard case .leaderEpochs(2, let token, let questions)? = story.plan().first else { throw Missing() }
        #expect(questions.map(\.leaderEpoch) == [0])
        #expect(questions.map(\.currentLeaderEpoch) == [1])
        let end = EpochEnd(partition: story.ids[0], error: .none, leaderEpoch: 0, endOffset: 25)
        #expect(story.machine.epochsAnswered(token: token, .success([end]), now: 0).isEmpty)
        let next = try story.fetch()
        #expect(next.node == 2)
        #expect(next.plan.entries.map(\.offset) == [20])
    }

    @Test func `a log that was cut off takes the position back with a policy and is reported without`() throws {
        for reset in [OffsetReset.earliest, .none] {
            var story = Story(reset: reset, start: .offset(30, epoch: 4))
            _ = story.machine.topologyChanged(snapshot([("t", 1)], epoch: 5))
            guard case .leaderEpochs(_, let token, _)? = story.plan().first else { throw Missing() }
            let end = EpochEnd(partition: story.ids[0], error: .none, leaderEpoch: 4, endOffset: 25)
            let actions = story.machine.epochsAnswered(token: token, .success([end]), now: 0)
            if reset == .none {
                guard case .failed? = actions.first else { throw Missing() }
                #expect(story.plan().isEmpty)
            } else {
                #expect(try story.fetch().plan.entries.map(\.offset) == [25])
            }
        }
    }

    @Test func `an offset out of range resets as the policy says`() throws {
        var story = Story(reset: .latest)
        _ = story.answer(
            try story.fetch(),
            FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, error: .offsetOutOfRange)]))
        guard case .listOffsets(1, let token, _, let questions)? = story.plan().first else { throw Missing() }
        #expect(questions.map(\.timestamp) == [-1])
        _ = story.machine.offsetsListed(
            token: token, .success([ListedOffset(partition: story.ids[0], error: .none, offset: 77)]), now: 0)
        #expect(try story.fetch().plan.entries.map(\.offset) == [77])
    }

    @Test func `without a policy an offset out of range is reported once and a seek revives the partition`() throws {
        var story = Story(reset: .none)
        let actions = story.answer(
            try story.fetch(),
            FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, error: .offsetOutOfRange)]))
        guard case .failed(_, .offsetOutOfRange, _)? = actions.first else { throw Missing() }
        #expect(story.plan().isEmpty)
        _ = story.machine.seek(story.ids[0], to: .offset(3, epoch: -1))
        #expect(try story.fetch().plan.entries.map(\.offset) == [3])
    }

    @Test func `a reset by age asks for its time and falls back to the end`() throws {
        var story = Story(reset: .byDuration(milliseconds: 1000), start: .reset)
        guard case .listOffsets(_, let token, _, let questions)? = story.plan().first else { throw Missing() }
        #expect(questions.map(\.timestamp) == [999_000])
        _ = story.machine.offsetsListed(
            token: token, .success([ListedOffset(partition: story.ids[0], error: .none, offset: -1)]), now: 0)
        guard case .listOffsets(_, _, _, let second)? = story.plan().first else { throw Missing() }
        #expect(second.map(\.timestamp) == [-1])
    }

    @Test(arguments: [ErrorCode.notLeaderOrFollower, .fencedLeaderEpoch, .unknownTopicOrPartition, .offsetNotAvailable])
    func `a leader that is none refreshes the metadata and is asked again after a pause`(code: ErrorCode) throws {
        var story = Story()
        let actions = story.answer(
            try story.fetch(), FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, error: code)]))
        guard case .refreshMetadata? = actions.first else { throw Missing() }
        #expect(story.plan().isEmpty)
        story.now = try #require(story.machine.nextDeadline(after: 0))
        #expect(try story.fetch().plan.entries.map(\.offset) == [10])
    }

    @Test func `an unknown epoch only waits`() throws {
        var story = Story()
        let actions = story.answer(
            try story.fetch(),
            FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, error: .unknownLeaderEpoch)]))
        #expect(actions.isEmpty)
        #expect(story.plan().isEmpty)
    }

    @Test(arguments: [ErrorCode.corruptMessage, .topicAuthorizationFailed, .unsupportedCompressionType])
    func `what asking again cannot help is reported`(code: ErrorCode) throws {
        var story = Story()
        let actions = story.answer(
            try story.fetch(), FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, error: code)]))
        guard case .failed(_, code, _)? = actions.first else { throw Missing() }
    }

    @Test func `bytes without one whole batch are an error, not a loop`() throws {
        var story = Story()
        var part = Story.part(0)
        part.span.isCutShort = true
        let actions = story.answer(try story.fetch(), FetchAnswer(error: .none, sessionID: 0, partitions: [part]))
        guard case .failed(_, .corruptMessage, _)? = actions.first else { throw Missing() }
    }

    @Test func `a preferred follower is read from, and left when it lags or fails`() throws {
        var story = Story()
        _ = story.answer(
            try story.fetch(), FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, replica: 2)]))
        let second = try story.fetch()
        #expect(second.node == 2)
        _ = story.answer(
            second, FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, error: .offsetOutOfRange)]))
        let third = try story.fetch()
        #expect(third.node == 1)
        #expect(third.plan.entries.map(\.offset) == [10])
    }

    @Test func `the follower is asked no longer than metadata may be old`() throws {
        var story = Story()
        _ = story.answer(
            try story.fetch(), FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, replica: 2)]))
        story.now = 301 * second
        #expect(try story.fetch().node == 1)
    }

    @Test func `paused partitions are not fetched`() throws {
        var story = Story()
        story.machine.setPaused(true, story.ids[0])
        #expect(story.plan().isEmpty)
        story.machine.setPaused(false, story.ids[0])
        #expect(try story.fetch().plan.entries.count == 1)
    }

    @Test func `while data waits, only partitions that are known to have more are fetched from that node`() throws {
        var story = Story(partitions: 2)
        let first = try story.fetch()
        let actions = story.answer(
            first,
            FetchAnswer(
                error: .none, sessionID: 0,
                partitions: [Story.part(0, next: 20, bytes: 50), Story.part(1, highWatermark: 10)]))
        #expect(actions.count == 1)
        // The broker would hold back the idle one, and with it the busy one once it is emptied.
        #expect(story.plan().isEmpty)
    }

    @Test func `no more is asked for than the budget leaves`() throws {
        var story = Story(partitions: 3)
        let first = try story.fetch()
        #expect(first.plan.maximumBytes == 1000)
        _ = story.answer(
            first,
            FetchAnswer(
                error: .none, sessionID: 0,
                partitions: [
                    Story.part(0, next: 20, bytes: 700), Story.part(1, highWatermark: 100),
                    Story.part(2, highWatermark: 100),
                ]))
        // 300 of 1000 are left, less than a partition may bring.
        #expect(story.plan().isEmpty)
        story.machine.taken(
            story.ids[0], incarnation: try #require(story.machine.position(story.ids[0])).incarnation, bytes: 400)
        #expect(try story.fetch().plan.maximumBytes == 700)
    }

    @Test func `what is buffered of paused partitions does not starve the others`() throws {
        var story = Story(partitions: 3)
        let data = [Story.part(0, next: 20, bytes: 900), Story.part(1), Story.part(2)]
        _ = story.answer(try story.fetch(), FetchAnswer(error: .none, sessionID: 0, partitions: data))
        #expect(story.plan().isEmpty)
        story.machine.setPaused(true, story.ids[0])
        let second = try story.fetch()
        #expect(second.plan.entries.map(\.partition) == [story.ids[1], story.ids[2]])
        #expect(second.plan.maximumBytes == 400)
        // No more than that: what comes now is not paused.
        _ = story.answer(
            second,
            FetchAnswer(
                error: .none, sessionID: 0, partitions: [Story.part(1, next: 20, bytes: 300), Story.part(2)]))
        #expect(story.plan().isEmpty)
    }

    @Test func `a session that names topics goes on by name, until every topic has an id`() throws {
        func topics(_ ids: [(String, UInt64)]) -> MetadataSnapshot {
            MetadataSnapshot(
                topics: ids.map { name, id in
                    MetadataSnapshot.Topic(
                        name: name, id: MetadataSnapshot.TopicID(high: 0, low: id),
                        partitions: [MetadataSnapshot.Partition(index: 0, leader: 1, leaderEpoch: 0)])
                })
        }
        let other = partition("u", 0)
        var story = Story()
        _ = story.machine.topologyChanged(topics([("t", 0), ("u", 5)]))
        story.machine.assign([(other, .offset(1, epoch: -1))])
        story.machine.start([other])
        let first = try story.fetch()
        #expect(FetchWire.needsNames(first.plan))
        _ = story.answer(first, FetchAnswer(error: .none, sessionID: 7, partitions: []))
        _ = story.machine.seek(other, to: .offset(9, epoch: -1))
        let second = try story.fetch()
        #expect(second.plan.entries.map(\.partition) == [other])
        #expect(second.plan.sessionEpoch == 1)
        #expect(FetchWire.needsNames(second.plan))
        _ = story.answer(second, FetchAnswer(error: .none, sessionID: 7, partitions: []))

        // Answers without data that come at once are followed by a pause.
        story.now += 1_000_000_000
        _ = story.machine.topologyChanged(topics([("t", 4), ("u", 5)]))
        let third = try story.fetch()
        #expect(third.plan.sessionEpoch == 0)
        #expect(third.plan.sessionID == 7)
        #expect(third.plan.entries.count == 2)
        #expect(!FetchWire.needsNames(third.plan))
        _ = story.answer(third, FetchAnswer(error: .none, sessionID: 8, partitions: []))
        story.now += 1_000_000_000
        #expect(try story.fetch().plan.sessionEpoch == 1)
    }

    @Test func `a session by ids starts over by name for a topic that has none`() throws {
        func topic(_ name: String, _ id: UInt64) -> MetadataSnapshot.Topic {
            MetadataSnapshot.Topic(
                name: name, id: MetadataSnapshot.TopicID(high: 0, low: id),
                partitions: [MetadataSnapshot.Partition(index: 0, leader: 1, leaderEpoch: 0)])
        }
        var story = Story()
        _ = story.machine.topologyChanged(MetadataSnapshot(topics: [topic("t", 4), topic("u", 0)]))
        let first = try story.fetch()
        #expect(!FetchWire.needsNames(first.plan))
        _ = story.answer(first, FetchAnswer(error: .none, sessionID: 7, partitions: []))
        let other = partition("u", 0)
        story.machine.assign([(other, .offset(1, epoch: -1))])
        story.machine.start([other])
        let second = try story.fetch()
        #expect(FetchWire.needsNames(second.plan))
        #expect(second.plan.sessionEpoch == 0)
        #expect(second.plan.entries.count == 2)
    }

    @Test func `a node that does not answer is asked again after a pause with a full request`() throws {
        var story = Story()
        _ = story.answer(try story.fetch(), FetchAnswer(error: .none, sessionID: 7, partitions: []))
        let request = try story.fetch()
        _ = story.machine.fetched(node: 1, token: request.token, .failure(.transport), now: 0)
        #expect(story.plan().isEmpty)
        story.now = try #require(story.machine.nextDeadline(after: 0))
        let next = try story.fetch()
        #expect(next.plan.sessionEpoch == 0)
        #expect(next.plan.sessionID == 0)
    }

    private func madeAnew(_ id: UInt64) -> MetadataSnapshot {
        MetadataSnapshot(topics: [
            MetadataSnapshot.Topic(
                name: "t", id: MetadataSnapshot.TopicID(high: 0, low: id),
                partitions: [MetadataSnapshot.Partition(index: 0, leader: 1, leaderEpoch: 0)])
        ])
    }

    @Test func `a topic made anew is read from where the policy says, in a session that begins anew`() throws {
        var story = Story(reset: .earliest)
        #expect(story.machine.topologyChanged(madeAnew(1)).isEmpty)
        let first = try story.fetch()
        _ = story.answer(first, FetchAnswer(error: .none, sessionID: 7, partitions: []))
        let under = try story.fetch()
        guard case .positionLost(story.ids[0], let text)? = story.machine.topologyChanged(madeAnew(2)).first else {
            throw Missing()
        }
        #expect(text.contains("made anew") && text.contains("offset \(first.plan.entries[0].offset)"))
        // Neither what the old log still sends counts, nor that its offset would be in range of the new one.
        #expect(
            story.answer(
                under, FetchAnswer(error: .none, sessionID: 7, partitions: [Story.part(0, next: 900, bytes: 50)])
            ).isEmpty)
        guard case .listOffsets(1, let token, _, let questions)? = story.plan().first else { throw Missing() }
        #expect(questions.map(\.timestamp) == [-2])
        _ = story.machine.offsetsListed(
            token: token, .success([ListedOffset(partition: story.ids[0], error: .none, offset: 0, leaderEpoch: 0)]),
            now: 0)
        let next = try story.fetch()
        #expect(next.plan.sessionEpoch == 0)
        #expect(next.plan.sessionID == 7)
        #expect(next.plan.forgotten.isEmpty)
        #expect(next.plan.entries.map(\.topicID.low) == [2])
        #expect(next.plan.entries.map(\.offset) == [0])
    }

    @Test func `what was fetched before a topic was made anew is delivered first`() throws {
        var story = Story(reset: .earliest)
        _ = story.machine.topologyChanged(madeAnew(1))
        let data = FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, next: 20, bytes: 50)])
        guard case .deliver(let delivery)? = story.answer(try story.fetch(), data).first else { throw Missing() }
        #expect(story.machine.topologyChanged(madeAnew(2)).count == 1)
        #expect(story.plan().isEmpty)
        story.machine.taken(story.ids[0], incarnation: delivery.incarnation, bytes: 50)
        guard case .listOffsets? = story.plan().first else { throw Missing() }
    }

    @Test func `without a policy a topic made anew is told, and an answer without ids is no other topic`() throws {
        var story = Story(reset: .none)
        _ = story.machine.topologyChanged(madeAnew(1))
        #expect(story.machine.topologyChanged(madeAnew(0)).isEmpty)
        #expect(story.machine.topologyChanged(madeAnew(1)).isEmpty)
        guard
            case .failed(story.ids[0], .offsetOutOfRange, let text)? = story.machine.topologyChanged(madeAnew(2)).first
        else { throw Missing() }
        #expect(text.contains("made anew"))
    }

    @Test func `a broker that answers without data and without waiting is asked ever less often, until data comes`()
        throws
    {
        var story = Story()
        let empty = FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0)])
        _ = story.answer(try story.fetch(), empty)
        // Once is no habit.
        _ = story.answer(try story.fetch(), empty)
        var pauses: [UInt64] = []
        for _ in 0..<9 {
            #expect(story.plan().isEmpty)
            let due = try #require(story.machine.nextDeadline(after: story.now))
            pauses.append((due - story.now) / 1_000_000)
            story.now = due
            _ = story.answer(try story.fetch(), empty)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 64, 64])

        story.now = try #require(story.machine.nextDeadline(after: story.now))
        let data = FetchAnswer(error: .none, sessionID: 0, partitions: [Story.part(0, next: 20, bytes: 50)])
        guard case .deliver(let delivery)? = story.answer(try story.fetch(), data).first else { throw Missing() }
        story.machine.taken(story.ids[0], incarnation: delivery.incarnation, bytes: 50)
        _ = story.answer(try story.fetch(), empty)
        #expect(try story.fetch().plan.entries.map(\.offset) == [20])
    }

    @Test func `a broker that waits for data as it was asked to is asked again at once`() throws {
        var story = Story()
        for _ in 0..<4 {
            let request = try story.fetch()
            story.now += 500_000_000
            _ = story.answer(request, FetchAnswer(error: .none, sessionID: 7, partitions: []))
        }
        #expect(try story.fetch().plan.entries.isEmpty)
    }

    @Test
    func `a broker that had nothing to bring for long may wait longer, until it has or is asked for something else`()
        throws
    {
        var story = Story(partitions: 2, idleWait: 1500)
        story.machine.setPaused(true, story.ids[1])
        func nothing(_ story: inout Story) throws -> Int32 {
            let request = try story.fetch()
            story.now += UInt64(request.plan.maximumWait) * 1_000_000
            _ = story.answer(request, FetchAnswer(error: .none, sessionID: 7, partitions: []))
            return request.plan.maximumWait
        }
        let longer = 1500 - 1500 / 16...1500 as ClosedRange<Int32>
        var waits: [Int32] = []
        for _ in 0..<10 { waits.append(try nothing(&story)) }
        #expect(waits == Array(repeating: 500, count: 10))
        for _ in 0..<2 {
            #expect(longer.contains(try nothing(&story)))
            #expect(story.now / 1_000_000 % (1500 / 16) == 0, "waits of several consumers end together")
        }
        // Another partition has waited long enough already.
        story.machine.setPaused(false, story.ids[1])
        #expect(try nothing(&story) == 500)
        #expect(longer.contains(try nothing(&story)))
        let request = try story.fetch()
        let actions = story.answer(
            request, FetchAnswer(error: .none, sessionID: 7, partitions: [Story.part(0, next: 20, bytes: 50)]))
        guard case .deliver(let delivery)? = actions.first else { throw Missing() }
        story.machine.taken(story.ids[0], incarnation: delivery.incarnation, bytes: 50)
        #expect(try nothing(&story) == 500)
    }
}
