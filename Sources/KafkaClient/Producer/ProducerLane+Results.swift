extension ProducerLane {
    /// How an append ended.
    public enum AppendResult: UInt8, Sendable {
        /// The record was copied.
        case appended
        /// `buffer.memory` is used up: keep the record until the next wake-up.
        case full
        /// The topic, or that partition of it, is not known yet: keep the record until the next wake-up.
        case needsMetadata
        /// This record can never be sent: see `lastError`. Others can.
        case refused
        /// The producer is broken: see `lastError`.
        case failed
    }

    /// Records of one segment that have come out together.
    public struct Completion: Sendable {
        /// The number given to `append`.
        public let segment: Int32
        /// How many records.
        public let count: Int32
        /// The topic's number.
        public let topic: Int32
        /// The partition that the records went to.
        public let partition: Int32
        /// Offset of the first record of the batch that they were in; -1 when the broker did not say.
        public let baseOffset: Int64
        /// nil when Kafka has them.
        public let error: ClientError?
    }

    /// How many partitions a topic is known to have; 0 while it is not known itself.
    public func partitionCount(of topic: Int32) -> Int32 {
        topics.indices.contains(Int(topic)) ? topics[Int(topic)].hot.partitionCount : 0
    }
}
