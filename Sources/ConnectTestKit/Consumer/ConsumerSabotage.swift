internal import KafkaClient

/// Faults that a consumer might have, planted between the machine and the simulated world to prove that they are found.
package enum ConsumerSabotage: String, Sendable, CaseIterable {
    /// Now and then a commit names the offset after the right one.
    case commitTooFar = "commit-too-far"
    /// The first fetch after a change of leader begins one record too late.
    case skippedRecord = "skipped-record"
    /// The group is told that partitions were given up before the application has heard of it.
    case forgottenRevocation = "forgotten-revocation"
    /// An older fetch answer of a partition is taken for the present one.
    case staleFetch = "stale-fetch"
    /// Now and then a member forgets to join the next round.
    case lostRejoin = "lost-rejoin"
    /// A partition that was lost is not taken from the application.
    case forgottenLoss = "forgotten-loss"
}

/// Changes what one member's machine says and hears, as the planted fault would.
struct ConsumerSaboteur {
    private let sabotage: ConsumerSabotage?
    private var count = 0
    private var epochs: [(TopicPartition, Int32)] = []
    private var seen: [(id: TopicPartition, span: FetchedSpan, place: SimulatedData)] = []

    init(_ sabotage: ConsumerSabotage?) { self.sabotage = sabotage }

    /// Whether the application is kept in the dark about an event.
    func hides(_ event: ConsumerMachine.Event) -> Bool {
        switch (sabotage, event) {
        case (.forgottenRevocation?, .revoking), (.forgottenLoss?, .lost): true
        default: false
        }
    }

    /// The action as the fault changes it; nil when it is dropped.
    mutating func changed(_ action: ConsumerMachine.Action) -> ConsumerMachine.Action? {
        switch (sabotage, action) {
        case (.commitTooFar?, .commit(let token, let identity, var offsets)):
            count += 1
            if count % 5 == 0, !offsets.isEmpty { offsets[0].offset += 1 }
            return .commit(token: token, identity, offsets)
        case (.skippedRecord?, .fetch(let node, let token, var plan)):
            for at in plan.entries.indices where isNewEpoch(plan.entries[at]) { plan.entries[at].offset += 1 }
            return .fetch(node: node, token: token, plan)
        case (.lostRejoin?, .group(let request)):
            guard case .join = request.body else { return action }
            count += 1
            return count % 6 == 0 ? nil : action
        default:
            return action
        }
    }

    private mutating func isNewEpoch(_ entry: FetchEntry) -> Bool {
        guard let at = epochs.firstIndex(where: { $0.0 == entry.partition }) else {
            epochs.append((entry.partition, entry.leaderEpoch))
            return false
        }
        defer { epochs[at].1 = entry.leaderEpoch }
        return epochs[at].1 != entry.leaderEpoch
    }

    /// Puts an older answer in the place of the present one, where the fault says so.
    mutating func changed(_ id: TopicPartition, _ span: FetchedSpan, _ data: SimulatedData) -> (
        FetchedSpan, SimulatedData
    ) {
        guard sabotage == .staleFetch, span.byteCount > 0 else { return (span, data) }
        count += 1
        let old = seen.last { $0.id == id }
        seen.removeAll { $0.id == id }
        seen.append((id, span, data))
        guard count % 7 == 0, let old else { return (span, data) }
        return (old.span, old.place)
    }
}
