package import ConnectModel

/// Why a leader cannot lead a round.
package enum LeaderRoundError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The group elected a protocol that no worker offers.
    case unknownProtocol(String)
    /// The leader is not among the members.
    case leaderMissing(String)
    /// What a member told cannot be read.
    case unreadable(memberID: String, ConnectProtocolError)

    /// One line for an operator.
    package var description: String {
        switch self {
        case .unknownProtocol(let name): "the group elected the unknown protocol \(name)"
        case .leaderMissing(let id): "the leader \(id) is not among the members of the group"
        case .unreadable(let id, let error): "the metadata of member \(id) cannot be read: \(error)"
        }
    }
}

/// One round of the group on its leader, around the assignor: whether the leader knows the configuration well enough, and
/// what every member is answered.
///
/// Source: `EagerAssignor.performAssignment`, `IncrementalCooperativeAssignor.performAssignment`.
package struct LeaderRound: Sendable, Equatable {
    /// What the leader has to do.
    package enum Step: Sendable, Equatable {
        /// Compute an assignment from the snapshot and send it with this offset.
        case assign(configOffset: Int64)
        /// Take a new snapshot, without waiting for anything, and ask again.
        case takeSnapshot
        /// Answer everybody with ``LeaderRound/mismatch()``: the leader has to read on first.
        case refuse
    }

    /// What the group elected.
    package let mode: ConnectProtocolMode
    package let leaderID: String
    /// Where the leader's REST API is, by its own word.
    package let leaderURL: String
    /// By id.
    package let members: [GroupMember]
    /// How far the member that is furthest has read the config topic.
    package let maximumOffset: Int64

    /// Reads what the members told.
    package init(
        leaderID: String, protocolName: String, members: [GroupMemberMetadata]
    ) throws(LeaderRoundError) {
        guard let mode = ConnectProtocolMode(protocolName: protocolName) else {
            throw .unknownProtocol(protocolName)
        }
        var read: [GroupMember] = []
        for member in members {
            do throws(ConnectProtocolError) {
                read.append(GroupMember(id: member.id, metadata: try WorkerMetadata(member.metadata)))
            } catch {
                throw .unreadable(memberID: member.id, error)
            }
        }
        guard let leader = read.first(where: { $0.id == leaderID }) else { throw .leaderMissing(leaderID) }
        self.mode = mode
        self.leaderID = leaderID
        leaderURL = leader.metadata.url
        self.members = read.sorted { $0.id.precedesExactly($1.id) }
        maximumOffset = read.reduce(leader.metadata.configOffset) { max($0, $1.metadata.configOffset) }
    }

    /// What to do with a snapshot of the configuration.
    ///
    /// - Parameters:
    ///   - configOffset: how far the snapshot goes.
    ///   - isFresh: it was taken in this round, after ``Step/takeSnapshot``.
    package func step(configOffset: Int64, isFresh: Bool) -> Step {
        guard configOffset >= maximumOffset else { return isFresh ? .refuse : .takeSnapshot }
        // A snapshot from before the round is what the leader told the group itself; a fresh one may be ahead of all.
        return .assign(configOffset: isFresh ? configOffset : maximumOffset)
    }

    /// What every member is answered, by member id.
    package func answers(
        _ assignment: ClusterAssignment, configOffset: Int64
    ) throws(ConnectProtocolError) -> [MemberAssignment] {
        var answers: [MemberAssignment] = []
        for share in assignment.shares {
            var answer = self.answer(configOffset)
            answer.assigned = share.assigned
            answer.revoked = share.revoked
            answer.delay = assignment.delay
            answers.append(MemberAssignment(memberID: share.memberID, bytes: try answer.encode()))
        }
        return answers
    }

    /// What every member is answered when the leader is behind, by member id.
    package func mismatch() throws(ConnectProtocolError) -> [MemberAssignment] {
        var answer = self.answer(maximumOffset)
        answer.error = WorkerAssignment.configMismatch
        let bytes = try answer.encode()
        return members.map { MemberAssignment(memberID: $0.id, bytes: bytes) }
    }

    private func answer(_ configOffset: Int64) -> WorkerAssignment {
        WorkerAssignment(
            version: mode.version, leaderID: leaderID, leaderURL: leaderURL, configOffset: configOffset)
    }
}
