package import KafkaProtocol

/// The moment of an event: monotonic nanoseconds for every deadline, milliseconds since the epoch for resets by age.
package struct Instant: Sendable, Equatable {
    package var monotonic: UInt64
    package var wall: Int64

    package init(monotonic: UInt64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// A whole consumer without I/O: membership (``GroupMachine``), positions and fetches (``FetchMachine``), commits
/// (``CommitMachine``), and what binds them: who owns which partition from when to when.
///
/// A partition's way: given by the group → committed offset asked for → positioned → told to the application
/// (``Event/assigned(_:)``) → fetched. Back: fetching stops, undelivered data is dropped, the application is told
/// (``Event/revoking(_:)``), flushes, commits and calls ``revocationFinished(at:)``; when its commits are through, the
/// group is told. A partition that was lost with the membership is taken from the application without a chance to commit.
///
/// Each method says what happened and returns what is to be done, in order. Never iterates a Dictionary or Set; equal
/// histories give equal actions.
package struct ConsumerMachine: Sendable {
    /// What kind of consumer this is. Times are nanoseconds.
    package struct Settings: Sendable {
        /// Nil for a consumer outside of any group, which then knows no committed offsets.
        package var groupID: String?
        package var group: GroupMachine.Settings?
        package var fetch = FetchMachine.Settings()
        /// Assignors in order of preference.
        package var assignors: [ConsumerAssignor] = [.range, .cooperativeSticky]
        package var apiTimeout: UInt64 = 60_000_000_000
        package var requestTimeout: UInt64 = 30_000_000_000
        package var retryBackoff = Backoff(initial: 100_000_000, maximum: 1_000_000_000)
        /// Nil: the application commits by itself.
        package var autoCommitInterval: UInt64?
        /// How long to wait for the last of the new partitions to be positioned before the rest is handed over.
        package var startGrace: UInt64 = 5_000_000_000

        package init() {}
    }

    /// A partition with the offset it starts at.
    package struct Beginning: Sendable, Equatable {
        package var partition: TopicPartition
        package var offset: Int64
    }

    /// What the application is told, in order.
    package enum Event: Sendable, Equatable {
        /// These partitions came to those the application has.
        case assigned([Beginning])
        /// Flush, commit, then call ``revocationFinished(at:)``.
        case revoking([TopicPartition])
        /// Gone already, with the membership.
        case lost([TopicPartition])
        /// The partition, or with nil the whole consumer, cannot go on.
        case failed(TopicPartition?, ErrorCode, String)
    }

    /// What is to be done.
    package enum Action: Sendable, Equatable {
        /// To the group's coordinator.
        case group(GroupRequest)
        /// OffsetCommit to the coordinator.
        case commit(token: UInt64, GroupIdentity?, [CommitMachine.Offset])
        /// OffsetFetch to the coordinator.
        case committed(token: UInt64, [TopicPartition])
        /// Fetch, ListOffsets, OffsetForLeaderEpoch to nodes; `.deliver` and `.failed` never appear here.
        case fetch(node: Int32, token: UInt64, FetchPlan)
        case listOffsets(node: Int32, token: UInt64, isolation: Int8, [OffsetQuestion])
        case leaderEpochs(node: Int32, token: UInt64, [EpochQuestion])
        case forgetCoordinator
        case refreshMetadata(String)
        /// The log does not hold a position any more, and another one is taken: for the operator.
        case positionLost(TopicPartition, String)
        /// The metadata must cover these topics, sorted; replaces the set named before.
        case watchTopics([String])
        /// Append a slice of the fetch answer just brought to what the application polls.
        case deliver(FetchDelivery)
        /// Drop what the application has not polled of these partitions.
        case drop([TopicPartition])
        case event(Event)
        /// A commit of the application has ended.
        case commitDone(id: UInt64, CommitMachine.Outcome)
        /// Closing is done with; nothing follows.
        case closed
    }

    /// A partition this consumer holds.
    struct Owned: Sendable {
        let id: TopicPartition
        /// The application was told of it.
        var isAnnounced = false
        /// The application asked for this start; nil: the committed offset, or the reset policy.
        var start: FetchMachine.Start?
        /// Up to where the application said it is done.
        var reported: Int64 = -1
        /// The newest commit of ours.
        var committed: Int64 = -1
    }

    /// A revocation that is under way.
    enum Revocation: Sendable, Equatable {
        /// What follows when the partitions are let go.
        enum Next: Sendable, Equatable { case join, rejoin, leave }
        case none
        /// The application flushes and commits.
        case application([TopicPartition], Next)
        /// Its commits are on their way.
        case commits([TopicPartition], Next)
    }

    let settings: Settings
    var group: GroupMachine?
    var fetch: FetchMachine
    var commits: CommitMachine
    /// Sorted.
    var owned: [Owned] = []
    var revocation = Revocation.none
    /// Sorted names; empty before the first subscription.
    var subscribed: [String] = []
    var watched: [String] = []
    var snapshot = MetadataSnapshot()
    /// The membership under which the partitions are held is gone.
    var isIdentityLost = false
    /// How often partitions were lost; what the application says before it saw the latest loss is void.
    package private(set) var losses: UInt64 = 0
    /// The application has not dealt with the latest loss; a round that begins waits for it.
    var isLossUnseen = false
    var isJoinHeld = false
    var election: (GroupElection, until: UInt64)?
    /// What the present assignment was computed from, if this member leads; nil partitions where that is not known yet.
    var assignedFrom: [(topic: String, partitions: Int?)]?
    var offsetQuestion: (token: UInt64, asked: [TopicPartition])?
    var offsetPause: RetryPause
    var offsetRetryAt: UInt64 = 0
    var startedAt: UInt64?
    var autoCommitDue: UInt64?
    var closingUntil: UInt64?
    var isClosed = false
    var nextToken: UInt64 = 1
    var out: [Action] = []

    /// Commits of the machine itself bear this id.
    static let ownCommit: UInt64 = 0

    /// - Parameter seed: of the jitter in retries.
    package init(settings: Settings, seed: UInt64) {
        self.settings = settings
        group = settings.group.map { GroupMachine(settings: $0, seed: seed) }
        fetch = FetchMachine(settings: settings.fetch, seed: seed &+ 2)
        commits = CommitMachine(
            isMember: settings.group != nil, apiTimeout: settings.apiTimeout, retryBackoff: settings.retryBackoff,
            seed: seed &+ 3)
        offsetPause = RetryPause(settings.retryBackoff, seed: seed &+ 4)
    }

    /// Whether partitions are kept through a rebalance; so only if every assignor on offer can do it.
    package var isCooperative: Bool { settings.assignors.allSatisfy(\.isCooperative) }

    /// Under which membership commits are sent, nil while there is none.
    package var membership: GroupIdentity? { group?.identity }

    /// Where the membership stands, nil outside of any group.
    package var groupState: GroupMachine.State? { group?.state }

    /// When ``advance(to:)`` is due, nil when only an event can change something.
    package func nextDeadline(after now: UInt64) -> UInt64? {
        guard !isClosed else { return nil }
        var earliest: UInt64?
        for deadline in [
            group?.nextDeadline, fetch.nextDeadline(after: now), commits.nextDeadline(after: now), closingUntil,
            election?.until, autoCommitDue, startedAt.map { $0 &+ settings.startGrace },
            offsetRetryAt > now ? offsetRetryAt : nil,
        ] {
            guard let deadline else { continue }
            earliest = min(earliest ?? deadline, deadline)
        }
        return earliest
    }

    mutating func countLoss() { losses += 1 }
}

// MARK: - What the application wants

extension ConsumerMachine {
    /// Subscribes to topics: the group shares their partitions among its members. Replaces an earlier subscription.
    package mutating func subscribe(_ topics: [String], at instant: Instant) -> [Action] {
        guard closingUntil == nil, !isClosed, group != nil else { return [] }
        let sorted = topics.sorted()
        guard sorted != subscribed || group?.state == .idle else { return [] }
        subscribed = sorted
        refuseTopics()
        watch(extra: [])
        if group?.state == .idle {
            withGroup(instant) { $0.start(now: instant.monotonic) }
        } else {
            withGroup(instant) { $0.requestRejoin(reason: "the subscription has changed", now: instant.monotonic) }
        }
        return finish(instant)
    }

    /// Takes partitions without a group's help; those without a start begin at the committed offset (with a group id),
    /// else where the reset policy says. Replaces an earlier assignment.
    package mutating func assign(
        _ partitions: [(TopicPartition, FetchMachine.Start?)], at instant: Instant
    ) -> [Action] {
        guard closingUntil == nil, !isClosed, group == nil else { return [] }
        let old = owned.map(\.id)
        fetch.remove(old)
        if !old.isEmpty { out.append(.drop(old)) }
        owned = []
        offsetQuestion = nil
        take(partitions.sorted { $0.0 < $1.0 }, at: instant)
        watch(extra: [])
        return finish(instant)
    }

    /// The application owes a poll since the given instant, or (nil) none.
    package mutating func applicationOwesPoll(since: UInt64?, at instant: Instant) -> [Action] {
        withGroup(instant) { $0.applicationOwesPoll(since: since, now: instant.monotonic) }
        return finish(instant)
    }

    /// The application took bytes off what was delivered.
    package mutating func taken(
        _ id: TopicPartition, incarnation: UInt64, bytes: Int, at instant: Instant
    ) -> [Action] {
        fetch.taken(id, incarnation: incarnation, bytes: bytes)
        return finish(instant)
    }

    /// The application is done with a partition up to (not including) an offset.
    ///
    /// - Parameter losses: ``losses`` as the application has seen it.
    package mutating func consumed(_ id: TopicPartition, upTo offset: Int64, losses seen: UInt64) {
        guard seen == losses, let at = owned.firstIndex(where: { $0.id == id }), owned[at].isAnnounced else { return }
        owned[at].reported = offset
    }

    /// Stores offsets. An offset beyond what the application said to be done with, or of a partition that it does not
    /// hold, is refused: a commit must never get ahead of the work.
    package mutating func commit(
        id: UInt64, _ offsets: [CommitMachine.Offset], losses seen: UInt64, at instant: Instant
    ) -> [Action] {
        guard seen == losses else {
            out.append(.commitDone(id: id, .refused(.unknownMemberId, "the partitions were lost")))
            return finish(instant)
        }
        for offset in offsets {
            guard let place = owned.first(where: { $0.id == offset.partition }), place.isAnnounced else {
                out.append(
                    .commitDone(
                        id: id, .refused(.illegalGeneration, "\(offset.partition) is not held by this consumer")))
                return finish(instant)
            }
            guard offset.offset <= place.reported else {
                out.append(
                    .commitDone(
                        id: id,
                        .refused(
                            .invalidRequest,
                            "offset \(offset.offset) of \(offset.partition) is beyond \(place.reported), up to where its records are done with"
                        )))
                return finish(instant)
            }
        }
        perform(commits.commit(id: id, offsets, now: instant.monotonic), instant)
        return finish(instant)
    }

    /// Moves a partition; what was delivered of it before no longer counts.
    package mutating func seek(
        _ id: TopicPartition, to start: FetchMachine.Start, losses seen: UInt64, at instant: Instant
    ) -> [Action] {
        guard seen == losses, let at = owned.firstIndex(where: { $0.id == id }), owned[at].isAnnounced,
            fetch.seek(id, to: start) != nil
        else { return [] }
        if case .offset(let offset, _) = start { owned[at].reported = offset }
        return finish(instant)
    }

    /// Stops or resumes the fetching of partitions.
    package mutating func setPaused(_ isPaused: Bool, _ ids: [TopicPartition], at instant: Instant) -> [Action] {
        for id in ids { fetch.setPaused(isPaused, id) }
        return finish(instant)
    }

    /// The application has flushed and committed what ``Event/revoking(_:)`` named.
    package mutating func revocationFinished(at instant: Instant) -> [Action] {
        guard case .application(let ids, let next) = revocation else { return [] }
        commitReported(of: ids, instant)
        revocation = .commits(ids, next)
        return finish(instant)
    }

    /// The application has let go of what ``Event/lost(_:)`` named, or never knew of it.
    package mutating func lossHandled(at instant: Instant) -> [Action] {
        guard isLossUnseen else { return [] }
        lossSeen(instant)
        return finish(instant)
    }

    /// Ends: fetching stops, commits under way are awaited, the group is left. ``Action/closed`` follows at the latest
    /// after the request timeout.
    package mutating func close(at instant: Instant) -> [Action] {
        guard closingUntil == nil, !isClosed else { return [] }
        closingUntil = instant.monotonic &+ settings.requestTimeout
        let ids = owned.map(\.id)
        fetch.remove(ids)
        if !ids.isEmpty { out.append(.drop(ids)) }
        election = nil
        offsetQuestion = nil
        startedAt = nil
        commitReported(of: ids, instant)
        revocation = .commits(ids, .leave)
        return finish(instant)
    }

    /// Time has passed.
    package mutating func advance(to instant: Instant) -> [Action] {
        guard !isClosed else { return [] }
        let now = instant.monotonic
        if let until = closingUntil, now >= until {
            end()
            return take()
        }
        withGroup(instant) { $0.advance(to: now) }
        perform(commits.advance(to: now), instant)
        if let due = autoCommitDue, now >= due {
            commitReported(of: owned.map(\.id), instant)
            autoCommitDue = settings.autoCommitInterval.map { now &+ $0 }
        }
        return finish(instant)
    }
}
