import Synchronization

/// Polls of a task until records come.
enum SourceRun {
    /// - Parameters:
    ///   - records: the count of all records of the task that is waited for.
    /// - Returns: whether they came in time.
    ///   - keepsBatches: leaves the batches out. A task may wait for one before it gives another.
    static func poll(
        _ task: SourceTaskInstance, seconds: Double, records: UInt64, keepsBatches: Bool = true
    ) -> Bool {
        let deadline = Monotonic.seconds() + seconds
        // A call that blocks is worth an interrupt, as when a worker stops a task.
        while task.polledRecords < records {
            let wakes = task.context.state.withLock { $0.wakes }
            let (answer, batch) = task.poll()
            if answer.isFatal {
                task.session.problem("source task: poll failed: \(answer.text)")
                return false
            }
            if !keepsBatches { task.releaseAll() }
            let now = Monotonic.seconds()
            guard now < deadline else { break }
            guard batch == nil else { continue }
            wait(task, wakes, min(deadline - now, answer.hint > 0 ? answer.hint : 0.01))
        }
        return task.polledRecords >= records
    }

    /// Until the time is over, or the task says that it has something.
    private static func wait(_ task: SourceTaskInstance, _ wakes: Int, _ seconds: Double) {
        let end = Monotonic.seconds() + seconds
        while Monotonic.seconds() < end, task.context.state.withLock({ $0.wakes }) == wakes {
            Monotonic.sleep(min(0.002, end - Monotonic.seconds()))
        }
    }

    static func nothingCame(_ bench: Bench, _ task: SourceTaskInstance) -> CheckEnd {
        let last = task.lastPoll.map { "; the last poll answered \($0.described)" } ?? ""
        return bench.nothing(
            "no record came within \(bench.options.seconds.short) s\(last): a configuration that brings some is needed, or more --seconds"
        )
    }
}
