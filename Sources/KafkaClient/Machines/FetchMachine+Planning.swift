package import KafkaProtocol

extension FetchMachine {
    /// What the owner has to do.
    package enum Action: Sendable, Equatable {
        /// Send Fetch to a node; the answer comes back with the token.
        case fetch(node: Int32, token: UInt64, FetchPlan)
        /// Send ListOffsets to a leader.
        case listOffsets(node: Int32, token: UInt64, isolation: Int8, [OffsetQuestion])
        /// Send OffsetForLeaderEpoch to a leader.
        case leaderEpochs(node: Int32, token: UInt64, [EpochQuestion])
        /// Hand the span of the given place in the answer to the application.
        case deliver(FetchDelivery)
        /// Ask for new metadata.
        case refreshMetadata(String)
        /// The log does not hold a position any more, and another one is taken, as the policy says.
        case positionLost(TopicPartition, String)
        /// A partition cannot go on by itself.
        case failed(TopicPartition, ErrorCode, String)
    }

    /// Names the requests that are due now, in the order of partitions and nodes.
    ///
    /// - Parameter wall: milliseconds since the epoch; only a reset by duration looks at it.
    package mutating func plan(now: UInt64, wall: Int64) -> [Action] {
        var actions: [Action] = []
        askQuestions(now: now, wall: wall, into: &actions)
        planFetches(now: now, into: &actions)
        return actions
    }

    /// When ``plan(now:wall:)`` is due although nothing happened, nil when never.
    package func nextDeadline(after now: UInt64) -> UInt64? {
        var earliest: UInt64?
        for place in places where place.request == 0 && place.retryAt > now && place.phase != .broken {
            earliest = min(earliest ?? .max, place.retryAt)
        }
        for session in sessions where session.request == 0 && session.retryAt > now {
            earliest = min(earliest ?? .max, session.retryAt)
        }
        return earliest
    }
}

// MARK: - Resets and validations

extension FetchMachine {
    private mutating func askQuestions(now: UInt64, wall: Int64, into actions: inout [Action]) {
        var nodes: [Int32] = []
        var isLeaderless = false
        for at in places.indices where places[at].request == 0 && places[at].retryAt <= now {
            guard places[at].leader >= 0 else {
                if places[at].phase == .broken { continue }
                isLeaderless = true
                postpone(at, now: now)
                continue
            }
            switch places[at].phase {
            // Undelivered data first: what the application has not seen cannot be taken back from it.
            case .resetting where places[at].buffered == 0, .validating where places[at].buffered == 0: break
            case .resetting, .validating, .ready, .broken: continue
            }
            Self.insert(places[at].leader, into: &nodes)
        }
        if isLeaderless { actions.append(.refreshMetadata("a partition has no leader")) }
        for node in nodes {
            askOffsets(node, now: now, wall: wall, into: &actions)
            askEpochs(node, now: now, into: &actions)
        }
    }

    private mutating func askOffsets(_ node: Int32, now: UInt64, wall: Int64, into actions: inout [Action]) {
        var questions: [OffsetQuestion] = []
        var asked: [(id: TopicPartition, incarnation: UInt64)] = []
        let token = takeToken()
        for at in places.indices where isDue(at, at: node, now: now) {
            guard case .resetting(let chosen) = places[at].phase, places[at].buffered == 0 else { continue }
            var timestamp = chosen ?? -1
            if chosen == nil, case .byDuration(let age) = settings.reset {
                timestamp = max(0, wall.subtractingReportingOverflow(age).partialValue)
            }
            places[at].request = token
            asked.append((places[at].id, places[at].incarnation))
            questions.append(
                OffsetQuestion(
                    partition: places[at].id, leaderEpoch: places[at].leaderEpoch, timestamp: timestamp))
        }
        guard !questions.isEmpty else { return }
        self.questions.append(FetchQuestion(token: token, node: node, asked: asked))
        actions.append(.listOffsets(node: node, token: token, isolation: isolation, questions))
    }

    private mutating func askEpochs(_ node: Int32, now: UInt64, into actions: inout [Action]) {
        var questions: [EpochQuestion] = []
        var asked: [(id: TopicPartition, incarnation: UInt64)] = []
        let token = takeToken()
        for at in places.indices where isDue(at, at: node, now: now) {
            guard places[at].phase == .validating, places[at].buffered == 0 else { continue }
            guard places[at].leaderEpoch >= 0 else {
                // The broker does not tell epochs: there is nothing to compare with.
                places[at].phase = .ready
                continue
            }
            places[at].request = token
            asked.append((places[at].id, places[at].incarnation))
            questions.append(
                EpochQuestion(
                    partition: places[at].id, currentLeaderEpoch: places[at].leaderEpoch,
                    leaderEpoch: places[at].positionEpoch))
        }
        guard !questions.isEmpty else { return }
        self.questions.append(FetchQuestion(token: token, node: node, asked: asked))
        actions.append(.leaderEpochs(node: node, token: token, questions))
    }

    private func isDue(_ at: Int, at node: Int32, now: UInt64) -> Bool {
        places[at].leader == node && places[at].request == 0 && places[at].retryAt <= now
    }

