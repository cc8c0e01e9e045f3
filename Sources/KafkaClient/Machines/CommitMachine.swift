package import KafkaProtocol

/// Commits of one consumer: in the order they were asked for, one request at a time, so that an older offset can never
/// overwrite a newer one at the coordinator (Java's asynchronous commits may).
///
/// Commits that wait while a request is under way are sent together; where two name a partition, the later one counts.
/// Each completion is reported once: with success, with the first error that concerns one of its partitions, or when
/// its time is up.
package struct CommitMachine: Sendable {
    /// An offset to be committed: that of the next record to read.
    package struct Offset: Sendable, Equatable {
        package var partition: TopicPartition
        package var offset: Int64
        package var leaderEpoch: Int32

        package init(partition: TopicPartition, offset: Int64, leaderEpoch: Int32 = -1) {
            self.partition = partition
            self.offset = offset
            self.leaderEpoch = leaderEpoch
        }
    }

    /// How a commit ended.
    package enum Outcome: Sendable, Equatable {
        case committed
        /// The coordinator or this side refused it.
        case refused(ErrorCode, String)
        /// No answer came in time; it may have been stored.
        case timedOut
    }

    /// What the owner has to do.
    package enum Action: Sendable, Equatable {
        /// Send OffsetCommit to the coordinator; the answer comes back with the token. Nil: outside of any membership.
        case commit(token: UInt64, GroupIdentity?, [Offset])
        /// The cached coordinator is not to be trusted.
        case forgetCoordinator
        /// A commit of the owner has ended.
        case done(id: UInt64, Outcome)
        /// The coordinator contradicts the membership under which it was asked.
        case membershipRefused(ErrorCode, generation: Int32)
    }

    private struct Waiting: Sendable {
        let id: UInt64
        var offsets: [Offset]
        let deadline: UInt64
    }

    private struct Flight: Sendable {
        let token: UInt64
        let identity: GroupIdentity?
        var commits: [Waiting]
        /// The membership is gone under which it was sent: it must not be tried again under another, whose partitions may
        /// be different ones.
        var isVoid = false
    }

    private let apiTimeout: UInt64
    private let isMember: Bool
    private var waiting: [Waiting] = []
    private var flight: Flight?
    private var pause: RetryPause
    private var retryAt: UInt64 = 0
    /// A rebalance is under way and commits wait until it has ended.
    private var waitsForRebalance = false
    /// Nothing may be sent for now; commits wait, each until its time is up.
    private var isHeld = false
    private var nextToken: UInt64 = 1

    /// - Parameters:
    ///   - isMember: whether commits need a membership; else they are sent without one, as for assigned partitions.
    ///   - apiTimeout: how long a commit may take with all its retries, in nanoseconds.
    package init(isMember: Bool, apiTimeout: UInt64, retryBackoff: Backoff, seed: UInt64) {
        self.isMember = isMember
        self.apiTimeout = apiTimeout
        pause = RetryPause(retryBackoff, seed: seed)
    }

    /// Whether nothing waits and nothing is under way.
    package var isIdle: Bool { waiting.isEmpty && flight == nil }

    /// Takes a commit; its end is reported with the id.
    package mutating func commit(id: UInt64, _ offsets: [Offset], now: UInt64) -> [Action] {
        if let negative = offsets.first(where: { $0.offset < 0 }) {
            // Brokers store negative offsets without complaint.
            return [.done(id: id, .refused(.invalidRequest, "offset \(negative.offset) of \(negative.partition)"))]
        }
        guard !offsets.isEmpty else { return [.done(id: id, .committed)] }
        waiting.append(Waiting(id: id, offsets: offsets, deadline: adding(apiTimeout, to: now)))
        return []
    }

    /// Sends what is due.
    ///
    /// - Parameter identity: of the present membership; nil while there is none.
    package mutating func plan(identity: GroupIdentity?, now: UInt64) -> [Action] {
        guard flight == nil, !waiting.isEmpty, now >= retryAt, !waitsForRebalance, !isHeld else { return [] }
        if isMember, identity == nil {
            // Without membership the partitions may be another's: nothing may be written for them.
            return refuseAll(.unknownMemberId, "this consumer is not a member of its group any more")
        }
        var merged: [Offset] = []
        for commit in waiting {
            for offset in commit.offsets {
                if let at = merged.firstIndex(where: { $0.partition == offset.partition }) {
                    merged[at] = offset
                } else {
                    merged.append(offset)
                }
            }
        }
        let token = nextToken
        nextToken += 1
        flight = Flight(token: token, identity: isMember ? identity : nil, commits: waiting)
        waiting = []
        return [.commit(token: token, isMember ? identity : nil, merged)]
    }

    /// OffsetCommit was answered, or was not. Errors stand per partition.
    ///
    /// - Parameters:
    ///   - identity: of the present membership.
    ///   - isJoining: whether a round of the group is under way that will give a new generation.
    package mutating func answered(
        token: UInt64, _ result: Result<[(TopicPartition, ErrorCode)], RequestFault>, identity: GroupIdentity?,
        isJoining: Bool, now: UInt64
    ) -> [Action] {
        guard let over = flight, over.token == token else { return [] }
        flight = nil
        if over.isVoid { return settleVoid(over, result) }
        switch result {
        case .failure(.transport):
            return [.forgetCoordinator] + retry(over.commits, now: now)
        case .failure(.refused(let code, let text)):
            return over.commits.map { .done(id: $0.id, .refused(code, text)) }
        case .success(let codes):
            return settle(over, codes, identity: identity, isJoining: isJoining, now: now)
        }
    }

    /// OffsetCommit could not be sent because nothing may be sent now: what it held waits again, before all others, until
    /// ``release()``.
    package mutating func hold(token: UInt64, now: UInt64) -> [Action] {
        isHeld = true
        guard let kept = flight, kept.token == token else { return [] }
        flight = nil
        if kept.isVoid { return refuse(kept, .unknownMemberId) }
        waiting = kept.commits + waiting
        return advance(to: now)
    }

    /// What was held back may be sent.
    package mutating func release() {
        isHeld = false
    }

    /// A round of the group begins, in which partitions may be given away: what waits must be tried before.
    package mutating func roundBegins() {
        waitsForRebalance = false
    }

    /// A round of the group has ended: what waited for it may go on, for the partitions that are still owned.
    package mutating func rebalanced(owned: (TopicPartition) -> Bool) -> [Action] {
        waitsForRebalance = false
        return drop { !owned($0) }
    }

    /// The membership is gone: what waits can no longer be written.
    package mutating func membershipLost() -> [Action] {
        waitsForRebalance = false
        flight?.isVoid = true
        return refuseAll(.unknownMemberId, "this consumer is not a member of its group any more")
    }

    /// Time has passed: gives up what takes too long.
    package mutating func advance(to now: UInt64) -> [Action] {
        guard waiting.contains(where: { now >= $0.deadline }) else { return [] }
        let late = waiting.filter { now >= $0.deadline }
        waiting.removeAll { now >= $0.deadline }
        return late.map { .done(id: $0.id, .timedOut) }
    }

    /// When something is due, nil when only an event can change something.
    package func nextDeadline(after now: UInt64) -> UInt64? {
        guard let first = waiting.map(\.deadline).min() else { return nil }
        guard flight == nil, !waitsForRebalance, !isHeld, retryAt > now else { return first }
        return min(first, retryAt)
    }
}

