import KafkaProtocol

/// Positions of the partitions that a consumer reads, and the requests that move them: Fetch with its sessions
/// (KIP-227), ListOffsets for resets, OffsetForLeaderEpoch for positions that a leader change may have invalidated
/// (KIP-320), reads from followers (KIP-392).
///
/// Pure: it is told what happened and answers with what is to be done; time and wall clock are parameters.
/// ``plan(now:wall:)`` is to be called after every event; it names the requests that are due.
///
/// Guarantees:
/// - One request at a time speaks for a partition. An answer counts only for the incarnation and position it was asked
///   for; a seek, reset, pause of validity or reassignment voids what is under way.
/// - A partition with undelivered data is not fetched.
/// - Undelivered bytes and what may be on its way stay within ``Settings/budget`` and one partition's worth a node,
///   oversized batches aside.
package struct FetchMachine: Sendable {
    /// Limits and choices. Times are nanoseconds where not said otherwise.
    package struct Settings: Sendable {
        package var maximumBytes: Int32 = 52_428_800
        package var maximumPartitionBytes: Int32 = 1_048_576
        package var minimumBytes: Int32 = 1
        /// Milliseconds.
        package var maximumWait: Int32 = 500
        /// The same while nothing has come for long, milliseconds: hundreds of idle consumers are worth fewer requests. Data is
        /// answered at once all the same; partitions that are assigned meanwhile may have to wait as long for their first.
        package var maximumIdleWait: Int32 = 500
        package var isReadCommitted = false
        package var rack = ""
        package var reset: OffsetReset = .latest
        package var metadataMaxAge: UInt64 = 300_000_000_000
        package var retryBackoff = Backoff(initial: 100_000_000, maximum: 1_000_000_000)
        /// Bytes that may be buffered or under way.
        package var budget: Int = 2 * 52_428_800

        package init() {}
    }

    /// Where a partition begins.
    package enum Start: Sendable, Equatable {
        /// At an offset; the epoch is that of the record before it, -1 when unknown.
        case offset(Int64, epoch: Int32)
        /// Where `auto.offset.reset` says.
        case reset
        /// At the first record that is not older than so many milliseconds since the epoch; -1 latest, -2 earliest.
        case timestamp(Int64)
    }

    /// What stands between a partition and its next fetch.
    enum Phase: Sendable, Equatable {
        /// No position yet; the timestamp (or -1, -2) that ListOffsets is asked for, nil while the wall clock decides.
        case resetting(Int64?)
        /// The position's epoch is to be compared with the leader's log.
        case validating
        /// The position is good.
        case ready
        /// A final error was reported; a seek helps.
        case broken
    }

    /// What is known of one partition.
    struct Place: Sendable {
        let id: TopicPartition
        var topicID: MetadataSnapshot.TopicID = .none
        var incarnation: UInt64
        var leader: Int32 = -1
        var leaderEpoch: Int32 = -1
        var follower: Int32 = -1
        var followerUntil: UInt64 = 0
        var phase: Phase = .ready
        var position: Int64 = -1
        var positionEpoch: Int32 = -1
        var highWatermark: Int64 = -1
        var isPaused = false
        /// Fetching begins when the application knows of the partition.
        var isStarted = false
        var buffered = 0
        /// Token of the request that speaks for the partition now, 0 for none.
        var request: UInt64 = 0
        var retryAt: UInt64 = 0
        var failures = 0
        /// Grows with each delivery, so that the longest unserved partition is asked for first.
        var served: UInt64 = 0

        init(id: TopicPartition, incarnation: UInt64) {
            self.id = id
            self.incarnation = incarnation
        }
    }

    let settings: Settings
    /// Sorted by topic and number.
    var places: [Place] = []
    /// Sorted by node.
    var sessions: [FetchSession] = []
    /// ListOffsets and OffsetForLeaderEpoch requests under way: what was asked of whom.
    var questions: [FetchQuestion] = []
    var snapshot = MetadataSnapshot()
    var bufferedBytes = 0
    private var nextToken: UInt64 = 1
    private var nextIncarnation: UInt64 = 1
    private var deliveries: UInt64 = 0
    var random: SeededRandom

    /// - Parameter seed: of the jitter in retries.
    package init(settings: Settings, seed: UInt64) {
        self.settings = settings
        random = SeededRandom(seed: seed)
    }
}

// MARK: - What the owner wants

extension FetchMachine {
    /// Takes partitions in. They are positioned at once, but fetched only after ``start(_:)``.
    package mutating func assign(_ partitions: [(TopicPartition, Start)]) {
        for (id, start) in partitions {
            let at = insertionIndex(id)
            if at < places.count, places[at].id == id { places.remove(at: at) }
            var place = Place(id: id, incarnation: takeIncarnation())
            Self.begin(&place, at: start, reset: settings.reset)
            follow(&place)
            places.insert(place, at: at)
        }
    }

