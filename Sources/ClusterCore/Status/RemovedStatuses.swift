import ConnectModel

/// What the leader has removed of what is not configured as it read it, in the present generation.
///
/// A word that comes again after its removal is one that somebody holds on to, such as another group that shares the status
/// topic and has a config topic of its own: removed each time, it would be put back each time, without end. It stays until the
/// next round, as with Apache's workers, whose leaders remove with a round alone.
struct RemovedStatuses: Sendable {
    /// Words that are kept at most: beyond them nothing is removed before the next round.
    static let most = 20_000

    /// Of a topic the key alone: when it was seen is another time each time.
    private struct Word: Hashable {
        let key: ExactText
        let state: InstanceState?
        let workerID: String?
        let generation: Int32?
    }

    private var words: Set<Word> = []

    /// Notes that what a record says is to be removed.
    ///
    /// - Returns: false where it was before, or cannot be noted: then it stays.
    mutating func note(_ record: StatusRecord) -> Bool {
        guard words.count < Self.most else { return false }
        let status = record.status
        let word = Word(
            key: record.exactKey, state: status?.state, workerID: status?.workerID, generation: status?.generation)
        return words.insert(word).inserted
    }
}