// MARK: - Inside

extension CommitMachine {
    private mutating func settle(
        _ over: Flight, _ codes: [(TopicPartition, ErrorCode)], identity: GroupIdentity?, isJoining: Bool, now: UInt64
    ) -> [Action] {
        let worst = codes.first { Self.concernsMembership($0.1) } ?? codes.first { Self.mayBeRetried($0.1) }
        guard let worst else {
            pause.reset()
            return over.commits.map { .done(id: $0.id, Self.outcome(of: $0, codes)) }
        }
        switch worst.1 {
        case .rebalanceInProgress:
            guard isMember else { return refuse(over, worst.1) }
            let refusal = Action.membershipRefused(worst.1, generation: over.identity?.generation ?? -1)
            return hold(over.commits, isJoining: isJoining, now: now) + [refusal]
        case .illegalGeneration, .unknownMemberId, .groupIdNotFound, .fencedInstanceId:
            guard isMember, let sent = over.identity else { return refuse(over, worst.1) }
            if let identity, identity != sent {
                // A round has ended meanwhile. What this member still owns may be written under the new generation.
                return retry(over.commits, now: now)
            }
            // The others of the group are a generation ahead, this member is about to follow.
            if isJoining, worst.1 == .illegalGeneration { return hold(over.commits, isJoining: true, now: now) }
            return refuse(over, worst.1) + [.membershipRefused(worst.1, generation: sent.generation)]
        case .coordinatorNotAvailable, .notCoordinator, .requestTimedOut:
            return [.forgetCoordinator] + retry(over.commits, now: now)
        default:
            return retry(over.commits, now: now)
        }
    }

