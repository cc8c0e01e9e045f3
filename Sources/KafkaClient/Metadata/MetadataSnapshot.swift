/// What the client knows of a cluster at one moment: brokers, topics, partition leaders.
///
/// Immutable once made, so any thread may read it: a lane chooses partitions against a snapshot while the loop already
/// works on a newer one. Topics and brokers are sorted arrays, so that walking them is the same in every process.
public final class MetadataSnapshot: Sendable {
    /// A broker of the cluster.
    public struct Broker: Sendable, Hashable {
        /// The node id; identity of a broker, whatever its address.
        public let id: Int32
        /// Where it listens.
        public let address: BrokerAddress
        /// `broker.rack`, when set.
        public let rack: String?

        /// Makes a broker.
        public init(id: Int32, address: BrokerAddress, rack: String? = nil) {
            self.id = id
            self.address = address
            self.rack = rack
        }
    }

    /// A partition of a topic.
    public struct Partition: Sendable, Hashable {
        /// Number of the partition within its topic.
        public let index: Int32
        /// Node id of the leader, -1 while there is none.
        public let leader: Int32
        /// Epoch of that leader, -1 when the broker's version does not say.
        public let leaderEpoch: Int32
        /// Node ids of all replicas.
        public let replicas: [Int32]
        /// Node ids of the replicas in sync.
        public let inSyncReplicas: [Int32]

        /// Makes a partition.
        public init(
            index: Int32, leader: Int32, leaderEpoch: Int32, replicas: [Int32] = [], inSyncReplicas: [Int32] = []
        ) {
            self.index = index
            self.leader = leader
            self.leaderEpoch = leaderEpoch
            self.replicas = replicas
            self.inSyncReplicas = inSyncReplicas
        }
    }

    /// Sixteen raw bytes that name one incarnation of a topic; all zero means unknown.
    public struct TopicID: Sendable, Hashable {
        /// The upper eight bytes, big-endian.
        public let high: UInt64
        /// The lower eight bytes, big-endian.
        public let low: UInt64

        /// Makes an id of its two halves.
        public init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }

        /// The id of brokers that know no ids.
        public static let none = TopicID(high: 0, low: 0)
    }

    /// A topic, or the reason why nothing is known about it.
    public struct Topic: Sendable, Hashable {
        /// The name.
        public let name: String
        /// The id, `.none` before brokers of 2.8.
        public let id: TopicID
        /// Whether the broker calls the topic internal.
        public let isInternal: Bool
        /// The broker's error for this topic: 0, or 3, 5, 17, 29 with no partitions known.
        public let errorCode: Int16
        /// All partitions, at index `partition.index`.
        public let partitions: [Partition]
        /// The last answer said that there is no such topic. What was known of it is kept for a while, since a broker that starts
        /// says so as well.
        public let isMissing: Bool

        /// Makes a topic. `partitions` are stored in ascending order of their index.
        public init(
            name: String, id: TopicID = .none, isInternal: Bool = false, errorCode: Int16 = 0, partitions: [Partition],
            isMissing: Bool = false
        ) {
            self.name = name
            self.id = id
            self.isInternal = isInternal
            self.errorCode = errorCode
            self.partitions = partitions.sorted { $0.index < $1.index }
            self.isMissing = isMissing || errorCode == 3
        }

        /// The same, when an answer said that it is missing or (false) did not.
        func told(isMissing: Bool) -> Topic {
            Topic(
                name: name, id: id, isInternal: isInternal, errorCode: errorCode, partitions: partitions,
                isMissing: isMissing)
        }

        /// The partition with that number, nil when the topic has none such.
        public func partition(_ index: Int32) -> Partition? {
            let place = Int(index)
            if partitions.indices.contains(place), partitions[place].index == index { return partitions[place] }
            return partitions.first { $0.index == index }
        }
    }

    /// Grows by one with each change, from 0 for the empty snapshot.
    public let version: Int
    /// The cluster's id, nil when not known yet.
    public let clusterID: String?
    /// Node id of the controller, -1 when unknown.
    public let controllerID: Int32
    /// The brokers, by ascending id.
    public let brokers: [Broker]
    /// The topics that were asked for, in ascending order of their names' bytes.
    public let topics: [Topic]

    private let topicPlaces: [ExactName: Int]

    /// Makes a snapshot; sorts what it is given.
    public init(
        version: Int = 0, clusterID: String? = nil, controllerID: Int32 = -1, brokers: [Broker] = [],
        topics: [Topic] = []
    ) {
        self.version = version
        self.clusterID = clusterID
        self.controllerID = controllerID
        self.brokers = brokers.sorted { $0.id < $1.id }
        let sorted = topics.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.topics = sorted
        var places: [ExactName: Int] = [:]
        places.reserveCapacity(sorted.count)
        for (place, topic) in sorted.enumerated() { places[ExactName(topic.name)] = place }
        topicPlaces = places
    }

    /// What is known of a topic; nil when no answer has named it yet.
    public func topic(_ name: String) -> Topic? {
        guard let place = topicPlaces[ExactName(name)] else { return nil }
        return topics[place]
    }

    /// The broker with that id; nil when the cluster has none such.
    public func broker(_ id: Int32) -> Broker? {
        brokers.first { $0.id == id }
    }

    /// The leader of a partition; nil while unknown or leaderless.
    public func leader(topic: String, partition: Int32) -> Partition? {
        guard let found = self.topic(topic)?.partition(partition), found.leader >= 0 else { return nil }
        return found
    }
}
