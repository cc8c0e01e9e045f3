import ClusterCore

/// A cluster that lives through joins, leaves and delays; what its members hold follows from what they are answered.
struct ClusterStory {
    var assignor: CooperativeAssignor
    var work: AssignableWork
    private(set) var members = SortedTable<String, WorkSet>()
    private(set) var generation: Int32 = 0
    private(set) var lastCompleted: Int32 = -1
    private(set) var last: ClusterAssignment?

    init(maximumDelay: Int32 = 300_000, _ work: String) {
        assignor = CooperativeAssignor(maximumDelay: maximumDelay)
        self.work = configured(work)
    }

    mutating func join(_ id: String, holds held: WorkSet = WorkSet()) { members[id] = held }
    mutating func leave(_ id: String) { members[id] = nil }

    var group: [GroupMember] { members.entries.map { member($0.key, holds: $0.value) } }

    /// A round of which every member gets its answer.
    mutating func round(at now: Int64 = 0) {
        let result = compute(at: now)
        for share in result.shares { deliver(share) }
        lastCompleted = generation
    }

    /// A round of which only some members get their answer.
    @discardableResult
    mutating func compute(at now: Int64) -> ClusterAssignment {
        generation += 1
        let result = assignor.assign(
            group, work: work, lastCompletedGeneration: lastCompleted, generation: generation, now: now)
        last = result
        return result
    }

    /// A member does what it is told. What is new stands first, as on a Java member.
    mutating func deliver(_ share: ClusterAssignment.Share) {
        members[share.memberID] = share.assigned.union(
            (members[share.memberID] ?? WorkSet()).subtracting(share.revoked))
    }

    /// The round took place for the leader too.
    mutating func complete() { lastCompleted = generation }

    /// Another leader, with an assignor of its own, that was in all rounds as a follower.
    mutating func changeLeader() { assignor = CooperativeAssignor(maximumDelay: assignor.maximumDelay) }

    var delay: Int32 { last?.delay ?? -1 }
    func holds(_ id: String) -> String { members[id].map(sortedText) ?? "gone" }
    func revoked(_ id: String) -> String { share(id).map { sortedText($0.revoked) } ?? "gone" }
    func assigned(_ id: String) -> String { share(id).map { sortedText($0.assigned) } ?? "gone" }
    private func share(_ id: String) -> ClusterAssignment.Share? { last?.shares.first { $0.memberID == id } }
}
