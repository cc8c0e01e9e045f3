import ConnectModel
import Synchronization

/// Writes a source task's offsets: every interval, one write at a time, without waiting. Confined to the task's lane,
/// save the results, which come from the store's thread.
///
/// Source: Apache's `WorkerSourceTask.commitOffsets` and `OffsetStorageWriter`.
final class SourceCommits {
    private struct Flush {
        let sequence: UInt64
        let entries: [OffsetLedger.Committable]
        let deadline: UInt64
    }

    private let connector: String
    private let store: any OffsetStore
    private let interval: UInt64
    private let timeout: UInt64
    private let wake: @Sendable () -> Void
    private let results = Results()
    private var flush: Flush?
    private var sequence: UInt64 = 0
    private var nextFlush: UInt64 = .max

    private final class Results: Sendable {
        private let latest = Mutex<(sequence: UInt64, error: ConnectError?)?>(nil)

        func put(_ sequence: UInt64, _ error: ConnectError?) { latest.withLock { $0 = (sequence, error) } }

        /// The result of that write; that of an older one, given up before, is thrown away.
        func take(_ sequence: UInt64) -> (sequence: UInt64, error: ConnectError?)? {
            latest.withLock { latest in
                defer { latest = nil }
                return latest?.sequence == sequence ? latest : nil
            }
        }
    }

    /// - Parameters:
    ///   - interval: nanoseconds between two writes.
    ///   - timeout: nanoseconds after which a write counts as failed.
    ///   - wake: brings the lane back when a result has come.
    init(
        connector: String, store: any OffsetStore, interval: UInt64, timeout: UInt64,
        wake: @escaping @Sendable () -> Void
    ) {
        self.connector = connector
        self.store = store
        self.interval = interval
        self.timeout = timeout
        self.wake = wake
    }

    /// The first write is an interval away.
    func begin(now: UInt64) { nextFlush = now.addingSaturating(interval) }

    /// Whether a write is under way.
    var isFlushing: Bool { flush != nil }

    /// When ``tick(now:ledger:text:)`` has to be called at the latest.
    var nextDeadline: UInt64 { flush?.deadline ?? nextFlush }

    /// Whether a call of ``tick(now:ledger:text:)`` may have an effect.
    func isDue(_ now: UInt64) -> Bool { flush != nil || now >= nextFlush }

    /// Looks after the write under way, or begins one when it is time.
    ///
    /// - Returns: true where everything committable is stored now, and the plugin is to be told.
    /// - Throws: why the write failed; its offsets go with the next one.
    func tick(now: UInt64, ledger: inout OffsetLedger, text: OffsetText) throws(ConnectError) -> Bool {
        if flush != nil { return try settle(now: now, ledger: &ledger) }
        guard now >= nextFlush else { return false }
        return try begin(now: now, ledger: &ledger, text: text)
    }

    /// Begins a write whatever the time; see ``tick(now:ledger:text:)`` for what it returns.
    func begin(now: UInt64, ledger: inout OffsetLedger, text: OffsetText) throws(ConnectError) -> Bool {
        nextFlush = now.addingSaturating(interval)
        let entries = ledger.takeCommittable()
        guard !entries.isEmpty else { return true }
        var changes: [OffsetChange] = []
        changes.reserveCapacity(entries.count)
        do throws(ConnectError) {
            for entry in entries {
                changes.append(OffsetChange(partition: entry.partition.json, offset: try text.stored(entry)))
            }
        } catch {
            ledger.restore(entries)
            throw error
        }
        sequence += 1
        flush = Flush(sequence: sequence, entries: entries, deadline: now.addingSaturating(timeout))
        store.write(connector: connector, changes) { [results, wake, sequence] error in
            results.put(sequence, error)
            wake()
        }
        // A store that answers at once is taken at its word at once.
        return try settle(now: now, ledger: &ledger)
    }

    private func settle(now: UInt64, ledger: inout OffsetLedger) throws(ConnectError) -> Bool {
        guard let flush else { return false }
        if let result = results.take(flush.sequence) {
            self.flush = nil
            guard let error = result.error else { return true }
            ledger.restore(flush.entries)
            throw error
        }
        guard now >= flush.deadline else { return false }
        self.flush = nil
        ledger.restore(flush.entries)
        throw ConnectError(
            .stateWrite, "The offsets were not stored within offset.flush.timeout.ms (\(timeout / 1_000_000) ms)")
    }
}
