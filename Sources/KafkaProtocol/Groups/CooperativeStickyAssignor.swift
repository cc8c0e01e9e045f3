/// Java's `cooperative-sticky`: balanced, with as few moves as possible, and a partition that moves between two live members
/// is left out for one round, so that its old owner can let go of it first.
public enum CooperativeStickyAssignor: Assignor {
    /// `cooperative-sticky`.
    public static var name: String { "cooperative-sticky" }
    /// Members keep their partitions while the group rebalances.
    public static var isCooperative: Bool { true }

    /// The generation, for members of old clients that read it from here.
    public static func userData(generation: Int32) -> [UInt8]? {
        var w = ByteWriter()
        w.int32(generation)
        return w.takeBytes()
    }

    /// See `Assignor.assign`.
    public static func assign(
        _ members: [ConsumerProtocol.Member], partitionCounts: [String: Int32]
    ) -> [ConsumerProtocol.Assignment] {
        guard !members.isEmpty else { return [] }
        let topics = subscribedTopics(members, partitionCounts)
        let claims = Claims(members, partitionCounts)
        let subscriptions = members.map { Set($0.subscription.topics) }
        let allEqual = subscriptions.dropFirst().allSatisfy { $0 == subscriptions[0] }
        let wanted =
            allEqual
            ? EqualBalance.assign(members, topics, claims)
            : GeneralBalance(members, subscriptions, topics, claims).assign()
        return zip(members.indices, wanted).map { index, partitions in
            let kept = partitions.filter { !claims.isLeavingAnother($0, for: index) }
            return ConsumerProtocol.Assignment(memberID: members[index].id, partitions: kept.sorted())
        }
    }

    /// Who says to own what.
    struct Claims {
        /// The member whose claim counts. Where two claim the same, the higher generation wins, and neither of equal ones.
        private var owners: [ConsumerProtocol.Partition: (member: Int, generation: Int32)] = [:]
        /// Everyone who claims a partition, whether or not it counts.
        private var claimants: [ConsumerProtocol.Partition: [Int]] = [:]

        init(_ members: [ConsumerProtocol.Member], _ partitionCounts: [String: Int32]) {
            var disputed: Set<ConsumerProtocol.Partition> = []
            for (index, member) in members.enumerated() {
                let generation = Self.generation(member.subscription)
                let subscribed = Set(member.subscription.topics)
                for partition in Set(member.subscription.ownedPartitions).sorted() {
                    claimants[partition, default: []].append(index)
                    guard subscribed.contains(partition.topic), partition.partition >= 0,
                        partition.partition < partitionCounts[partition.topic] ?? 0
                    else { continue }
                    if let other = owners[partition], generation <= other.generation {
                        if generation == other.generation { disputed.insert(partition) }
                        continue
                    }
                    owners[partition] = (index, generation)
                    disputed.remove(partition)
                }
            }
            for partition in disputed.sorted() { owners[partition] = nil }
        }

        /// The field of newer members, else what older ones put into their user data.
        private static func generation(_ subscription: ConsumerProtocol.Subscription) -> Int32 {
            guard subscription.generation < 0, let data = subscription.userData, data.count >= 4 else {
                return subscription.generation
            }
            return data[0..<4].reduce(0) { $0 << 8 | Int32($1) }
        }

        /// The member that has `partition`, nil where nobody does.
        func owner(of partition: ConsumerProtocol.Partition) -> Int? { owners[partition]?.member }

        /// The partitions of `member`, by number and then by topic, so that what is given up is spread over the topics.
        func owned(by member: Int, among members: [ConsumerProtocol.Member]) -> [ConsumerProtocol.Partition] {
            Set(members[member].subscription.ownedPartitions).filter { owner(of: $0) == member }
                .sorted { ($0.partition, $0.topic) < ($1.partition, $1.topic) }
        }

        /// Whether `partition`, which goes to `member`, must first be given up by another that says to have it.
        func isLeavingAnother(_ partition: ConsumerProtocol.Partition, for member: Int) -> Bool {
            guard let claimants = claimants[partition] else { return false }
            return !claimants.contains(member)
        }
    }
}
