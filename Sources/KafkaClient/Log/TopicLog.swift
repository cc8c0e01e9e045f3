internal import EventLoop

/// A compacted topic that is read whole and written to: how a cluster of workers shares its state (Java: `KafkaBasedLog`).
///
/// Reads all partitions from the beginning, without a group, and goes on reading. What cannot be reached is tried again
/// without end; a topic that is made anew, or gains partitions, is read from its beginning. Damaged batches are read again
/// a few times and then passed over with an error in the log.
///
/// Made on the loop of its cluster; its methods may be called on any thread. Closures run on the loop and must not block:
/// the observer gets the records of one partition in order, and before a `done` all that it speaks of. Ends by
/// ``close(_:)``, without which it lives on.
package final class TopicLog: Sendable {
    /// A record as it was read.
    package struct Record: Sendable, Equatable {
        package let partition: Int32
        package let offset: Int64
        /// nil for a record without key.
        package let key: [UInt8]?
        /// nil for a tombstone.
        package let value: [UInt8]?
    }

    /// A record to write.
    package struct Entry: Sendable, Equatable {
        package let key: [UInt8]
        /// nil for a tombstone.
        package let value: [UInt8]?

        /// A record.
        package init(key: [UInt8], value: [UInt8]?) {
            self.key = key
            self.value = value
        }

        var byteCount: Int { key.count + (value?.count ?? 0) }
    }

    /// What a log's clients are set to.
    package struct Clients: Sendable {
        /// Of role `.consumer`; its group, offset reset and automatic commits do not count.
        package var consumer: ClientSettings
        /// Of role `.producer`. With more than one request in flight and no idempotence, retries may change the order.
        package var producer: ClientSettings
        /// Whether a broker that creates topics by itself may do so for this one.
        package var createsTopic: Bool
        /// Whether only the first partition is read and written, whatever the topic has beside it: for a log of which the
        /// order of all records counts.
        package var usesFirstPartitionOnly: Bool
        /// Whether a record that is given while the worker's session with its group may have run out fails at once, instead of
        /// waiting for the session: for a log in which what a task left behind must not follow what its successor wrote.
        package var failsWithoutSession = false
        /// Called on the loop when what was read is not in the log any more, because the topic was made anew or cut; what is in
        /// it now follows. nil: the log's own warning has to do.
        package var whenMadeAnew: (@Sendable () -> Void)?

        /// The settings of both.
        package init(
            consumer: ClientSettings, producer: ClientSettings, createsTopic: Bool, usesFirstPartitionOnly: Bool = false
        ) {
            self.consumer = consumer
            self.producer = producer
            self.createsTopic = createsTopic
            self.usesFirstPartitionOnly = usesFirstPartitionOnly
        }
    }

    private let loop: EventLoop
    private let driver: Confined<TopicLogDriver>

    /// Makes a log that does nothing before ``start(_:done:)``. On the cluster's loop.
    ///
    /// - Throws: `ClientError.Code.invalidSettings` naming every problem.
    package init(cluster: KafkaCluster, topic: String, clients: Clients) throws(ClientError) {
        loop = cluster.loop
        driver = Confined(
            try TopicLogDriver(cluster: cluster, topic: topic, clients: clients), to: cluster.loop)
    }

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - observer: gets what was read, batch by batch.
    ///   - done: called once: with the topic's number of partitions when the end of the log has been reached, or with the
    ///     reason why it never will (a missing right, an illegal name).
    package func start(
        _ observer: @escaping @Sendable ([Record]) -> Void,
        done: @escaping @Sendable (Result<Int, ClientError>) -> Void
    ) {
        onLoop { $0.start(observer, done: done) }
    }

    /// Writes records, those of one partition in order; Kafka's partitioner chooses by the key. They wait without a limit of
    /// time (but `delivery.timeout.ms`), and within that of `buffer.memory`: `ClientError.Code.bufferFull`.
    ///
    /// - Parameters:
    ///   - inSession: whether they are to be written in the session with the worker's group in which that was decided, or not
    ///     at all: they fail at once where it is over. What waits for a session fails with its end in any case.
    ///   - done: called once, when all are acknowledged or with the first error; then some may be written.
    package func append(
        _ entries: [Entry], inSession: Bool = false, done: @escaping @Sendable (ClientError?) -> Void
    ) {
        onLoop { $0.append(entries, inSession: inSession, done) }
    }

    /// Calls `done` when all that is in the log at this moment has been read, what was given to
    /// ``append(_:inSession:done:)`` before included.
    package func readToEnd(afterOwnWrites: Bool = true, _ done: @escaping @Sendable (ClientError?) -> Void) {
        onLoop { $0.readToEnd(afterOwnWrites: afterOwnWrites, done) }
    }

    /// Ends; what is unfinished fails with `.closed`.
    package func close(_ done: @escaping @Sendable () -> Void) {
        onLoop { $0.close(done) }
    }

    private func onLoop(_ job: @escaping @Sendable (TopicLogDriver) -> Void) {
        loop.execute { [driver] in job(driver.value) }
    }
}