    private func settleVoid(_ over: Flight, _ result: Result<[(TopicPartition, ErrorCode)], RequestFault>) -> [Action] {
        guard case .success(let codes) = result else { return refuse(over, .unknownMemberId) }
        return over.commits.map { .done(id: $0.id, Self.outcome(of: $0, codes)) }
    }

    private static func concernsMembership(_ code: ErrorCode) -> Bool {
        switch code {
        case .rebalanceInProgress, .illegalGeneration, .unknownMemberId, .groupIdNotFound, .fencedInstanceId: true
        default: false
        }
    }

    private static func mayBeRetried(_ code: ErrorCode) -> Bool {
        switch code {
        case .coordinatorLoadInProgress, .unknownTopicOrPartition, .coordinatorNotAvailable, .notCoordinator,
            .requestTimedOut:
            true
        default: false
        }
    }

    /// The first error that concerns a partition of the commit; a partition without an answer is an error too.
    private static func outcome(of commit: Waiting, _ codes: [(TopicPartition, ErrorCode)]) -> Outcome {
        for offset in commit.offsets {
            guard let code = codes.first(where: { $0.0 == offset.partition })?.1 else {
                return .refused(.unknownServerError, "the coordinator did not answer for \(offset.partition)")
            }
            if code != .none { return .refused(code, "committing \(offset.partition) was refused") }
        }
        return .committed
    }

    private func refuse(_ over: Flight, _ code: ErrorCode) -> [Action] {
        over.commits.map { .done(id: $0.id, .refused(code, "the group has moved on without this consumer")) }
    }

    /// Keeps commits until the round is over. A round that has yet to begin waits for the commits, not they for it.
    private mutating func hold(_ commits: [Waiting], isJoining: Bool, now: UInt64) -> [Action] {
        guard isJoining else { return retry(commits, now: now) }
        waitsForRebalance = true
        waiting = commits + waiting
        return advance(to: now)
    }

    private mutating func retry(_ commits: [Waiting], now: UInt64) -> [Action] {
        retryAt = now &+ pause.next()
        waiting = commits + waiting
        return advance(to: now)
    }

    private mutating func refuseAll(_ code: ErrorCode, _ text: String) -> [Action] {
        let all = waiting
        waiting = []
        return all.map { .done(id: $0.id, .refused(code, text)) }
    }

    /// Refuses the waiting commits that name a partition which is owned no more.
    private mutating func drop(_ isGone: (TopicPartition) -> Bool) -> [Action] {
        var actions: [Action] = []
        var kept: [Waiting] = []
        for commit in waiting {
            if let gone = commit.offsets.first(where: { isGone($0.partition) }) {
                actions.append(
                    .done(id: commit.id, .refused(.illegalGeneration, "\(gone.partition) was given to another member")))
            } else {
                kept.append(commit)
            }
        }
        waiting = kept
        return actions
    }
}
