internal import Synchronization

/// What a producer's lane and its loop hand each other: one lock a batch, in either direction.
final class ProducerMailbox: Sendable {
    /// What the lane left for the loop.
    struct ToLoop {
        var sealed: [ProducerParcel] = []
        /// Topics that the lane met for the first time, in the order of their numbers.
        var topics: [String] = []
        /// When the first of the open batches has lingered long enough; nil without open batches.
        var firstOpen: UInt64?
        /// The lane needs newer metadata than there is, and looks at the time again then; nil where it needs none.
        var wantsMetadataUntil: UInt64?
        var isClosed = false
    }

    /// What the loop left for the lane.
    struct ToLane {
        var completed: [ProducerParcel] = []
        var snapshot: MetadataSnapshot
        var failure: ClientError?
    }

    private struct State {
        var sealed: [ProducerParcel] = []
        var open: [OpenBatch] = []
        var topics: [String] = []
        /// How many topics the loop has taken: all with a smaller number.
        var topicsTaken = 0
        var wantsMetadataUntil: UInt64?
        var completed: [ProducerParcel] = []
        var snapshot: MetadataSnapshot
        var failure: ClientError?
        var isClosed = false
        /// The loop was told and has not come yet.
        var isLoopCalled = false
        /// The lane was woken and has not come yet.
        var isLaneCalled = false
        var laneWaitsForMetadata = false
        var callLoop: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>
    /// Set and unset under the lock; the lane looks at it often and the lock is dear.
    private let isLaneOwedNews = Atomic<Bool>(true)
    private let wakeLane: @Sendable () -> Void

    init(snapshot: MetadataSnapshot, wakeLane: @escaping @Sendable () -> Void) {
        state = Mutex(State(snapshot: snapshot))
        self.wakeLane = wakeLane
    }

    /// Sets how the loop is called; nil once it will not come any more.
    func setLoopCall(_ call: (@Sendable () -> Void)?) {
        state.withLock { $0.callLoop = call }
    }

    // MARK: - The lane's side

    func put(_ parcel: ProducerParcel) {
        changeForLoop { $0.sealed.append(parcel) }
    }

    func put(_ batches: [OpenBatch]) {
        changeForLoop { $0.open.append(contentsOf: batches) }
    }

    func put(topic: String) {
        changeForLoop { $0.topics.append(topic) }
    }

    /// Asks for newer metadata than there is. At the deadline the lane is reminded to look at the time.
    func put(metadataWantedUntil deadline: UInt64) {
        changeForLoop { $0.wantsMetadataUntil = deadline }
    }

    func close() {
        changeForLoop { $0.isClosed = true }
    }

    /// Takes an open batch back; nil when the loop has sealed it.
    func takeOpen(topic: Int32, partition: Int32) -> OpenBatch? {
        state.withLock { state in
            guard let place = state.open.firstIndex(where: { $0.topic == topic && $0.partition == partition }) else {
                return nil
            }
            return state.open.remove(at: place)
        }
    }

    /// Takes all open batches back.
    func takeOpen() -> [OpenBatch] {
        state.withLock { state in
            defer { state.open = [] }
            return state.open
        }
    }

    /// Whether the loop left something since `takeForLane` was called last.
    var hasNewsForLane: Bool { isLaneOwedNews.load(ordering: .acquiring) }

    /// What the loop left. `waitsForMetadata` asks for a wake-up with the next metadata.
    func takeForLane(waitsForMetadata: Bool = false) -> ToLane {
        state.withLock { state in
            state.isLaneCalled = false
            isLaneOwedNews.store(false, ordering: .relaxed)
            state.laneWaitsForMetadata = waitsForMetadata
            let left = ToLane(completed: state.completed, snapshot: state.snapshot, failure: state.failure)
            state.completed = []
            return left
        }
    }

    private func changeForLoop(_ change: (inout State) -> Void) {
        let call = state.withLock { state -> (@Sendable () -> Void)? in
            change(&state)
            guard !state.isLoopCalled else { return nil }
            state.isLoopCalled = true
            return state.callLoop
        }
        call?()
    }

    // MARK: - The loop's side

    /// What the lane left; open batches stay until they are due.
    func takeForLoop() -> ToLoop {
        state.withLock { state in
            state.isLoopCalled = false
            let left = ToLoop(
                sealed: state.sealed, topics: state.topics, firstOpen: state.open.map(\.createdAt).min(),
                wantsMetadataUntil: state.wantsMetadataUntil, isClosed: state.isClosed)
            state.sealed = []
            state.topicsTaken += state.topics.count
            state.topics = []
            state.wantsMetadataUntil = nil
            return left
        }
    }

    /// What is due of the open batches.
    struct Due {
        var batches: [OpenBatch] = []
        /// When the oldest that is not due yet was begun.
        var next: UInt64?
        /// Whether some are due and wait behind others of their partitions.
        var isWaiting = false
    }

    /// Takes open batches begun at or before that time, except those of topics that the loop has not taken yet: a timer or an
    /// answer may come before the loop gets to what the lane has left.
    ///
    /// - Parameter isBusy: whether sealed batches of a topic and partition wait to be sent: then the open one stays.
    func takeDue(createdBy time: UInt64, isBusy: (Int32, Int32) -> Bool) -> Due {
        state.withLock { state in
            // Since the loop took the sealed batches the lane may have put more, which are older than the open one of their
            // partition: that one waits until they were taken.
            let waiting = state.sealed.map { (topic: $0.topic, partition: $0.partition) }
            var due = Due()
            var staying: [OpenBatch] = []
            for open in state.open {
                if open.createdAt > time || open.topic >= state.topicsTaken
                    || waiting.contains(where: { $0 == (open.topic, open.partition) })
                {
                    due.next = min(due.next ?? .max, open.createdAt)
                    staying.append(open)
                } else if isBusy(open.topic, open.partition) {
                    due.isWaiting = true
                    staying.append(open)
                } else {
                    due.batches.append(open)
                }
            }
            state.open = staying
            return due
        }
    }

    func put(completed: [ProducerParcel]) {
        guard !completed.isEmpty else { return }
        changeForLane { state in
            state.completed.append(contentsOf: completed)
            return true
        }
    }

    func put(snapshot: MetadataSnapshot) {
        changeForLane { state in
            state.snapshot = snapshot
            return state.laneWaitsForMetadata
        }
    }

    func put(failure: ClientError) {
        changeForLane { state in
            state.failure = failure
            return true
        }
    }

    /// Has the lane look at the time, where it waits for something that may not come.
    func remind() {
        changeForLane { _ in true }
    }

    /// Carries a change out and wakes the lane where that says so and it is not already on its way.
    private func changeForLane(_ change: (inout State) -> Bool) {
        let wakes = state.withLock { state in
            let isWanted = change(&state)
            isLaneOwedNews.store(true, ordering: .releasing)
            guard isWanted, !state.isLaneCalled else { return false }
            state.isLaneCalled = true
            return true
        }
        if wakes { wakeLane() }
    }
}
