package import KafkaProtocol

/// A partition's place in a Fetch request.
package struct FetchEntry: Sendable, Equatable {
    package var partition: TopicPartition
    package var topicID: MetadataSnapshot.TopicID
    package var offset: Int64
    package var leaderEpoch: Int32
    package var maximumBytes: Int32
}

/// A partition that leaves a fetch session.
package struct ForgottenEntry: Sendable, Equatable {
    package var partition: TopicPartition
    package var topicID: MetadataSnapshot.TopicID
}

/// Fetch, as the machine asks for it. The wait is milliseconds.
package struct FetchPlan: Sendable, Equatable {
    package var maximumWait: Int32
    package var minimumBytes: Int32
    package var maximumBytes: Int32
    package var isolation: Int8
    package var sessionID: Int32
    package var sessionEpoch: Int32
    package var entries: [FetchEntry]
    package var forgotten: [ForgottenEntry]
    package var rack: String
    /// The session names topics, and so must each of its requests: some topic in it has, or had, no id.
    package var usesNames: Bool
}

/// An aborted transaction within fetched data: records of that producer from the offset on are not to be shown.
public struct AbortedTransaction: Sendable, Hashable {
    /// The producer's id.
    public let producerID: Int64
    /// The first offset of the transaction.
    public let firstOffset: Int64

    /// Names a transaction.
    public init(producerID: Int64, firstOffset: Int64) {
        self.producerID = producerID
        self.firstOffset = firstOffset
    }
}

/// What a Fetch answer says of one partition.
package struct FetchedPartition: Sendable, Equatable {
    /// How the answer names the topic: by name up to version 12, by id from 13 on.
    package enum Topic: Sendable, Equatable {
        case name(String)
        case id(MetadataSnapshot.TopicID)
    }

    package var topic: Topic
    package var partition: Int32
    package var error: ErrorCode
    package var highWatermark: Int64
    package var lastStableOffset: Int64
    package var logStart: Int64
    package var preferredReplica: Int32
    package var aborted: [AbortedTransaction]
    package var span: FetchedSpan

    /// Whether it says nothing but that there is no more data yet.
    var isEmpty: Bool { error == .none && preferredReplica < 0 && span.byteCount == 0 && !span.isCutShort }

    package init(
        topic: Topic, partition: Int32, error: ErrorCode, highWatermark: Int64 = -1, lastStableOffset: Int64 = -1,
        logStart: Int64 = -1, preferredReplica: Int32 = -1, aborted: [AbortedTransaction] = [],
        span: FetchedSpan = .empty
    ) {
        self.topic = topic
        self.partition = partition
        self.error = error
        self.highWatermark = highWatermark
        self.lastStableOffset = lastStableOffset
        self.logStart = logStart
        self.preferredReplica = preferredReplica
        self.aborted = aborted
        self.span = span
    }
}

/// What came back for a ``FetchPlan``.
package struct FetchAnswer: Sendable, Equatable {
    package var error: ErrorCode
    package var sessionID: Int32
    package var throttle: Int32
    package var partitions: [FetchedPartition]

    package init(error: ErrorCode, sessionID: Int32, throttle: Int32 = 0, partitions: [FetchedPartition]) {
        self.error = error
        self.sessionID = sessionID
        self.throttle = throttle
        self.partitions = partitions
    }
}

/// One question of a ListOffsets request.
package struct OffsetQuestion: Sendable, Equatable {
    package var partition: TopicPartition
    package var leaderEpoch: Int32
    /// -1 latest, -2 earliest, else milliseconds since the epoch.
    package var timestamp: Int64
}

/// What ListOffsets says of one partition.
package struct ListedOffset: Sendable, Equatable {
    package var partition: TopicPartition
    package var error: ErrorCode
    package var offset: Int64
    package var leaderEpoch: Int32

    package init(partition: TopicPartition, error: ErrorCode, offset: Int64 = -1, leaderEpoch: Int32 = -1) {
        self.partition = partition
        self.error = error
        self.offset = offset
        self.leaderEpoch = leaderEpoch
    }
}

/// One question of an OffsetForLeaderEpoch request.
package struct EpochQuestion: Sendable, Equatable {
    package var partition: TopicPartition
    package var currentLeaderEpoch: Int32
    package var leaderEpoch: Int32
}

/// What OffsetForLeaderEpoch says of one partition.
package struct EpochEnd: Sendable, Equatable {
    package var partition: TopicPartition
    package var error: ErrorCode
    package var leaderEpoch: Int32
    package var endOffset: Int64

    package init(partition: TopicPartition, error: ErrorCode, leaderEpoch: Int32 = -1, endOffset: Int64 = -1) {
        self.partition = partition
        self.error = error
        self.leaderEpoch = leaderEpoch
        self.endOffset = endOffset
    }
}
