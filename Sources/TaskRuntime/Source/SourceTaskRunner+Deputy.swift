import ConnectModel

/// What goes on while the plugin is in a call that does not return: records on their way to Kafka, and their offsets.
///
/// Not by interrupting the call: one that asks a slow server, such as a database, would never get its answer where that takes
/// longer than the interval between two commits. Whatever the plugin has to be told waits until the call has returned.
extension SourceTaskRunner {
    /// The deputy holds the runner while its lane is away.
    private struct Held: @unchecked Sendable {
        weak var runner: SourceTaskRunner?
    }

    func beginDeputy() {
        let held = Held(runner: self)
        deputy.begin { held.runner?.standIn() ?? .max }
    }

    /// From when on somebody has to look after the task, if the plugin's call has not returned.
    func deputyTime(_ now: UInt64) -> UInt64 {
        if isHandOverDue { return now &+ Self.handOverPatience }
        // An idle task needs nobody.
        guard ledger.openRecords > 0 || ledger.hasCommittable || commits.isFlushing else { return .max }
        // Nobody tells the deputy of the store's answer.
        let commitTime =
            commits.isFlushing ? min(commits.nextDeadline, now &+ Self.answerPatience) : commits.nextDeadline
        return min(commitTime, watch.nextDeadline)
    }

    /// Does what needs no plugin. On the deputy's lane, while the task's own is in a call of the plugin.
    ///
    /// - Returns: when it has to be done again.
    private func standIn() -> UInt64 {
        guard let sender, case .notYet = finishing, !control.hasEnded else { return .max }
        let now = self.now()
        if isHandOverDue { handOver(sender, now) }
        let hasProgress = takeCompletions(sender)
        watchKafka(sender, hasProgress: hasProgress, now: now)
        if sendFailure != nil {
            // The lane raises it; a poll that waits for more to send is in vain.
            control.interruptPoll()
            return .max
        }
        // Another worker may run the task from some time after a stop on.
        guard control.isWanted else { return .max }
        storeOffsetsIfDue(now)
        return deputyTime(now)
    }
}
