import KafkaClient

/// What a receiver needs of a consumer. Task's lane, save `close`, which any thread may call and more than once.
protocol ChunkSource: AnyObject, Sendable {
    func poll(maxBytes: Int) -> ConsumerEvent?
    func pollEvent(settlesLosses: Bool) -> ConsumerEvent?
    func consumed(upTo offset: Int64, _ partition: TopicPartition)
    func commit(
        _ offsets: [(partition: TopicPartition, offset: Int64)],
        completion: @escaping @Sendable (Result<Void, ClientError>) -> Void)
    func finishRevocation()
    func pause(_ partitions: [TopicPartition])
    func resume(_ partitions: [TopicPartition])
    func seek(_ partition: TopicPartition, to offset: Int64)
    func close(completion: @escaping @Sendable () -> Void)
}

extension Consumer: ChunkSource {}
