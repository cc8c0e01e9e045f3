extension CooperativeAssignor {
    /// Decides about work that should be running and that nobody holds: it waits for its member, goes to members without
    /// work, or is treated as new.
    ///
    /// - Returns: what is to be treated as new.
    mutating func handleLost(_ lost: WorkSet, _ loads: inout [MemberLoad], _ now: Int64) -> WorkSet {
        if lost.isEmpty, !revokedInPrevious {
            endDelay()
            return WorkSet()
        }
        // Looked up only, never walked.
        let present = Set(loads.map(\.id))
        // Nobody left: somebody did not get the last assignment. And without a delay nothing waits.
        if scheduledRebalance <= 0, previousMembers.allSatisfy(present.contains) { return lost }
        if maximumDelay == 0 { return lost }
        guard scheduledRebalance > 0, now >= scheduledRebalance else {
            wait(for: loads, now)
            return WorkSet()
        }
        let receivers = candidates.compactMap { candidate in loads.firstIndex { $0.id == candidate } }
        endDelay()
        // The wait is over, so that work may be revoked for balance again.
        revokedInPrevious = false
        guard !receivers.isEmpty else { return lost }
        for (position, connector) in lost.connectorNames.enumerated() {
            loads[receivers[position % receivers.count]].add(connector: connector)
        }
        for (position, task) in lost.tasks.enumerated() {
            loads[receivers[position % receivers.count]].add(task)
        }
        return WorkSet()
    }

    /// Begins a delay, or goes on with the one that is running, and notes who has nothing to do meanwhile: that is a
    /// lost member that came back.
    private mutating func wait(for loads: [MemberLoad], _ now: Int64) {
        for load in loads where load.isEmpty && !candidates.contains(load.id) { candidates.append(load.id) }
        delay =
            now < scheduledRebalance
            ? Int32(clamping: min(scheduledRebalance - now, Int64(maximumDelay))) : maximumDelay
        scheduledRebalance = now + Int64(delay)
    }

    private mutating func endDelay() {
        candidates = []
        scheduledRebalance = 0
        delay = 0
    }
}
