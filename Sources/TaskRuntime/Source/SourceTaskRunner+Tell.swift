import ConnectModel
import Logging

/// What others are told: the log of records that were left out, the store of offsets, the plugin of what both have.
extension SourceTaskRunner {
    /// A record of the batch that is lent was left out.
    func report(_ error: ConnectError, stage: String, _ index: Int) {
        reports.source(error, stage: stage, index, of: batch, text)
    }

    func storeOffsetsIfDue(_ now: UInt64) {
        guard commits.isDue(now) else { return }
        do throws(ConnectError) {
            if try commits.tick(now: now, ledger: &ledger, text: text) { owesCommit = true }
        } catch {
            logCommitFailure(error)
        }
    }

    /// A commit that fails is tried again with newer offsets; it never fails the task.
    private func logCommitFailure(_ error: ConnectError) {
        log.error("Offsets could not be committed: \(error.message)", logFields + [.errorCode(error.code.rawValue)])
    }

    /// Tells the plugin what Kafka and the store of offsets have.
    ///
    /// - Returns: whether there was a call that may have taken long.
    func tellPlugin(_ port: any SourceTaskPort, _ now: UInt64) -> Bool {
        // One call a turn: behind one that took long, something else may be wanted.
        if tellAcknowledged(port, now) { return true }
        guard owesCommit else { return false }
        owesCommit = false
        do throws(ConnectError) {
            try deputy.during(until: deputyTime(now)) { () throws(ConnectError) in try port.commit() }
        } catch {
            logDeaf("commit", "Offsets are stored", error, now)
        }
        return true
    }

    /// A plugin failed to take note of what is done: it is done all the same, and the task goes on.
    func logDeaf(_ call: String, _ done: String, _ error: ConnectError, _ now: UInt64) {
        log.log(
            .error, limitedBy: &warnings, kind: call, now: now,
            "\(done), but the plugin failed when it was told so (\(call)): \(error.message)",
            logFields + [.errorCode(error.code.rawValue)])
    }

    @discardableResult
    func tellAcknowledged(_ port: any SourceTaskPort, _ now: UInt64) -> Bool {
        guard owedAcknowledgements.count > 0, isPluginStarted else { return false }
        let records = owedAcknowledgements
        owedAcknowledgements = AcknowledgedRecords()
        do throws(ConnectError) {
            try deputy.during(until: deputyTime(now)) { () throws(ConnectError) in
                try port.acknowledged(count: records.count, dropped: records.dropped)
            }
        } catch {
            logDeaf("acknowledged", "Kafka has the records", error, now)
        }
        return true
    }
}
