/// A partition of a topic, by name and number.
public struct TopicPartition: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The topic's name.
    public let topic: String
    /// The partition's number within the topic.
    public let partition: Int32

    /// Names a partition.
    public init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// By the bytes of the name.
    public static func == (left: TopicPartition, right: TopicPartition) -> Bool {
        left.partition == right.partition && left.topic.hasBytes(of: right.topic)
    }

    /// By the bytes of the name.
    public func hash(into hasher: inout Hasher) {
        ExactName(topic).hash(into: &hasher)
        hasher.combine(partition)
    }

    /// By the bytes of the topic's name, then number.
    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        left.topic.hasBytes(of: right.topic)
            ? left.partition < right.partition : left.topic.utf8.lexicographicallyPrecedes(right.topic.utf8)
    }

    /// Kafka's spelling, such as `orders-3`.
    public var description: String { "\(topic)-\(partition)" }
}
