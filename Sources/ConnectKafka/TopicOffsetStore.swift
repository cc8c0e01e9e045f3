package import ConnectModel
import KafkaClient
import Logging
import Synchronization

/// Source offsets in a topic, for distributed mode: `offset.storage.topic`.
///
/// Thread-safe. What the topic says is kept in memory; each read first goes to the topic's end, so that it sees what other
/// workers wrote. A partition that the topic knows under another spelling is written under that one, since Kafka and
/// Apache's worker tell keys apart by their bytes. Source: `KafkaOffsetBackingStore`, `OffsetStorageReaderImpl`.
package final class TopicOffsetStore: OffsetStore {
    private let log: any ClusterLog
    private let topic: String
    private let limit: UInt64
    private let table = Mutex(OffsetTopicTable())
    private static let logger = Logger("connect.offsets.topic")

    /// - Parameters:
    ///   - log: the topic; started and closed by the store.
    ///   - topic: its name, for messages.
    ///   - limit: nanoseconds that a read may take.
    init(log: any ClusterLog, topic: String, limit: UInt64 = 30_000_000_000) {
        self.log = log
        self.topic = topic
        self.limit = limit
    }

    /// Makes sure of the topic and reads it to its end. `done` is called once, on another thread; the wait for a broker has
    /// no limit.
    package func start(_ done: @escaping @Sendable (ConnectError?) -> Void) {
        log.start({ [self] in take($0) }, done: done)
    }

    /// What the start waits for, as a clause for an operator; nil while it waits for nothing.
    package var waitingFor: String? { (log as? InternalTopic)?.waitingFor }

    /// Ends reading and writing.
    package func close(_ done: @escaping @Sendable () -> Void) { log.close(done) }

    package func read(
        connector: String, partitions: [[UInt8]], isWanted: (() -> Bool)?
    ) throws(ConnectError) -> [[UInt8]?] {
        var keys: [OffsetTopicKey] = []
        keys.reserveCapacity(partitions.count)
        for partition in partitions { keys.append(try Self.key(connector, partition)) }
        try readToEnd(connector, isWanted)
        return table.withLock { table in keys.map { table.offset(of: $0) } }
    }

    package func readAll(connector: String) throws(ConnectError) -> [OffsetChange] {
        try readToEnd(connector, nil)
        return table.withLock { $0.offsets(of: connector) }
    }

    package func write(
        connector: String, _ changes: [OffsetChange], _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        let entries: [LogEntry]
        do throws(ConnectError) {
            entries = try self.entries(connector, changes)
        } catch {
            // By way of the log's thread, as every other answer.
            return log.append([]) { _ in done(error) }
        }
        log.append(entries) { [self] error in
            if error != nil {
                table.withLock { table in for entry in entries { table.writeFailed(entry.key) } }
            }
            done(error)
        }
    }

    /// Checks all changes before the first of them leaves a trace.
    private func entries(_ connector: String, _ changes: [OffsetChange]) throws(ConnectError) -> [LogEntry] {
        var checked: [(key: OffsetTopicKey, offset: [UInt8]?)] = []
        for change in changes {
            let key = try Self.key(connector, change.partition)
            do throws(OffsetTopicKey.Refusal) {
                var offset: [UInt8]?
                if let bytes = change.offset { offset = try OffsetTopicKey.offset(bytes) }
                checked.append((key, offset))
            } catch {
                throw Self.nonsense(connector, error)
            }
        }
        return table.withLock { table in
            checked.flatMap { change in
                table.keysToWrite(change.key, removes: change.offset == nil).map {
                    LogEntry(key: $0, value: change.offset)
                }
            }
        }
    }

    private func readToEnd(_ connector: String, _ isWanted: (() -> Bool)?) throws(ConnectError) {
        let answer: ConnectError?? = LoopCall.wait(
            atMost: limit,
            isWanted: isWanted.map { isWanted in
                { [self] isLate in
                    if isLate { Self.logger.warning("\(tooLate(connector)); the wait goes on") }
                    return isWanted()
                }
            }
        ) { done in log.readToEnd(afterOwnWrites: true, done) }
        guard let answer else {
            guard isWanted == nil else {
                throw ConnectError(
                    .workerStopping, "Connector \(connector) or its task was stopped while offsets were read")
            }
            throw ConnectError(.kafkaUnavailable, tooLate(connector))
        }
        if let error = answer { throw error }
    }

    private func tooLate(_ connector: String) -> String {
        "The offsets of connector \(connector) cannot be read: topic \(topic) (offset.storage.topic) was not read to its end within "
            + "\(limit / 1_000_000_000) s" + (waitingFor.map { "; waiting for \($0)" } ?? "")
    }

    private func take(_ records: [LogRecord]) {
        for record in records {
            do throws(OffsetTopicKey.Refusal) {
                try table.withLock { table throws(OffsetTopicKey.Refusal) in
                    try table.take(key: record.key, value: record.value)
                }
            } catch {
                Self.logger.warning(
                    "A record of the offset topic is passed over: \(error.reason)",
                    [
                        LogField("topic", topic), LogField("partition", "\(record.partition)"),
                        LogField("offset", "\(record.offset)"),
                    ])
            }
        }
    }

    private static func key(_ connector: String, _ partition: [UInt8]) throws(ConnectError) -> OffsetTopicKey {
        do throws(OffsetTopicKey.Refusal) {
            return try OffsetTopicKey(connector: connector, partition: partition)
        } catch {
            throw nonsense(connector, error)
        }
    }

    private static func nonsense(_ connector: String, _ refusal: OffsetTopicKey.Refusal) -> ConnectError {
        ConnectError(.pluginNonsense, "Connector \(connector) gave offsets that cannot be stored: \(refusal.reason)")
    }
}
