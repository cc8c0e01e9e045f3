/// Numbers of connectors, or of tasks, per member: who has too many, and who gets the next ones.
enum LoadBalance {
    /// How many each member has to give up, so that none has more than it would in a balanced cluster of `total`.
    ///
    /// - Returns: one number for each of `counts`; all 0 where the cluster is balanced or will be with what is missing.
    static func surplus(_ counts: [Int], total: Int) -> [Int] {
        var surplus = [Int](repeating: 0, count: counts.count)
        guard !counts.isEmpty else { return surplus }
        let least = total / counts.count
        // So many members may have one more than the least.
        let extras = total % counts.count
        let atLeast = counts.count { $0 == least }
        let withExtra = counts.count { $0 == least + 1 }
        if withExtra == extras, atLeast + withExtra == counts.count { return surplus }
        var granted = 0
        for (member, count) in counts.enumerated() where count > least {
            let limit = granted < extras ? least + 1 : least
            granted += limit - least
            surplus[member] = count - limit
        }
        return surplus
    }

    /// Who gets each of `items` new ones: always the least loaded, in turn; of those with equal load the first.
    ///
    /// - Returns: a position in `counts` for each item; none where there is nobody.
    static func deal(_ items: Int, over counts: [Int]) -> [Int] {
        let order = counts.indices.sorted { (counts[$0], $0) < (counts[$1], $1) }
        guard let first = order.first else { return [] }
        var counts = counts
        var receivers: [Int] = []
        receivers.reserveCapacity(items)
        while receivers.count < items {
            let least = counts[first]
            for member in order {
                guard counts[member] <= least, receivers.count < items else { break }
                counts[member] += 1
                receivers.append(member)
            }
        }
        return receivers
    }
}