    /// Fetching may begin: the application was told of the partitions.
    package mutating func start(_ partitions: [TopicPartition]) {
        for id in partitions { withPlace(id) { $0.isStarted = true } }
    }

    /// Lets go of partitions; what is buffered of them or on its way no longer counts.
    package mutating func remove(_ partitions: [TopicPartition]) {
        for id in partitions {
            guard let at = index(of: id) else { continue }
            bufferedBytes -= places[at].buffered
            places.remove(at: at)
        }
    }

    /// Moves a partition. Returns its new incarnation, nil when it is not assigned.
    package mutating func seek(_ id: TopicPartition, to start: Start) -> UInt64? {
        guard let at = index(of: id) else { return nil }
        bufferedBytes -= places[at].buffered
        places[at].buffered = 0
        places[at].incarnation = takeIncarnation()
        places[at].request = 0
        places[at].retryAt = 0
        places[at].failures = 0
        Self.begin(&places[at], at: start, reset: settings.reset)
        return places[at].incarnation
    }

    /// Stops or resumes fetching a partition; its position stays.
    package mutating func setPaused(_ isPaused: Bool, _ id: TopicPartition) {
        withPlace(id) { $0.isPaused = isPaused }
    }

    /// The application took bytes of a partition that were delivered under the given incarnation.
    package mutating func taken(_ id: TopicPartition, incarnation: UInt64, bytes: Int) {
        guard let at = index(of: id), places[at].incarnation == incarnation else { return }
        let count = min(bytes, places[at].buffered)
        places[at].buffered -= count
        bufferedBytes -= count
    }

    /// The cluster looks different now.
    package mutating func topologyChanged(_ snapshot: MetadataSnapshot) -> [Action] {
        self.snapshot = snapshot
        var actions: [Action] = []
        for at in places.indices {
            let old = places[at].topicID
            follow(&places[at])
            if old != .none, places[at].topicID != old { topicMadeAnew(at, &actions) }
        }
        return actions
    }

    /// The offset that comes next for the application or the broker, nil while it is being found.
    package func position(_ id: TopicPartition) -> (offset: Int64, epoch: Int32, incarnation: UInt64)? {
        guard let at = index(of: id), places[at].position >= 0 else { return nil }
        if case .resetting = places[at].phase { return nil }
        return (places[at].position, places[at].positionEpoch, places[at].incarnation)
    }

    /// Whether a partition was taken in.
    package func holds(_ id: TopicPartition) -> Bool { index(of: id) != nil }

    /// The partitions taken in, sorted.
    package var assigned: [TopicPartition] { places.map(\.id) }
}

// MARK: - Inside

extension FetchMachine {
    static func begin(_ place: inout Place, at start: Start, reset: OffsetReset) {
        place.position = -1
        place.positionEpoch = -1
        switch start {
        case .offset(let offset, let epoch):
            place.position = max(0, offset)
            place.positionEpoch = epoch
            // A committed offset may stem from a leader whose end was cut off since.
            place.phase = epoch >= 0 ? .validating : .ready
        case .timestamp(let timestamp):
            place.phase = .resetting(timestamp)
        case .reset:
            switch reset {
            case .earliest: place.phase = .resetting(-2)
            case .latest: place.phase = .resetting(-1)
            case .byDuration: place.phase = .resetting(nil)
            case .none: place.phase = .broken
            }
        }
    }

    /// Takes over what the snapshot says of a partition.
    func follow(_ place: inout Place) {
        guard let topic = snapshot.topic(place.id.topic), let partition = topic.partition(place.id.partition) else {
            place.leader = -1
            return
        }
        if topic.id != .none { place.topicID = topic.id }
        let moved = partition.leader != place.leader || partition.leaderEpoch != place.leaderEpoch
        guard moved else { return }
        place.leader = partition.leader
        place.leaderEpoch = partition.leaderEpoch
        place.follower = -1
        // What the old leader still sends may be cut off from the log by now.
        place.request = 0
        if place.phase == .ready, place.positionEpoch >= 0, place.leaderEpoch >= 0 { place.phase = .validating }
    }

    func insertionIndex(_ id: TopicPartition) -> Int {
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func index(of id: TopicPartition) -> Int? {
        let at = insertionIndex(id)
        return at < places.count && places[at].id == id ? at : nil
    }

    mutating func withPlace(_ id: TopicPartition, _ change: (inout Place) -> Void) {
        guard let at = index(of: id) else { return }
        change(&places[at])
    }

    mutating func takeToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }

    mutating func takeIncarnation() -> UInt64 {
        defer { nextIncarnation += 1 }
        return nextIncarnation
    }

    mutating func countDelivery() -> UInt64 {
        deliveries += 1
        return deliveries
    }

    /// The instant of a partition's next try after one more failure.
    mutating func postpone(_ at: Int, now: UInt64) {
        places[at].retryAt = now &+ settings.retryBackoff.wait(failures: places[at].failures, random: random.next())
        places[at].failures += 1
    }
}
