internal import ClusterCore
internal import ConnectModel

/// Faults that a worker might have, planted between its machines and the simulated world to prove that they are found.
package enum ClusterSabotage: String, Sendable, CaseIterable {
    /// A task that was taken from a worker is told to have stopped and runs on.
    case doubledTask = "doubled-task"
    /// What the leader revoked is not given up before the next round.
    case forgottenRevocation = "forgotten-revocation"
    /// Tasks are started that were committed behind the config offset of the assignment.
    case oldOffset = "old-offset"
    /// The leader believes that what a lost member had still runs.
    case lostWork = "lost-work"
    /// A worker offers itself to the group before what it gave up has stopped.
    case hastyOffer = "hasty-offer"
}

/// Changes what one worker hears and says, as the planted fault would.
struct ClusterSaboteur {
    let sabotage: ClusterSabotage?
    private var seen: [GroupMemberMetadata] = []

    init(_ sabotage: ClusterSabotage?) { self.sabotage = sabotage }

    /// Whether this is the planted fault.
    func plants(_ sabotage: ClusterSabotage) -> Bool { self.sabotage == sabotage }

    /// An assignment as the fault changes it.
    func changed(_ bytes: [UInt8]) -> [UInt8] {
        guard sabotage == .forgottenRevocation, var assignment = try? WorkerAssignment(bytes),
            !assignment.revoked.isEmpty
        else { return bytes }
        assignment.revoked = WorkSet()
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
