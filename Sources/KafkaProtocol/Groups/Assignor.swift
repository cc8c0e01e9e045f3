/// Decides which member of a consumer group gets which partitions. Pure: the same input gives the same output everywhere.
public protocol Assignor: Sendable {
    /// The name that members must have in common, such as `range`.
    static var name: String { get }
    /// Whether members may keep partitions while the group rebalances (cooperative), or must give all up first (eager).
    static var isCooperative: Bool { get }
    /// The bytes for `ConsumerProtocol.Subscription.userData` of a member that is in `generation`, -1 for none.
    static func userData(generation: Int32) -> [UInt8]?
    /// One entry for every member, in the given order.
    ///
    /// - Parameter partitionCounts: how many partitions each topic has; topics that are missing do not exist. It is only
    ///   looked up, never iterated.
    static func assign(_ members: [ConsumerProtocol.Member], partitionCounts: [String: Int32]) -> [ConsumerProtocol
        .Assignment]
}

extension Assignor {
    /// Nothing, which is right for assignors without memory.
    public static func userData(generation: Int32) -> [UInt8]? { nil }

    /// The topics that any member subscribed to and that exist, in order, with their number of partitions.
    static func subscribedTopics(
        _ members: [ConsumerProtocol.Member], _ partitionCounts: [String: Int32]
    ) -> [(topic: String, count: Int32)] {
        var topics = members.flatMap(\.subscription.topics).sorted()
        var previous: String?
        topics.removeAll { topic in
            defer { previous = topic }
            return topic == previous
        }
        return topics.compactMap { topic in
            guard let count = partitionCounts[topic], count > 0 else { return nil }
            return (topic, count)
        }
    }
}
