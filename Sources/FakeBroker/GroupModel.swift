package import KafkaProtocol

/// A coordinator's view of one group under the classic protocol, with its committed offsets: what Kafka 4.3's
/// `ClassicGroup` and `GroupMetadataManager` decide, without I/O.
///
/// Requests come with a ticket; answers are taken with ``takeReplies()``, at once or later (JoinGroup and SyncGroup wait
/// for others). Time is a parameter in nanoseconds. Static membership is not modelled.
package struct GroupModel: Sendable {
    /// The answer to a request.
    package enum Reply: Sendable {
        case join(JoinGroupResponse)
        case sync(SyncGroupResponse)
        case heartbeat(HeartbeatResponse)
        case leave(LeaveGroupResponse)
        case commit(OffsetCommitResponse)
        case fetch(OffsetFetchResponse)
    }

    /// Where the group stands.
    package enum State: Sendable, Equatable {
        case empty
        /// Members are joining; those who do not until the deadline are out. Not complete before `earliest`.
        case preparing(earliest: UInt64, deadline: UInt64)
        /// Everyone has joined; the leader's assignment is awaited.
        case completing
        case stable
    }

    /// A member with what it waits for.
    package struct Member: Sendable {
        package let id: String
        var sessionTimeout: UInt64
        var rebalanceTimeout: UInt64
        var protocols: [JoinGroupRequest.JoinGroupRequestProtocol]
        var heard: UInt64
        var joinTicket: UInt64?
        var syncTicket: UInt64?
        var hasJoined = false
        /// Has asked for its assignment in this generation.
        var hasSynced = false
        var assignment: [UInt8] = []
    }

    /// A committed offset.
    package struct Committed: Sendable, Equatable {
        package let topic: String
        package let partition: Int32
        package internal(set) var offset: Int64
        package internal(set) var leaderEpoch: Int32
        package internal(set) var metadata: String?
    }

    package let groupID: String
    /// How long the first round of an empty group waits for more members.
    private let initialDelay: UInt64
    /// What the ids that members are given begin with.
    private let memberPrefix: String
    package private(set) var state: State = .empty
    package private(set) var generation: Int32 = 0
    package internal(set) var members: [Member] = []
    package private(set) var leaderID = ""
    package internal(set) var committed: [Committed] = []
    private static let maximumPending = 1000
    private var pendingIDs: [(id: String, until: UInt64)] = []
    package private(set) var protocolType = ""
    package private(set) var protocolName = ""
    private var lastMember = 0
    /// Until when the members of a generation may ask for their assignments.
    private var syncDeadline: UInt64 = 0
    var replies: [(ticket: UInt64, Reply)] = []

    package init(groupID: String, initialDelay: UInt64, memberPrefix: String = "member-") {
        self.groupID = groupID
        self.initialDelay = initialDelay
        self.memberPrefix = memberPrefix
    }

    /// The answers that have become due, in order.
    package mutating func takeReplies() -> [(ticket: UInt64, Reply)] {
        let due = replies
        replies = []
        return due
    }

    /// Whether ``takeReplies()`` has something to give.
    package var hasReplies: Bool { !replies.isEmpty }

    /// When ``advance(to:)`` is due.
    package var nextDeadline: UInt64? {
        var earliest: UInt64?
        switch state {
        case .preparing(let soonest, let deadline): earliest = members.allSatisfy(\.hasJoined) ? soonest : deadline
        case .completing, .stable: earliest = members.allSatisfy(\.hasSynced) ? nil : syncDeadline
        case .empty: break
        }
        for member in members where member.joinTicket == nil {
            earliest = min(earliest ?? .max, member.heard + member.sessionTimeout)
        }
        return earliest
    }

    /// Whether a member of that id is in the group.
    package func hasMember(_ id: String) -> Bool { members.contains { $0.id == id } }

    /// The committed offset of a partition.
    package func committedOffset(_ topic: String, _ partition: Int32) -> Int64? {
        committed.first { $0.topic == topic && $0.partition == partition }?.offset
    }
}

// MARK: - Requests

