/// Java's `range`: each topic's partitions are cut into as many stretches as there are subscribers, the first of which are one
/// longer where it does not come out even. Racks are not looked at.
public enum RangeAssignor: Assignor {
    /// `range`.
    public static var name: String { "range" }
    /// Eager: members give all up before each rebalance.
    public static var isCooperative: Bool { false }

    /// See `Assignor.assign`.
    public static func assign(
        _ members: [ConsumerProtocol.Member], partitionCounts: [String: Int32]
    ) -> [ConsumerProtocol.Assignment] {
        var assigned = [[ConsumerProtocol.Partition]](repeating: [], count: members.count)
        let order = members.indices.sorted { ConsumerProtocol.Member.dealingOrder(members[$0], members[$1]) }
        let subscribed = members.map { Set($0.subscription.topics) }
        for (topic, count) in subscribedTopics(members, partitionCounts) {
            let subscribers = order.filter { subscribed[$0].contains(topic) }
            let each = count / Int32(subscribers.count)
            var extra = count % Int32(subscribers.count)
            var next: Int32 = 0
            for member in subscribers {
                let end = next + each + (extra > 0 ? 1 : 0)
                assigned[member] += (next..<end).map { ConsumerProtocol.Partition(topic: topic, partition: $0) }
                next = end
                extra -= 1
            }
        }
        return zip(members, assigned).map { ConsumerProtocol.Assignment(memberID: $0.id, partitions: $1) }
    }
}
