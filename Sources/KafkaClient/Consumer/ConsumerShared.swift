internal import EventLoop
internal import Synchronization

/// What the loop and the application of a consumer share, behind one lock that is held for moments only.
final class ConsumerShared: Sendable {
    /// What the application took off the mailbox and the loop has not heard of.
    struct Taken: Sendable {
        var partition: TopicPartition
        var incarnation: UInt64
        var bytes: Int
    }

    typealias Completion = @Sendable (Result<Void, ClientError>) -> Void

    private struct State: Sendable {
        var mailbox = ConsumerMailbox<FetchedChunk>()
        var taken: [Taken] = []
        var reported: [(TopicPartition, Int64)] = []
        var completions: [UInt64: Completion] = [:]
        var nextCommit: UInt64 = 1
        /// Seeks that the loop has not carried out: what it still delivers of these partitions is of before.
        var seeking: [TopicPartition] = []
        /// Since when the application owes a poll, nil while it owes none.
        var owesSince: UInt64?
        /// A job that tells the loop of polls is on its way.
        var isTelling = false
        var hasHandledLoss = false
        /// The loop wants to hear of every poll: the membership waits for one.
        var isPollAwaited = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }
}

// MARK: - The application's side

extension ConsumerShared {
    /// The next entry, and whether the loop must be told of this poll.
    ///
    /// - Parameter settlesLosses: whether the application has dealt with what it was told before.
    func next(
        maximumBytes: Int, skipsChunks: Bool = false, settlesLosses: Bool = true
    ) -> (ConsumerMailbox<FetchedChunk>.Entry?, mustTell: Bool) {
        let now = EventLoop.now()
        return state.withLock { state in
            guard !state.isClosed else { return (nil, false) }
            if settlesLosses, state.mailbox.takeLossHandled() { state.hasHandledLoss = true }
            let entry = state.mailbox.next(maximumBytes: maximumBytes, skipsChunks: skipsChunks)
            state.owesSince = entry == nil && !state.mailbox.hasDeliverable ? nil : now
            // What was done before a loss says nothing about what comes after it.
            if case .event(.lost)? = entry { state.reported = [] }
            var hasNews = state.hasHandledLoss || state.isPollAwaited
            if case .chunk(let chunk)? = entry {
                state.taken.append(
                    Taken(partition: chunk.partition, incarnation: chunk.incarnation, bytes: chunk.byteCount))
                hasNews = true
            }
            guard hasNews, !state.isTelling else { return (entry, false) }
            state.isTelling = true
            return (entry, true)
        }
    }

    func consumed(_ partition: TopicPartition, _ offset: Int64) {
        state.withLock { state in
            if let at = state.reported.firstIndex(where: { $0.0 == partition }) {
                state.reported[at].1 = offset
            } else {
                state.reported.append((partition, offset))
            }
        }
    }

    /// Registers a commit: its id, what was reported as done before it, and the losses that the application knows of.
    func beginCommit(_ completion: @escaping Completion) -> (UInt64, Reported, UInt64) {
        state.withLock { state in
            let id = state.nextCommit
            state.nextCommit += 1
            state.completions[id] = completion
            let reported = Reported(offsets: state.reported, losses: state.mailbox.losses)
            state.reported = []
            return (id, reported, state.mailbox.losses)
        }
    }

    /// What the application said to be done with.
    struct Reported: Sendable {
        var offsets: [(TopicPartition, Int64)]
        var losses: UInt64
    }

    func takeReported() -> Reported {
        state.withLock { state in
            defer { state.reported = [] }
            return Reported(offsets: state.reported, losses: state.mailbox.losses)
        }
    }

    func takeCompletion(_ id: UInt64) -> Completion? {
        state.withLock { $0.completions.removeValue(forKey: id) }
    }

    func setPaused(_ isPaused: Bool, _ partitions: [TopicPartition]) {
        let wakes = state.withLock { $0.mailbox.setPaused(isPaused, partitions) }
        if wakes { wake() }
    }

    /// Drops what was fetched of a partition, until the loop has carried the seek out.
    func beginSeek(_ partition: TopicPartition) -> UInt64 {
        state.withLock { state in
            state.mailbox.drop([partition])
            state.seeking.append(partition)
            state.reported.removeAll { $0.0 == partition }
            return state.mailbox.losses
        }
    }
}

// MARK: - The loop's side

extension ConsumerShared {
    /// What the application did since the last time.
    struct Polls: Sendable {
        var taken: [Taken]
        var owesSince: UInt64?
        var hasHandledLoss: Bool
        var reported: Reported
    }

    func takePolls(isPollAwaited: Bool) -> Polls {
        state.withLock { state in
            let polls = Polls(
                taken: state.taken, owesSince: state.owesSince, hasHandledLoss: state.hasHandledLoss,
                reported: Reported(offsets: state.reported, losses: state.mailbox.losses))
            state.taken.removeAll(keepingCapacity: true)
            state.reported = []
            state.hasHandledLoss = false
            state.isTelling = false
            state.isPollAwaited = isPollAwaited
            return polls
        }
    }

    func seekEnded(_ partition: TopicPartition) {
        state.withLock { state in
            if let at = state.seeking.firstIndex(of: partition) { state.seeking.remove(at: at) }
        }
    }

    func append(_ chunk: FetchedChunk) {
        deliver { state in
            guard !state.seeking.contains(chunk.partition) else { return false }
            return state.mailbox.append(chunk)
        }
    }

    /// True where the application never knew of the partitions that the event takes from it.
    func append(_ event: ConsumerMachine.Event, losses: UInt64) -> Bool {
        var outcome = ConsumerMailbox<FetchedChunk>.Outcome()
        deliver { state in
            outcome = state.mailbox.append(event, losses: losses)
            return outcome.wakes
        }
        return outcome.isUnknown
    }

    func append(commit id: UInt64, _ outcome: CommitMachine.Outcome) {
        deliver { $0.mailbox.append(commit: id, outcome) }
    }

    func drop(_ partitions: [TopicPartition]) {
        state.withLock { $0.mailbox.drop(partitions) }
    }

    /// Nothing is polled any more; completions that wait are given back.
    func close() -> [Completion] {
        state.withLock { state in
            state.isClosed = true
            state.mailbox = ConsumerMailbox()
            // By id, that is in the order of the commits.
            let waiting = state.completions.sorted { $0.key < $1.key }.map(\.value)
            state.completions = [:]
            return waiting
        }
    }

    private func deliver(_ change: (inout State) -> Bool) {
        let now = EventLoop.now()
        let wakes = state.withLock { state in
            guard !state.isClosed, change(&state) else { return false }
            if state.owesSince == nil { state.owesSince = now }
            return true
        }
        if wakes { wake() }
    }
}