    var isolation: Int8 { settings.isReadCommitted ? 1 : 0 }

    private static func insert(_ node: Int32, into nodes: inout [Int32]) {
        let at = nodes.firstIndex { $0 >= node } ?? nodes.count
        if at == nodes.count || nodes[at] != node { nodes.insert(node, at: at) }
    }
}

// MARK: - Fetches

extension FetchMachine {
    private mutating func planFetches(now: UInt64, into actions: inout [Action]) {
        var nodes: [Int32] = []
        for at in places.indices where isFetchable(at, now: now) { Self.insert(source(at, now: now), into: &nodes) }
        for node in nodes {
            let slot = sessionIndex(node)
            guard sessions[slot].request == 0, sessions[slot].retryAt <= now else { continue }
            planFetch(slot, now: now, into: &actions)
        }
    }

    private mutating func planFetch(_ slot: Int, now: UInt64, into actions: inout [Action]) {
        let node = sessions[slot].node
        var wanted: [FetchEntry] = []
        var order: [(served: UInt64, entry: FetchEntry)] = []
        var hasMore = false
        var waitsForApplication = false
        for at in places.indices where places[at].phase == .ready && source(at, now: now) == node {
            if places[at].buffered > 0, !places[at].isPaused { waitsForApplication = true }
            guard isFetchable(at, now: now) else { continue }
            if places[at].position < places[at].highWatermark { hasMore = true }
            let entry = FetchEntry(
                partition: places[at].id, topicID: places[at].topicID, offset: places[at].position,
                leaderEpoch: places[at].leaderEpoch, maximumBytes: settings.maximumPartitionBytes)
            wanted.append(entry)
            order.append((places[at].served, entry))
        }
        // The broker would hold a request back that has nothing to bring, and with it the partitions that the
        // application is about to empty.
        if waitsForApplication, !hasMore { return }
        guard let room = room(for: wanted.count) else { return }
        let token = takeToken()
        order.sort { $0.served < $1.served || ($0.served == $1.served && $0.entry.partition < $1.entry.partition) }
        let request = sessions[slot].next(wanted, servedOrder: order.map(\.entry))
        let isIdle = sessions[slot].isIdle && request.entries.isEmpty && request.forgotten.isEmpty
        let wait = isIdle ? idleWait(now) : settings.maximumWait
        sessions[slot].sent(token: token, wait: UInt64(max(wait, 0)) * 1_000_000, now: now)
        for entry in wanted { withPlace(entry.partition) { $0.request = token } }
        actions.append(
            .fetch(
                node: node, token: token,
                FetchPlan(
                    maximumWait: wait, minimumBytes: settings.minimumBytes, maximumBytes: room,
                    isolation: isolation, sessionID: request.id, sessionEpoch: request.epoch,
                    entries: request.entries, forgotten: request.forgotten, rack: settings.rack,
                    usesNames: sessions[slot].usesNames)))
    }

    /// Shorter than the longest by a sixteenth at most, and ending where those of other consumers end: hundreds of idle ones
    /// then wake the process a few times a second.
    private func idleWait(_ now: UInt64) -> Int32 {
        let longest = settings.maximumIdleWait
        guard longest > settings.maximumWait, longest >= 16 else { return longest }
        let step = UInt64(longest / 16)
        return longest - Int32((now / 1_000_000 + UInt64(longest)) % step)
    }

    /// The most bytes the next request may bring; nil while the application has enough to do.
    ///
    /// What is not buffered is shared out evenly among the nodes, so that requests that wait for data at idle nodes keep
    /// nothing from the busy ones. What is buffered of paused partitions alone, which nobody takes, leaves room for one
    /// partition's worth.
    private func room(for count: Int) -> Int32? {
        guard count > 0 else { return nil }
        let partition = Int(settings.maximumPartitionBytes)
        let left = settings.budget - bufferedBytes
        guard left >= partition || !places.contains(where: { $0.buffered > 0 && !$0.isPaused }) else { return nil }
        let share = max(left / max(sessions.count, 1), partition)
        let most = min(Int(settings.maximumBytes), count.multipliedReportingOverflow(by: partition).partialValue, share)
        return Int32(clamping: most)
    }

    private func isFetchable(_ at: Int, now: UInt64) -> Bool {
        places[at].isStarted && !places[at].isPaused && places[at].phase == .ready && places[at].leader >= 0
            && places[at].buffered == 0 && places[at].request == 0 && places[at].retryAt <= now
    }

    /// The node to read a partition from.
    private func source(_ at: Int, now: UInt64) -> Int32 {
        let follower = places[at].follower
        return follower >= 0 && now < places[at].followerUntil && snapshot.broker(follower) != nil
            ? follower : places[at].leader
    }

    private mutating func sessionIndex(_ node: Int32) -> Int {
        let at = sessions.firstIndex { $0.node >= node } ?? sessions.count
        if at == sessions.count || sessions[at].node != node { sessions.insert(FetchSession(node: node), at: at) }
        return at
    }
}
