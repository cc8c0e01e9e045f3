extension CooperativeStickyAssignor {
    /// The balance where all members subscribe to the same topics: every member gets the same number of partitions, or one
    /// more.
    enum EqualBalance {
        /// The partitions of each member, by index.
        static func assign(
            _ members: [ConsumerProtocol.Member], _ topics: [(topic: String, count: Int32)], _ claims: Claims
        ) -> [[ConsumerProtocol.Partition]] {
            let all = topics.flatMap { topic, count in
                (0..<count).map { ConsumerProtocol.Partition(topic: topic, partition: $0) }
            }
            let least = all.count / members.count
            // How many members get one more.
            var larger = all.count % members.count
            var assigned = [[ConsumerProtocol.Partition]](repeating: [], count: members.count)
            var kept: Set<ConsumerProtocol.Partition> = []
            var below: [Int] = []
            var exactly: [Int] = []
            for member in members.indices {
                let owned = claims.owned(by: member, among: members)
                if owned.count > least, larger > 0 {
                    larger -= 1
                    assigned[member] = Array(owned.prefix(least + 1))
                } else {
                    assigned[member] = Array(owned.prefix(least))
                    if assigned[member].count < least { below.append(member) } else { exactly.append(member) }
                }
                kept.formUnion(assigned[member])
            }
            let byID = { (left: Int, right: Int) in members[left].id < members[right].id }
            below.sort(by: byID)
            var turn = 0
            var left = all.filter { !kept.contains($0) }[...]
            while !below.isEmpty, let partition = left.popFirst() {
                turn = turn < below.count ? turn : 0
                let member = below[turn]
                assigned[member].append(partition)
                if assigned[member].count == least {
                    exactly.append(below.remove(at: turn))
                } else {
                    turn += 1
                }
            }
            exactly.sort(by: byID)
            for (member, partition) in zip(exactly, left) { assigned[member].append(partition) }
            return assigned
        }
    }
}
