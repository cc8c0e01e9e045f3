/// A partition of a Kafka topic.
public struct TopicPartition: Sendable, Hashable {
    public let topic: String
    public let partition: Int32

    /// A partition of a topic.
    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }
}

/// The offset of the next record to read of a partition.
public struct TopicOffset: Sendable, Hashable {
    public let partition: TopicPartition
    /// nil: none; in a change of offsets, the stored one is removed.
    public let offset: Int64?

    /// An offset.
    public init(_ partition: TopicPartition, offset: Int64?) {
        self.partition = partition
        self.offset = offset
    }
}

/// A stored offset of a source partition, as somebody wants it to be.
public struct SourceOffset: Sendable, Equatable {
    public let partition: Datum
    /// `.null`: the stored one is removed.
    public let offset: Datum

    /// An offset.
    public init(partition: Datum, offset: Datum) {
        self.partition = partition
        self.offset = offset
    }
}
