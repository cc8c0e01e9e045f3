internal import EventLoop
internal import KafkaProtocol

/// An idempotent producer: batches filled in a lane, sent by the loop, each record once and in order per partition.
///
/// Made on the loop of its cluster. `lane` is handed to the one lane (or loop) that appends. Producers of one cluster share
/// its connections and metadata, never ids, sequences or `client.id`. `close` may be called on any thread, through the lane
/// or here.
public final class Producer: Sendable {
    /// The side on which records are appended.
    public let lane: ProducerLane
    private let loop: EventLoop
    private let driver: Confined<ProducerDriver>

    /// Makes a producer on the cluster's loop.
    ///
    /// - Parameters:
    ///   - settings: of the role `.producer`; what they say about cluster and security is the cluster's own.
    ///   - createsTopics: whether a broker that creates topics by itself may do so for this producer's.
    ///   - topicIsMissing: called on the loop with a topic that records wait for and that the cluster does not have any more, again
    ///     with every news of the cluster until it is there.
    ///   - wake: called on the loop when completions, room or metadata have come; it has the lane call `drain` soon.
    public init(
        cluster: KafkaCluster, settings: ClientSettings, createsTopics: Bool = true,
        topicIsMissing: @escaping (String) -> Void = { _ in }, wake: @escaping @Sendable () -> Void
    ) {
        loop = cluster.loop
        let mailbox = ProducerMailbox(snapshot: cluster.metadata, wakeLane: wake)
        let pool = RecordBufferPool(keptBytes: settings.producer.bufferMemory)
        lane = ProducerLane(settings: settings.producer, mailbox: mailbox, pool: pool, seed: EventLoop.now())
        let driver = ProducerDriver(
            cluster: cluster, settings: settings, createsTopics: createsTopics, topicIsMissing: topicIsMissing,
            mailbox: mailbox, pool: pool)
        self.driver = Confined(driver, to: cluster.loop)
        let confined = self.driver
        let loop = cluster.loop
        let job: @Sendable () -> Void = { confined.value.lanePutSomething() }
        mailbox.setLoopCall { loop.execute(job) }
        driver.start()
    }

    /// As ``close()``, at once. On the loop only.
    func closeOnLoop() { driver.value.shutDown() }

    /// Ends the producer: what is not on the wire is dropped, and completions come no more. Any thread.
    public func close() {
        let driver = driver
        loop.execute { driver.value.shutDown() }
    }
}
