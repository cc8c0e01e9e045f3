import ClusterCore
import ConnectModel
import Glibc

/// Workers of a group as their leader hears of them; each does at once what it is told.
struct WorkerGroup {
    private static let leader = "worker-0"
    private let work: AssignableWork
    private var assignor = CooperativeAssignor(maximumDelay: 0)
    /// What each worker holds; nil for one that left.
    private var held: [WorkSet?]
    private var generation: Int32 = 0

    init(work: AssignableWork, workers: Int32) {
        self.work = work
        held = [WorkSet?](repeating: WorkSet(), count: Int(workers))
    }

    /// Whether every task is with somebody, and nobody has two more than another.
    var isBalanced: Bool {
        let counts = held.map { $0?.taskCount ?? 0 }
        return counts.reduce(0, +) == work.all.taskCount && (counts.max() ?? 0) - (counts.min() ?? 0) <= 1
    }

    /// The next round, of which every worker gets its answer.
    mutating func round(_ kind: Kind) throws -> Cost {
        switch kind {
        case .first, .handed: break
        case .left: held[held.count - 1] = nil
        case .joined: held[held.count - 1] = WorkSet()
        }
        let told = try metadata()
        let start = now()
        let round = try LeaderRound(leaderID: Self.leader, protocolName: "sessioned", members: told)
        let before = now()
        let assignment = assignor.assign(
            round.members, work: work, lastCompletedGeneration: generation == 0 ? -1 : generation,
            generation: generation + 1, now: Int64(generation))
        let after = now()
        _ = try round.answers(assignment, configOffset: work.configOffset)
        let end = now()
        generation += 1
        for (position, share) in zip(present, assignment.shares) {
            held[position] = share.assigned.union((held[position] ?? WorkSet()).subtracting(share.revoked))
        }
        return Cost(assignor: after - before, round: end - start)
    }

    /// Positions of the workers that are there, which is the order of their ids.
    private var present: [Int] { held.indices.filter { held[$0] != nil }.sorted { "\($0)" < "\($1)" } }

    private func metadata() throws -> [GroupMemberMetadata] {
        try present.map { position in
            let url = "http://worker-\(position):8083/"
            let allocation = WorkerAssignment(
                version: 2, leaderID: Self.leader, leaderURL: "http://worker-0:8083/", configOffset: 1,
                assigned: held[position] ?? WorkSet())
            let metadata = WorkerMetadata(version: 2, url: url, configOffset: 1, allocation: allocation)
            return GroupMemberMetadata(id: "worker-\(position)", metadata: try metadata.encode())
        }
    }

    private func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
