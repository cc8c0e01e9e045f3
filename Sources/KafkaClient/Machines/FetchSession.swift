import KafkaProtocol

/// The client's side of the fetch session with one broker (KIP-227).
///
/// A session lets the broker remember the partitions: after the first, full request only what is new, changed or no
/// longer wanted is named, and only partitions with news are answered. One request is under way at a time.
struct FetchSession: Sendable {
    let node: Int32
    /// 0 while there is none.
    private(set) var id: Int32 = 0
    /// 0 asks for a new session, 1… count the requests of the present one.
    private(set) var epoch: Int32 = 0
    /// What the broker believes to be asked for once it has the latest request; sorted by partition.
    private(set) var entries: [FetchEntry] = []
    /// Whether its requests name topics. A broker refuses a request that does otherwise than the first of its session.
    private(set) var usesNames = false
    /// Token of the request under way, 0 for none.
    private(set) var request: UInt64 = 0
    var retryAt: UInt64 = 0
    var failures = 0
    /// When the request under way was sent.
    private var sentAt: UInt64 = 0
    /// How long the request under way allows the broker to wait, in nanoseconds.
    private var wait: UInt64 = 0
    /// Answers in a row that brought nothing and came before the wait that was asked for.
    private var hasty = 0
    /// Answers in a row that brought nothing though the broker waited.
    private var patient = 0

    init(node: Int32) {
        self.node = node
    }

    /// Composes the next request for what is wanted, sorted by partition.
    mutating func next(
        _ wanted: [FetchEntry], servedOrder: [FetchEntry]
    ) -> (entries: [FetchEntry], forgotten: [ForgottenEntry], id: Int32, epoch: Int32) {
        defer { entries = wanted }
        let needsNames = wanted.contains { $0.topicID == .none }
        if mustRestart(wanted, needsNames: needsNames) { restart() }
        if epoch == 0 {
            usesNames = needsNames
            return (servedOrder, [], id, 0)
        }
        var changed: [FetchEntry] = []
        var forgotten: [ForgottenEntry] = []
        var old = entries[...]
        for entry in wanted {
            while let first = old.first, first.partition < entry.partition {
                forgotten.append(ForgottenEntry(partition: first.partition, topicID: first.topicID))
                old.removeFirst()
            }
            if let first = old.first, first.partition == entry.partition {
                old.removeFirst()
                if first == entry { continue }
            }
            changed.append(entry)
        }
        for rest in old { forgotten.append(ForgottenEntry(partition: rest.partition, topicID: rest.topicID)) }
        return (changed, forgotten, id, epoch)
    }

    /// Whether the session cannot go on with what is wanted now: it goes by ids and a topic has none, or a topic was made anew.
    /// That one would have to leave under its old id and enter under the new one in one request, which a broker that goes by
    /// names takes for leaving.
    private func mustRestart(_ wanted: [FetchEntry], needsNames: Bool) -> Bool {
        guard epoch > 0 else { return false }
        if needsNames, !usesNames { return true }
        var old = entries[...]
        for entry in wanted {
            while let first = old.first, first.partition < entry.partition { old.removeFirst() }
            if let first = old.first, first.partition == entry.partition, first.topicID != entry.topicID { return true }
        }
        return false
    }

    /// Whether nothing has come for so long that the broker may be asked less often.
    var isIdle: Bool { patient >= Self.answersUntilIdle }

    /// The composed request is under way.
    ///
    /// - Parameter wait: how long it allows the broker to wait, in nanoseconds.
    mutating func sent(token: UInt64, wait: UInt64, now: UInt64) {
        request = token
        sentAt = now
        self.wait = wait
    }

    /// A good answer brought news: the next request goes out at once.
    mutating func broughtNews() {
        hasty = 0
        patient = 0
    }

    /// A good answer brought nothing. A broker waits for data as long as the request allows; one that does not would be asked
    /// again as fast as it answers. The client then does part of the waiting: not after the first such answer, which any
    /// broker may give now and then, but from the second on for a time that doubles up to ``longestPause``.
    mutating func broughtNothing(now: UInt64) {
        guard now &- sentAt < wait / 2 else {
            hasty = 0
            patient = min(patient + 1, Self.answersUntilIdle)
            return
        }
        let pause = min(Self.shortestPause << UInt64(max(hasty - 1, 0)), Self.longestPause)
        if hasty > 0 { retryAt = min(now &+ pause, sentAt &+ wait) }
        hasty = min(hasty + 1, 16)
    }

    /// Nanoseconds. New records wait for the longest pause at most.
    private static let shortestPause: UInt64 = 1_000_000
    private static let longestPause: UInt64 = 64_000_000
    private static let answersUntilIdle = 10

    /// The request under way is over, in whatever way.
    mutating func finished() {
        request = 0
    }

    /// A good answer came: goes on with the session it names.
    mutating func answered(sessionID: Int32) {
        if epoch == 0 {
            if sessionID == 0 { close() } else { open(sessionID) }
        } else if sessionID == id {
            epoch = epoch == .max ? 1 : epoch + 1
        } else {
            // 0: the broker let go of the session, its data is good all the same.
            close()
        }
    }

    /// The next request starts from nothing.
    mutating func close() {
        id = 0
        epoch = 0
        entries = []
    }

    /// The broker and this side count differently: the next request is full and ends the old session.
    mutating func restart() {
        epoch = 0
        entries = []
    }

    private mutating func open(_ sessionID: Int32) {
        id = sessionID
        epoch = 1
    }

    /// The partition that an answer means; nil when it was not asked for.
    func entry(_ topic: FetchedPartition.Topic, _ partition: Int32) -> FetchEntry? {
        switch topic {
        case .name(let name):
            let wanted = TopicPartition(name, partition)
            var low = 0
            var high = entries.count
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].partition < wanted { low = middle + 1 } else { high = middle }
            }
            return low < entries.count && entries[low].partition == wanted ? entries[low] : nil
        case .id(let id):
            return entries.first { $0.partition.partition == partition && $0.topicID == id }
        }
    }
}

/// A ListOffsets or OffsetForLeaderEpoch request under way.
struct FetchQuestion: Sendable {
    let token: UInt64
    let node: Int32
    /// The partitions asked for, with the incarnation of each.
    let asked: [(id: TopicPartition, incarnation: UInt64)]
}
