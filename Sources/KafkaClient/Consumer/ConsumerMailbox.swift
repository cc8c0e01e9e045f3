/// Fetched data that waits for the application, as far as the mailbox must know it.
package protocol MailboxChunk: Sendable {
    var partition: TopicPartition { get }
    var byteCount: Int { get }
    /// Cuts off what fits into `limit` bytes, one whole batch at least; nil for the rest when nothing is left.
    func divided(limit: Int) -> (taken: Self, rest: Self?)
}

/// What the loop has for the application and the application has not polled yet, in order.
///
/// A value without threads of its own; the consumer guards it with one lock. Chunks of paused partitions stay where they
/// are until the pause is over. There is at most one chunk a partition, since a partition with undelivered data is not
/// fetched.
package struct ConsumerMailbox<Chunk: MailboxChunk>: Sendable {
    /// Something to poll.
    package enum Entry: Sendable {
        case event(ConsumerMachine.Event)
        case chunk(Chunk)
        /// A commit of the application has ended.
        case committed(id: UInt64, CommitMachine.Outcome)

        var isChunk: Bool {
            if case .chunk = self { return true }
            return false
        }
    }

    /// What putting an event in has changed.
    package struct Outcome: Sendable, Equatable {
        /// A poll would have brought nothing before and now does.
        package var wakes = false
        /// The application never heard of the partitions that it was to give away or has lost: there is nothing to wait for.
        package var isUnknown = false
    }

    private var entries: [(entry: Entry, losses: UInt64)] = []
    private var paused: [TopicPartition] = []
    /// How many losses of the machine the application knows of: with this number it says what it is done with, so that
    /// nothing of an older ownership is taken for the present one.
    package private(set) var losses: UInt64 = 0

    private var isLossTaken = false

    package init() {}

    /// Whether a poll would bring something.
    package var hasDeliverable: Bool { entries.contains { isDeliverable($0.entry) } }

    /// Puts fetched data behind what waits already. True when a poll would have brought nothing before and now does.
    package mutating func append(_ chunk: Chunk) -> Bool { push(.chunk(chunk), losses: 0) }

    /// Puts an event behind what waits already.
    ///
    /// An application that was slow must not begin with partitions that are gone by now: what it has not polled of their
    /// assignment is withdrawn, together with the news of their going.
    ///
    /// - Parameter losses: the machine's count.
    package mutating func append(_ event: ConsumerMachine.Event, losses count: UInt64) -> Outcome {
        switch event {
        case .assigned, .failed:
            return Outcome(wakes: push(.event(event), losses: 0))
        case .revoking(let ids):
            let known = withdraw(ids)
            guard !known.isEmpty else { return Outcome(isUnknown: true) }
            return Outcome(wakes: push(.event(.revoking(known)), losses: 0))
        case .lost(let ids):
            let known = withdraw(ids)
            guard known.isEmpty else { return Outcome(wakes: push(.event(.lost(known)), losses: count)) }
            if let at = entries.lastIndex(where: { $0.losses > 0 }) {
                entries[at].losses = count
            } else {
                losses = count
            }
            return Outcome(isUnknown: true)
        }
    }

    /// Puts the end of a commit behind what waits already. True when a poll would have brought nothing before.
    package mutating func append(commit id: UInt64, _ outcome: CommitMachine.Outcome) -> Bool {
        push(.committed(id: id, outcome), losses: 0)
    }

    private mutating func push(_ entry: Entry, losses count: UInt64) -> Bool {
        let had = hasDeliverable
        entries.append((entry, count))
        // Who takes events only, because records are still being worked on, must hear of each of them.
        return entry.isChunk ? !had && hasDeliverable : true
    }

    /// Takes partitions out of assignments that were not polled; returns those that the application knows of.
    private mutating func withdraw(_ ids: [TopicPartition]) -> [TopicPartition] {
        var known = ids
        for at in entries.indices {
            guard case .event(.assigned(var beginnings)) = entries[at].entry, !beginnings.isEmpty else { continue }
            known.removeAll { id in beginnings.contains { $0.partition == id } }
            beginnings.removeAll { ids.contains($0.partition) }
            entries[at].entry = .event(.assigned(beginnings))
        }
        return known
    }

    /// Drops the chunks of partitions: the application must not see them any more.
    package mutating func drop(_ partitions: [TopicPartition]) {
        entries.removeAll { entry in
            guard case .chunk(let chunk) = entry.entry else { return false }
            return partitions.contains(chunk.partition)
        }
    }

    /// Whether the application polls for the first time after it was told of a loss: it has dealt with it.
    package mutating func takeLossHandled() -> Bool {
        defer { isLossTaken = false }
        return isLossTaken
    }

    /// Takes the next entry that is not paused; of a chunk at most `maximumBytes`, one batch at least.
    ///
    /// - Parameter skipsChunks: leaves chunks where they are.
    package mutating func next(maximumBytes: Int, skipsChunks: Bool = false) -> Entry? {
        let next = entries.firstIndex { isDeliverable($0.entry) && !(skipsChunks && $0.entry.isChunk) }
        guard let at = next else { return nil }
        guard case .chunk(let chunk) = entries[at].entry, chunk.byteCount > maximumBytes else {
            let (entry, count) = entries.remove(at: at)
            losses = max(losses, count)
            if case .event(.lost(let ids)) = entry {
                forgetPauses(ids)
                isLossTaken = true
            }
            if case .event(.revoking(let ids)) = entry { forgetPauses(ids) }
            return entry
        }
        let (taken, rest) = chunk.divided(limit: maximumBytes)
        if let rest { entries[at].entry = .chunk(rest) } else { entries.remove(at: at) }
        return .chunk(taken)
    }

    /// Holds the chunks of partitions back, or (false) gives them free. True when a poll would have brought nothing before
    /// and now does.
    package mutating func setPaused(_ isPaused: Bool, _ partitions: [TopicPartition]) -> Bool {
        let had = hasDeliverable
        paused.removeAll { partitions.contains($0) }
        if isPaused { paused += partitions }
        return !had && hasDeliverable
    }

    /// Partitions that went away come back without their pause.
    private mutating func forgetPauses(_ partitions: [TopicPartition]) {
        paused.removeAll { partitions.contains($0) }
    }

    private func isDeliverable(_ entry: Entry) -> Bool {
        guard case .chunk(let chunk) = entry, !paused.isEmpty else { return true }
        return !paused.contains(chunk.partition)
    }
}