extension GroupModel {
    package mutating func join(_ request: JoinGroupRequest, ticket: UInt64, now: UInt64) {
        if request.memberId.isEmpty {
            lastMember += 1
            let id = "\(memberPrefix)\(lastMember)"
            // Who asks for ids without end and never comes back with one gets no more memory than this.
            if pendingIDs.count >= Self.maximumPending { pendingIDs.removeFirst() }
            pendingIDs.append((id, now + Self.nanoseconds(request.sessionTimeoutMs)))
            refuseJoin(79, ticket: ticket, memberID: id)
            return
        }
        if !members.isEmpty, request.protocolType != protocolType {
            refuseJoin(23, ticket: ticket, memberID: request.memberId)
            return
        }
        if let at = members.firstIndex(where: { $0.id == request.memberId }) {
            rejoin(at, request, ticket: ticket, now: now)
            return
        }
        guard let pending = pendingIDs.firstIndex(where: { $0.id == request.memberId }) else {
            refuseJoin(25, ticket: ticket, memberID: request.memberId)
            return
        }
        pendingIDs.remove(at: pending)
        protocolType = request.protocolType
        members.append(
            Member(
                id: request.memberId, sessionTimeout: Self.nanoseconds(request.sessionTimeoutMs),
                rebalanceTimeout: Self.nanoseconds(request.rebalanceTimeoutMs), protocols: request.protocols,
                heard: now, joinTicket: ticket, hasJoined: true))
        prepareRound(now)
        completeJoinIfPossible(now)
    }

    private mutating func rejoin(_ at: Int, _ request: JoinGroupRequest, ticket: UInt64, now: UInt64) {
        members[at].heard = now
        let changed = members[at].protocols != request.protocols
        switch state {
        case .preparing: break
        case .completing where !changed, .stable where !changed && members[at].id != leaderID:
            members[at].joinTicket = ticket
            answerJoin(at)
            return
        case .completing, .stable, .empty: break
        }
        members[at].protocols = request.protocols
        if let old = members[at].joinTicket { refuseJoin(25, ticket: old, memberID: members[at].id) }
        prepareRound(now)
        members[at].joinTicket = ticket
        members[at].hasJoined = true
        completeJoinIfPossible(now)
    }

    package mutating func sync(_ request: SyncGroupRequest, ticket: UInt64, now: UInt64) {
        guard let at = members.firstIndex(where: { $0.id == request.memberId }) else {
            return refuseSync(25, ticket: ticket)
        }
        guard request.generationId == generation else { return refuseSync(22, ticket: ticket) }
        switch state {
        case .empty: refuseSync(25, ticket: ticket)
        case .preparing: refuseSync(27, ticket: ticket)
        case .stable:
            members[at].hasSynced = true
            members[at].syncTicket = ticket
            answerSync(at)
        case .completing:
            members[at].heard = now
            members[at].hasSynced = true
            members[at].syncTicket = ticket
            guard request.memberId == leaderID else { return }
            for member in members.indices {
                members[member].assignment =
                    request.assignments.first { $0.memberId == members[member].id }?.assignment ?? []
            }
            state = .stable
            for member in members.indices where members[member].syncTicket != nil { answerSync(member) }
        }
    }

    package mutating func heartbeat(_ request: HeartbeatRequest, ticket: UInt64, now: UInt64) {
        var answer = HeartbeatResponse()
        if let at = members.firstIndex(where: { $0.id == request.memberId }) {
            if request.generationId != generation {
                answer.errorCode = 22
            } else {
                members[at].heard = now
                if case .preparing = state { answer.errorCode = 27 }
            }
        } else {
            answer.errorCode = 25
        }
        replies.append((ticket, .heartbeat(answer)))
    }

    package mutating func leave(_ request: LeaveGroupRequest, ticket: UInt64, now: UInt64) {
        var answer = LeaveGroupResponse()
        var known = Set(members.map(\.id))
        for identity in request.members {
            var entry = LeaveGroupResponse.MemberResponse()
            entry.memberId = identity.memberId
            if known.remove(identity.memberId) != nil,
                let at = members.firstIndex(where: { $0.id == identity.memberId })
            {
                remove(at, now: now)
            } else {
                entry.errorCode = 25
            }
            answer.members.append(entry)
        }
        replies.append((ticket, .leave(answer)))
    }
}

// MARK: - Time and faults

extension GroupModel {
    /// Time has passed: sessions and rounds end.
    package mutating func advance(to now: UInt64) {
        pendingIDs.removeAll { now >= $0.until }
        while let at = members.firstIndex(where: { $0.joinTicket == nil && now >= $0.heard + $0.sessionTimeout }) {
            remove(at, now: now)
        }
        switch state {
        case .preparing(_, let deadline):
            if now >= deadline {
                members.removeAll { !$0.hasJoined }
                completeJoin(now)
            } else {
                completeJoinIfPossible(now)
            }
        case .completing, .stable:
            // As `GroupMetadataManager.expirePendingSync`: who has asked stays, and joins again with the others.
            guard now >= syncDeadline else { return }
            for late in members.filter({ !$0.hasSynced }).map(\.id) {
                if let at = members.firstIndex(where: { $0.id == late }) { remove(at, now: now) }
            }
        case .empty: break
        }
    }

