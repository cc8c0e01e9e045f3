extension CooperativeStickyAssignor {
    /// The balance where members subscribe to different topics: what is owned stays, what is free goes to the member with the
    /// fewest partitions, then partitions move while a move makes two members more equal.
    struct GeneralBalance {
        private let topics: [(topic: String, count: Int32)]
        private let claims: Claims
        /// Members that subscribe to each of `topics`, by index.
        private let eligible: [[Int]]
        private let members: [ConsumerProtocol.Member]

        init(
            _ members: [ConsumerProtocol.Member], _ subscriptions: [Set<String>],
            _ topics: [(topic: String, count: Int32)],
            _ claims: Claims
        ) {
            self.members = members
            self.topics = topics
            self.claims = claims
            // By id, so that ties do not depend on the order in which members are listed.
            let order = members.indices.sorted { members[$0].id < members[$1].id }
            eligible = topics.map { topic in order.filter { subscriptions[$0].contains(topic.topic) } }
        }

        private struct Placed {
            let partition: ConsumerProtocol.Partition
            let topic: Int
            var member: Int
            let wasOwned: Bool
        }

        /// The partitions of each member, by index.
        func assign() -> [[ConsumerProtocol.Partition]] {
            var counts = [Int](repeating: 0, count: members.count)
            var placed = place(&counts)
            balance(&placed, &counts)
            var assigned = [[ConsumerProtocol.Partition]](repeating: [], count: members.count)
            for each in placed { assigned[each.member].append(each.partition) }
            return assigned
        }

        private func fewest(_ topic: Int, _ counts: [Int]) -> Int? {
            eligible[topic].min { counts[$0] < counts[$1] }
        }

        private func place(_ counts: inout [Int]) -> [Placed] {
            var placed: [Placed] = []
            var free: [(partition: ConsumerProtocol.Partition, topic: Int)] = []
            for (index, topic) in topics.enumerated() {
                for number in 0..<topic.count {
                    let partition = ConsumerProtocol.Partition(topic: topic.topic, partition: number)
                    if let owner = claims.owner(of: partition) {
                        placed.append(Placed(partition: partition, topic: index, member: owner, wasOwned: true))
                        counts[owner] += 1
                    } else {
                        free.append((partition, index))
                    }
                }
            }
            // Topics that few can take go first: those that many can take fill the gaps.
            free.sort { left, right in
                (eligible[left.topic].count, left.partition) < (eligible[right.topic].count, right.partition)
            }
            for each in free {
                guard let member = fewest(each.topic, counts) else { continue }
                placed.append(Placed(partition: each.partition, topic: each.topic, member: member, wasOwned: false))
                counts[member] += 1
            }
            return placed
        }

        /// Every move makes the sum of squares of the counts smaller, so this ends; the bound on the rounds keeps a large group
        /// from spending long on the last bit of balance.
        private func balance(_ placed: inout [Placed], _ counts: inout [Int]) {
            // What nobody owned yet moves first: it costs nothing.
            let order = placed.indices.filter { !placed[$0].wasOwned } + placed.indices.filter { placed[$0].wasOwned }
            for _ in 0..<(members.count + 1) {
                var moved = false
                for index in order {
                    let from = placed[index].member
                    guard let to = fewest(placed[index].topic, counts), counts[from] > counts[to] + 1 else { continue }
                    placed[index].member = to
                    counts[from] -= 1
                    counts[to] += 1
                    moved = true
                }
                if !moved { return }
            }
        }
    }
}
