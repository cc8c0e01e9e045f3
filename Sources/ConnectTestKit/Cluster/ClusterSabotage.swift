internal import ClusterCore
internal import ConnectModel

/// Faults that a worker might have, planted between its machines and the simulated world to prove that they are found.
package enum ClusterSabotage: String, Sendable, CaseIterable {
    /// A task that was taken from a worker is told to have stopped and runs on.
    case doubledTask = "doubled-task"
    /// What the leader revoked is not given up before the next round.
    case forgottenRevocation = "forgotten-revocation"
    /// A worker believes that an assignment was made from all that it has read of the config topic, and starts tasks that were
    /// committed behind it.
    case oldOffset = "old-offset"
    /// The leader believes that what a lost member had still runs.
    case lostWork = "lost-work"
    /// What a worker gives up is told to have stopped before it has, so that it offers itself to the group too early.
    case hastyOffer = "hasty-offer"
    /// After a lost membership the session counts again from the round on, though what the round took away has not stopped.
    case earlyGate = "early-gate"
    /// What an ex-leader wants to write waits for its next session, and is written behind what others have written since.
    case lateWrite = "late-write"
    /// The leader wants one round more after each that it did not want itself.
    case echoedRound = "echoed-round"
    /// The leader stores task configurations anew after each round that it did not cause by that itself.
    case echoedCommit = "echoed-commit"
    /// A worker does not tell that a task has been paused or resumed.
    case silentPause = "silent-pause"
    /// Statuses of what is gone are not removed.
    case keptStatus = "kept-status"
    /// The leader tells that something is done once it is acknowledged, before it has read it back.
    case earlyAnswer = "early-answer"
    /// What a client was told as done is written once more later, behind what others may have asked for since.
    case lateRepeat = "late-repeat"
}

/// Changes what one worker hears and says, as the planted fault would.
struct ClusterSaboteur {
    let sabotage: ClusterSabotage?
    private var seen: [GroupMemberMetadata] = []

    init(_ sabotage: ClusterSabotage?) { self.sabotage = sabotage }

    /// Whether this is the planted fault.
    func plants(_ sabotage: ClusterSabotage) -> Bool { self.sabotage == sabotage }

    /// An assignment as the fault changes it, in a worker that has read the config topic so far.
    func changed(_ bytes: [UInt8], readTo offset: Int64) -> [UInt8] {
        guard var assignment = try? WorkerAssignment(bytes) else { return bytes }
        switch sabotage {
        case .forgottenRevocation: assignment.revoked = WorkSet()
        case .oldOffset: assignment.configOffset = max(assignment.configOffset, offset)
        case .doubledTask, .lostWork, .hastyOffer, .earlyGate, .lateWrite, .echoedRound, .echoedCommit, .silentPause,
            .keptStatus, .earlyAnswer, .lateRepeat, nil:
            return bytes
        }
        return (try? assignment.encode()) ?? bytes
    }

    /// The members that a leader sees, as the fault changes them.
    mutating func changed(_ members: [GroupMemberMetadata], leader: String) -> [GroupMemberMetadata] {
        guard sabotage == .lostWork else { return members }
        defer { seen = members }
        let lost = seen.filter { old in !members.contains { $0.id == old.id } }
        return members.map { member in
            guard member.id == leader, var metadata = try? WorkerMetadata(member.metadata),
                var allocation = metadata.allocation
            else { return member }
            for old in lost {
                guard let held = try? WorkerMetadata(old.metadata).held else { continue }
                allocation.assigned.formUnion(held)
            }
            metadata.allocation = allocation
            guard let bytes = try? metadata.encode() else { return member }
            return GroupMemberMetadata(id: member.id, metadata: bytes)
        }
    }
}