    /// Another broker coordinates from now on: it knows members and offsets from the log, but no open request.
    package mutating func moved(now: UInt64) {
        for at in members.indices {
            if let ticket = members[at].joinTicket { refuseJoin(16, ticket: ticket, memberID: members[at].id) }
            if let ticket = members[at].syncTicket { refuseSync(16, ticket: ticket) }
            members[at].joinTicket = nil
            members[at].syncTicket = nil
            members[at].hasJoined = false
            members[at].hasSynced = true
            members[at].heard = now
        }
        switch state {
        case .preparing, .completing: state = .preparing(earliest: now, deadline: now + patience)
        case .empty, .stable: break
        }
    }
}

// MARK: - Inside

extension GroupModel {
    private static func nanoseconds(_ milliseconds: Int32) -> UInt64 { UInt64(max(milliseconds, 0)) * 1_000_000 }

    private var patience: UInt64 { members.map(\.rebalanceTimeout).max() ?? 0 }

    private mutating func prepareRound(_ now: UInt64) {
        switch state {
        case .preparing: return
        case .empty: state = .preparing(earliest: now + initialDelay, deadline: now + max(patience, initialDelay))
        case .completing, .stable:
            state = .preparing(earliest: now, deadline: now + patience)
        }
        for at in members.indices {
            members[at].hasJoined = members[at].joinTicket != nil
            if let ticket = members[at].syncTicket {
                members[at].syncTicket = nil
                refuseSync(27, ticket: ticket)
            }
        }
    }

    private mutating func completeJoinIfPossible(_ now: UInt64) {
        guard case .preparing(let earliest, _) = state, now >= earliest, !members.isEmpty,
            members.allSatisfy(\.hasJoined)
        else { return }
        completeJoin(now)
    }

    private mutating func completeJoin(_ now: UInt64) {
        generation += 1
        guard let first = members.first else {
            state = .empty
            leaderID = ""
            return
        }
        if !hasMember(leaderID) { leaderID = first.id }
        protocolName = elected()
        state = .completing
        syncDeadline = now + patience
        for at in members.indices {
            members[at].hasSynced = false
            members[at].heard = now
            members[at].assignment = []
            answerJoin(at)
        }
    }

    /// Each member votes for its first protocol that all offer; most votes win, the earlier on a tie.
    private func elected() -> String {
        guard let first = members.first else { return "" }
        let common = first.protocols.map(\.name).filter { name in
            members.allSatisfy { $0.protocols.contains { $0.name == name } }
        }
        var best = common.first ?? ""
        var bestVotes = -1
        for name in common {
            let votes = members.filter { member in
                member.protocols.first { common.contains($0.name) }?.name == name
            }.count
            if votes > bestVotes { (best, bestVotes) = (name, votes) }
        }
        return best
    }

    private mutating func remove(_ at: Int, now: UInt64) {
        let member = members.remove(at: at)
        if let ticket = member.joinTicket { refuseJoin(25, ticket: ticket, memberID: member.id) }
        if let ticket = member.syncTicket { refuseSync(25, ticket: ticket) }
        if members.isEmpty {
            generation += 1
            state = .empty
            leaderID = ""
            return
        }
        prepareRound(now)
        completeJoinIfPossible(now)
    }

    private mutating func answerJoin(_ at: Int) {
        guard let ticket = members[at].joinTicket else { return }
        members[at].joinTicket = nil
        var answer = JoinGroupResponse()
        answer.generationId = generation
        answer.protocolType = protocolType
        answer.protocolName = protocolName
        answer.leader = leaderID
        answer.memberId = members[at].id
        if members[at].id == leaderID {
            answer.members = members.map { member in
                var entry = JoinGroupResponse.JoinGroupResponseMember()
                entry.memberId = member.id
                entry.metadata = member.protocols.first { $0.name == protocolName }?.metadata ?? []
                return entry
            }
        }
        replies.append((ticket, .join(answer)))
    }

    private mutating func answerSync(_ at: Int) {
        guard let ticket = members[at].syncTicket else { return }
        members[at].syncTicket = nil
        var answer = SyncGroupResponse()
        answer.protocolType = protocolType
        answer.protocolName = protocolName
        answer.assignment = members[at].assignment
        replies.append((ticket, .sync(answer)))
    }

    private mutating func refuseJoin(_ code: Int16, ticket: UInt64, memberID: String) {
        var answer = JoinGroupResponse()
        answer.errorCode = code
        answer.memberId = memberID
        replies.append((ticket, .join(answer)))
    }

    private mutating func refuseSync(_ code: Int16, ticket: UInt64) {
        var answer = SyncGroupResponse()
        answer.errorCode = code
        replies.append((ticket, .sync(answer)))
    }
}
