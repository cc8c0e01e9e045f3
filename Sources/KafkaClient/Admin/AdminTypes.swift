/// A topic to be created.
public struct NewTopic: Sendable, Equatable {
    /// 1 to 249 characters of `a-z A-Z 0-9 . _ -`.
    public var name: String
    /// -1 for the broker's default.
    public var partitionCount: Int32
    /// -1 for the broker's default.
    public var replicationFactor: Int16
    /// Topic settings, in the order in which they are sent.
    public var configs: [(key: String, value: String)]

    /// Describes a topic; what is left out is the broker's to decide.
    public init(
        name: String, partitionCount: Int32 = -1, replicationFactor: Int16 = -1,
        configs: [(key: String, value: String)] = []
    ) {
        self.name = name
        self.partitionCount = partitionCount
        self.replicationFactor = replicationFactor
        self.configs = configs
    }

    /// Equal in all that is sent.
    public static func == (left: NewTopic, right: NewTopic) -> Bool {
        left.name == right.name && left.partitionCount == right.partitionCount
            && left.replicationFactor == right.replicationFactor && left.configs.count == right.configs.count
            && zip(left.configs, right.configs).allSatisfy { $0 == $1 }
    }
}

/// How the creation of a topic ended.
public enum TopicCreationOutcome: Sendable, Equatable {
    /// It was made now.
    case created
    /// It was there before, perhaps with other settings.
    case alreadyExists
}

/// A committed offset of a group.
public struct GroupOffset: Sendable, Equatable {
    /// The partition.
    public let partition: TopicPartition
    /// The next offset to read.
    public let offset: Int64
    /// Epoch of the leader at that offset, -1 when unknown.
    public let leaderEpoch: Int32
    /// What the committer wrote beside it.
    public let metadata: String

    /// Makes a committed offset.
    public init(_ partition: TopicPartition, offset: Int64, leaderEpoch: Int32 = -1, metadata: String = "") {
        self.partition = partition
        self.offset = offset
        self.leaderEpoch = leaderEpoch
        self.metadata = metadata
    }
}

/// A point of a partition's log.
public enum LogPoint: Sendable, Equatable {
    /// The first offset that is kept.
    case start
    /// The offset after the last record that readers may see.
    case end
    /// The same for readers of committed data only.
    case committedEnd
    /// The first record with that time or a later one (milliseconds); -1 when there is none.
    case time(Int64)
}

/// A cluster as its brokers describe it.
public struct ClusterDescription: Sendable, Equatable {
    /// The cluster's id, nil before a broker told.
    public let id: String?
    /// Node id of the controller, -1 when unknown.
    public let controller: Int32
    /// Its brokers, by id.
    public let brokers: [MetadataSnapshot.Broker]
}
