import ConnectModel
import Logging

extension SourceTaskRunner {
    /// Tells an operator what the task waits for, once it has done so for long.
    ///
    /// - Parameter hasProgress: records came out of Kafka since the last call.
    func watchKafka(_ sender: any RecordSender, hasProgress: Bool, now: UInt64) {
        let news = watch.update(
            now: now, isWaiting: ledger.openRecords > 0, hasProgress: hasProgress, missing: sender.missing)
        for item in news {
            switch item {
            case .silent(let time):
                log.warning(
                    "\(ledger.openRecords) records wait: Kafka has acknowledged nothing for \(seconds(time)) s",
                    logFields)
            case .goesOn(let time):
                log.info("Kafka acknowledges records again, after \(seconds(time)) s", logFields)
            case .missing(.topic(let topic), let time):
                log.warning(
                    "Records wait for the topic \(topic), which Kafka has not known for \(seconds(time)) s: create it, or let "
                        + "the broker do so (auto.create.topics.enable)", logFields)
            case .missing(.partition(let partition, of: let topic, count: let count), let time):
                log.warning(
                    "Records wait for partition \(partition) of the topic \(topic), which has \(count) partitions, for "
                        + "\(seconds(time)) s: add partitions, or have the connector write to those that there are",
                    logFields)
            }
        }
    }

    private func seconds(_ nanoseconds: UInt64) -> UInt64 { nanoseconds / 1_000_000_000 }
}
