import ConnectModel

/// What one worker says of what it runs: its last word about each connector and task, and the writes that bring it to the
/// status topic. Of several writes about one thing the newest alone is wanted, and it is repeated until it is acknowledged.
///
/// Whether something may be said is the herder's to decide. Pure; times are monotonic nanoseconds.
struct StatusTeller: Sendable {
    /// Until a write that failed, or a status that somebody removed, is written again.
    private static let pause: UInt64 = 1_000_000_000

    /// The last word about what is here, by key: UNASSIGNED leaves none.
    private var words: [ExactText: StatusRecord] = [:]
    /// The number of the newest write of each key, until it is acknowledged or not wanted any more.
    private var newest: [ExactText: UInt64] = [:]
    /// Writes to be repeated.
    private var retries: [(at: UInt64, write: StatusWrite)] = []
    private var lastNumber: UInt64 = 0
    /// Writes on their way to the topic.
    private(set) var underWay = 0
    /// Those of them that say UNASSIGNED.
    private(set) var releasesUnderWay = 0

    /// Whether all that was said, and holds, has been acknowledged.
    var isDone: Bool { underWay == 0 && !retries.contains { newest[$0.write.record.exactKey] == $0.write.number } }

    /// When a write is to be repeated.
    var nextRetry: UInt64? { retries.map(\.at).min() }

    /// Keys of what was said and is this, in order: another order would be another run.
    func keys(where isIt: (StatusRecord) -> Bool) -> [ExactText] {
        words.filter { isIt($0.value) }.keys.sorted()
    }

    /// The last word about something here.
    func word(_ key: ExactText) -> StatusRecord? { words[key] }

    /// Says something. What was said before of the same is not wanted any more, whether this is written or not.
    ///
    /// - Parameters:
    ///   - isCareful: a write that yields to what other workers have written, also where it is repeated.
    ///   - isAllowed: false where it yields to that already: then it is this worker's word alone.
    /// - Returns: the write that is to be made.
    mutating func say(_ record: StatusRecord, isCareful: Bool, isAllowed: Bool) -> StatusWrite? {
        let isHere = record.status.map { $0.state != .unassigned } ?? false
        words[record.exactKey] = isHere ? record : nil
        guard isAllowed else {
            newest[record.exactKey] = nil
            return nil
        }
        return begun(write(record, isCareful: isCareful))
    }

    /// Somebody removed a status that holds: it is written again after the pause, once for all removals in it.
    mutating func sayAgainLater(_ record: StatusRecord, now: UInt64) {
        retries.append((now &+ Self.pause, write(record, isCareful: false)))
    }

    /// Keeps the words that are still this worker's to say.
    mutating func keep(where isOurs: (StatusRecord) -> Bool) { words = words.filter { isOurs($0.value) } }

    /// Takes a word back that is not this worker's to say any more.
    mutating func forget(_ key: ExactText) { words[key] = nil }

    /// A write came to its end.
    ///
    /// - Parameter isAcknowledged: false where it failed.
    mutating func ended(_ write: StatusWrite, isAcknowledged: Bool, now: UInt64) {
        underWay -= 1
        if write.isRelease { releasesUnderWay -= 1 }
        guard newest[write.record.exactKey] == write.number else { return }
        if isAcknowledged {
            newest[write.record.exactKey] = nil
        } else {
            retries.append((now &+ Self.pause, write))
        }
    }

    /// The writes that are due to be repeated, to be answered with ``repeated(_:as:)`` each.
    mutating func takeDue(now: UInt64) -> [StatusWrite] {
        let due = retries.filter { $0.at <= now }.map(\.write)
        retries.removeAll { $0.at <= now }
        return due.filter { newest[$0.record.exactKey] == $0.number }
    }

    /// Repeats a write.
    ///
    /// - Parameter record: what is said now of the same; nil where nothing is any more.
    /// - Returns: the write that is to be made.
    mutating func repeated(_ write: StatusWrite, as record: StatusRecord?) -> StatusWrite? {
        guard let record else {
            newest[write.record.exactKey] = nil
            return nil
        }
        return begun(StatusWrite(record: record, number: write.number, isCareful: write.isCareful))
    }

    private mutating func begun(_ write: StatusWrite) -> StatusWrite {
        underWay += 1
        if write.isRelease { releasesUnderWay += 1 }
        return write
    }

    private mutating func write(_ record: StatusRecord, isCareful: Bool) -> StatusWrite {
        lastNumber += 1
        newest[record.exactKey] = lastNumber
        return StatusWrite(record: record, number: lastNumber, isCareful: isCareful)
    }
}

/// A status on its way to its topic.
package struct StatusWrite: Sendable, Equatable {
    package let record: StatusRecord
    /// Counts writes, to know whether one that failed is still wanted.
    let number: UInt64
    /// Leave it where another worker of a later generation wrote last (Apache's `putSafe`).
    let isCareful: Bool

    /// Whether it says that something does not run any more.
    fileprivate var isRelease: Bool { record.status?.state == .unassigned }
}
