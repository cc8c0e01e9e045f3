extension ConsumerProtocol {
    /// A partition of a topic.
    public struct Partition: Sendable, Hashable, Comparable, CustomStringConvertible {
        /// The topic's name.
        public var topic: String
        /// The partition's number.
        public var partition: Int32

        /// Names a partition.
        public init(topic: String, partition: Int32) {
            self.topic = topic
            self.partition = partition
        }

        /// By topic, then by number.
        public static func < (left: Partition, right: Partition) -> Bool {
            (left.topic, left.partition) < (right.topic, right.partition)
        }

        /// `topic-partition`, as Kafka's logs have it.
        public var description: String { "\(topic)-\(partition)" }
    }
}

extension Sequence<ConsumerProtocol.Partition> {
    /// Topics in order, each with its partition numbers in order.
    func groupedByTopic() -> [(topic: String, partitions: [Int32])] {
        var groups: [(topic: String, partitions: [Int32])] = []
        for each in sorted() {
            if let last = groups.indices.last, groups[last].topic == each.topic {
                groups[last].partitions.append(each.partition)
            } else {
                groups.append((each.topic, [each.partition]))
            }
        }
        return groups
    }
}
