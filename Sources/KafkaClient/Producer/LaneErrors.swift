internal import KafkaProtocol

/// Why the lane of a producer does not take a record, in sentences for an operator.
enum LaneErrors {
    static func sealing(_ topic: String, _ error: ProtocolError) -> ClientError {
        ClientError(.producerFailed, .fatal, "a batch for \(topic) cannot be sealed: \(error)")
    }

    static func unknownNumber(_ number: Int32) -> ClientError {
        ClientError(.unknownTopic, .fatal, "a record names topic number \(number), which is not known")
    }

    static func noPartition(_ partition: Int32, of topic: String, count: Int32) -> ClientError {
        ClientError(
            .unknownTopic, .fatal, "topic \(topic) has \(count) partitions, a record is for partition \(partition)")
    }

    /// - Parameter code: 29 where a right is wanting, 17 for a name that cannot be one.
    static func refused(_ topic: String, _ code: Int16) -> ClientError {
        let why = ErrorCode(rawValue: code)
        return ClientError(
            .unknownTopic, code == 29 ? .authorization : .fatal,
            code == 29
                ? "no right to write to topic \(topic): \(why); grant WRITE and DESCRIBE on it"
                : "\(TopicName.shown(topic)) is not a legal topic name: \(why); a name has 1 to "
                    + "\(TopicName.longest) of the characters a-z, A-Z, 0-9, '.', '_' and '-'", brokerCode: code)
    }

    static func missing(_ topic: String) -> ClientError {
        ClientError(
            .unknownTopic, .retriable,
            "topic \(topic) does not appear in the cluster's metadata within max.block.ms; create it, or let the"
                + " broker do so (auto.create.topics.enable)", brokerCode: 3)
    }

    static func tooLarge(_ bytes: Int, framing: Int, _ settings: ProducerSettings) -> ClientError {
        ClientError(
            .recordTooLarge, .fatal,
            "a record of \(bytes) bytes is too large: with \(framing) bytes for its framing it has to be smaller than "
                + (settings.maxRequestSize <= settings.bufferMemory
                    ? "max.request.size (\(settings.maxRequestSize))" : "buffer.memory (\(settings.bufferMemory))"),
            brokerCode: 10)
    }
}
