import ClusterCore
import ConnectModel
import EventLoop
import Logging

// The config topic and the status topic of a cluster, between their stores and the machine.
extension Herder {
    /// As long as a write to the config topic may take, reading it back included. Nanoseconds.
    private static let writeTime: UInt64 = 30_000_000_000

    /// Writes what only the leader writes to the config topic and calls `then` once it was read back, or with the reason why not.
    func write(
        _ records: [ConfigLogRecord], _ then: @escaping @Sendable (isolated Herder, ConnectError?) -> Void
    ) {
        guard let cluster else { return }
        let stage = beginStage("writing to the config topic")
        let once = Once()
        let timer = after(EventLoop.now() &+ Self.writeTime) { herder in
            guard once.take() else { return }
            herder.endStage(stage)
            then(
                herder,
                ConnectError(
                    .requestTimedOut, "The config topic did not confirm a write within 30 s; it may still come to be"))
        }
        let finish: @Sendable (ConnectError?) -> Void = { error in
            self.onLoop { herder in
                guard once.take() else { return }
                herder.cancel(timer)
                herder.endStage(stage)
                then(herder, error)
            }
        }
        let topic = cluster.parts.configLog
        append(ConfigLogRecord.parts(of: records)[...], to: topic, unless: once) { error in
            if let error { finish(error) } else { topic.readToEnd(afterOwnWrites: false, finish) }
        }
    }

    /// Appends each part once the one before is acknowledged. Of a write that was given up meanwhile nothing more is written:
    /// it would come behind what was decided since.
    private func append(
        _ parts: ArraySlice<[ConfigLogRecord]>, to topic: any ClusterLog, unless once: Once,
        _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        guard let first = parts.first else { return done(nil) }
        topic.append(first.map(\.entry), inSession: true) { error in
            if let error { return done(error) }
            self.onLoop { herder in
                guard !once.isTaken else { return }
                herder.append(parts.dropFirst(), to: topic, unless: once, done)
            }
        }
    }

    /// Writes what any worker may write, and answers once that is acknowledged.
    func announce(_ records: [ConfigLogRecord], _ ticket: HerderMachine.Ticket) {
        cluster?.parts.configLog.append(records.map(\.entry)) { error in
            self.onLoop { $0.answered(ticket, error.map { .refused($0) } ?? .done) }
        }
    }

    /// Records of the config topic were read.
    func readConfig(_ records: [LogRecord]) {
        for record in records {
            guard let parsed = ConfigLogRecord(record) else {
                logger.error(
                    "Passed over a record of the config topic that has no key or no JSON",
                    [LogField("offset", "\(record.offset)")])
                continue
            }
            feed { $0.read(parsed, offset: record.offset, at: $1) }
        }
        // Keys for requests between workers are among what is shown.
        touch()
    }

    // MARK: - Statuses

    func write(_ write: StatusWrite) {
        cluster?.parts.statusLog.append([write.record.entry]) { error in
            self.onLoop { herder in herder.feed { $0.statusWritten(write, error: error, at: $1) } }
        }
    }

    /// Records of the status topic were read.
    func readStatuses(_ records: [LogRecord]) {
        for record in records {
            guard let key = record.key, let status = StatusRecord(key: key, value: record.value) else {
                logger.warning(
                    "Passed over a record of the status topic that cannot be read",
                    [LogField("partition", "\(record.partition)"), LogField("offset", "\(record.offset)")])
                continue
            }
            feed { $0.read(status, at: $1) }
        }
    }
}
