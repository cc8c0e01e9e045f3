import ConnectModel

/// Moves as little as possible, for the protocols `compatible` and `sessioned`: the leader's memory and its decisions.
///
/// Members keep their work while the group rebalances. What has to move is revoked in one round and given to another member
/// in the next, which everybody who gave something up asks for. What a lost member had waits for it to come back, for at
/// most `scheduled.rebalance.max.delay.ms`. A new leader starts with a new assignor.
///
/// Source: `org.apache.kafka.connect.runtime.distributed.IncrementalCooperativeAssignor`.
package struct CooperativeAssignor: Sendable {
    /// `scheduled.rebalance.max.delay.ms`.
    package let maximumDelay: Int32

    /// What should be running after the last round, and what is lost and was not given to anybody yet.
    private var previousAssignment = WorkSet()
    /// What was revoked in the last round.
    private var previousRevocation = WorkSet()
    /// The generation of the last round that was computed here; -1 before the first.
    private var previousGeneration: Int32 = -1
    /// Who took part in it, by id.
    var previousMembers: [String] = []
    /// When a delay ends, in milliseconds; 0 for none.
    var scheduledRebalance: Int64 = 0
    /// What members are told, in milliseconds.
    var delay: Int32 = 0
    /// Members that were seen without work during the delay, in the order in which they were.
    var candidates: [String] = []
    /// Work was revoked for balance in the last round, or that is put off.
    var revokedInPrevious = false
    /// How many rounds in a row wanted to revoke for balance: each waits longer.
    private var successiveRevocations = 0

    /// The assignor of a leader that knows nothing yet.
    ///
    /// - Parameter maximumDelay: `scheduled.rebalance.max.delay.ms`; 0 gives lost work away at once.
    package init(maximumDelay: Int32) {
        self.maximumDelay = max(0, maximumDelay)
    }

    /// Computes a round.
    ///
    /// - Parameters:
    ///   - members: everybody, with what they hold.
    ///   - work: what has to run.
    ///   - lastCompletedGeneration: the generation of this worker's last successful join; -1 for none.
    ///   - generation: the generation of this round.
    ///   - now: the time in milliseconds, of a clock that goes on between rounds.
    package mutating func assign(
        _ members: [GroupMember], work: AssignableWork, lastCompletedGeneration: Int32, generation: Int32, now: Int64
    ) -> ClusterAssignment {
        let members = members.sorted { $0.id.precedesExactly($1.id) }
        let configured = work.all
        var active = WorkSet()
        var duplicated = WorkSet()
        for member in members {
            let held = member.metadata.held
            duplicated.formUnion(held.intersection(active))
            active.formUnion(held)
        }
        recall(active: active, lastCompletedGeneration: lastCompletedGeneration)
        let deleted = previousAssignment.subtracting(configured)
        let lost = previousAssignment.subtracting(active).subtracting(deleted).sorted()
        let created = configured.subtracting(previousAssignment).subtracting(active)

        // What several members run is taken from all of them, and is new in a later round.
        let withdrawn = deleted.union(duplicated)
        var loads = members.map { MemberLoad($0, withdrawing: withdrawn) }
        let found = handleLost(lost, &loads, now)
        revokeForBalance(configured, &loads, now)
        Self.deal(created.connectorNames + found.connectorNames, created.tasks + found.tasks, to: &loads)

        let next = loads.map(\.work)
        remember(loads, next, lost: lost, generation: generation)
        let both = zip(loads, next)
        return ClusterAssignment(
            shares: both.map { load, work in
                .init(
                    memberID: load.id, assigned: work.subtracting(load.held.subtracting(deleted)),
                    revoked: load.revoked)
            },
            delay: delay,
            owners: WorkOwners(members: both.map { .init(memberID: $0.id, url: $0.url, work: $1) }))
    }

    /// Drops memories that the group did not follow.
    private mutating func recall(active: WorkSet, lastCompletedGeneration: Int32) {
        // The last round computed here never came into force, or others led since.
        if previousGeneration != lastCompletedGeneration { previousAssignment = WorkSet() }
        // A revocation was not carried out: what runs is what counts, and it is revoked again.
        if !previousRevocation.isDisjoint(with: active) { previousAssignment = active }
        previousRevocation = WorkSet()
    }

    private mutating func remember(_ loads: [MemberLoad], _ next: [WorkSet], lost: WorkSet, generation: Int32) {
        var assigned = WorkSet()
        for work in next { assigned.formUnion(work) }
        for load in loads { previousRevocation.formUnion(load.revoked) }
        previousAssignment = assigned.subtracting(previousRevocation).union(lost)
        previousGeneration = generation
        previousMembers = loads.map(\.id)
    }

    // MARK: Balance

    /// Takes from members what they have beyond their part, unless a delay is running. Two such rounds in a row are kept
    /// apart by a growing delay, so that members that come one after the other do not move the same work again and again.
    private mutating func revokeForBalance(_ configured: WorkSet, _ loads: inout [MemberLoad], _ now: Int64) {
        guard delay == 0 else {
            revokedInPrevious = false
            return
        }
        let connectors = LoadBalance.surplus(loads.map(\.connectors.count), total: configured.connectorCount)
        let tasks = LoadBalance.surplus(loads.map(\.tasks.count), total: configured.taskCount)
        let isUnbalanced = !configured.isEmpty && (connectors.contains { $0 > 0 } || tasks.contains { $0 > 0 })
        guard isUnbalanced else {
            if revokedInPrevious {
                revokedInPrevious = false
                successiveRevocations = 0
            }
            return
        }
        if revokedInPrevious {
            successiveRevocations += 1
            delay = backoff(successiveRevocations)
            if delay > 0 {
                scheduledRebalance = now + Int64(delay)
                return
            }
        } else {
            revokedInPrevious = true
        }
        for member in loads.indices { loads[member].revoke(connectors: connectors[member], tasks: tasks[member]) }
    }

    /// 40 to the power of `attempt` milliseconds, at most the maximum.
    private func backoff(_ attempt: Int) -> Int32 {
        var delay: Int64 = 1
        for _ in 0..<attempt {
            delay *= 40
            if delay >= Int64(maximumDelay) { return maximumDelay }
        }
        return min(Int32(delay), maximumDelay)
    }

    private static func deal(_ connectors: [String], _ tasks: [TaskID], to loads: inout [MemberLoad]) {
        let forConnectors = LoadBalance.deal(connectors.count, over: loads.map(\.connectors.count))
        for (connector, member) in zip(connectors, forConnectors) { loads[member].add(connector: connector) }
        let forTasks = LoadBalance.deal(tasks.count, over: loads.map(\.tasks.count))
        for (task, member) in zip(tasks, forTasks) { loads[member].add(task) }
    }
}
