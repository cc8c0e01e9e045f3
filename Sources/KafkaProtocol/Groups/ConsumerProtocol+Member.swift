extension ConsumerProtocol {
    /// What a member of a consumer group tells the others when it joins.
    public struct Subscription: Sendable, Equatable {
        /// The topics it wants partitions of.
        public var topics: [String]
        /// Bytes for its assignor, nil for none.
        public var userData: [UInt8]?
        /// The partitions that it still has (cooperative rebalancing); empty when it gave all up.
        public var ownedPartitions: [Partition] = []
        /// The generation in which it got them, -1 for none.
        public var generation: Int32 = -1
        /// Where it runs (`client.rack`), nil for nowhere in particular.
        public var rack: String?

        /// A subscription of a member that owns nothing.
        public init(topics: [String]) { self.topics = topics }
    }

    /// A member as the leader of its group sees it.
    public struct Member: Sendable, Equatable {
        /// The id that the coordinator gave it.
        public var id: String
        /// Its `group.instance.id`, nil for a dynamic member.
        public var instanceID: String?
        /// What it told the others.
        public var subscription: Subscription

        /// Describes a member.
        public init(id: String, instanceID: String? = nil, subscription: Subscription) {
            self.id = id
            self.instanceID = instanceID
            self.subscription = subscription
        }

        /// The order in which Java deals partitions out: static members by instance id first, then the others by member id.
        static func dealingOrder(_ left: Member, _ right: Member) -> Bool {
            switch (left.instanceID, right.instanceID) {
            case (let a?, let b?): a < b
            case (_?, nil): true
            case (nil, _?): false
            case (nil, nil): left.id < right.id
            }
        }
    }

    /// What the leader of a group gives to one member.
    public struct Assignment: Sendable, Equatable {
        /// The member's id.
        public var memberID: String
        /// Its partitions, in order; may be empty.
        public var partitions: [Partition]

        /// Assigns partitions to a member.
        public init(memberID: String, partitions: [Partition]) {
            self.memberID = memberID
            self.partitions = partitions
        }
    }
}
