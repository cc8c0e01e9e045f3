import KafkaProtocol

// What happens after every event, whatever it was.
extension ConsumerMachine {
    /// Does what has become possible and hands the actions over.
    mutating func finish(_ instant: Instant) -> [Action] {
        let now = instant.monotonic
        if let (_, until) = election, now >= until { computeAssignment(isLate: true, instant) }
        if closingUntil == nil, !isClosed {
            announce(now)
            askCommitted(now)
            perform(fetch.plan(now: now, wall: instant.wall))
        }
        perform(commits.plan(identity: group?.identity, now: now), instant)
        endRevocation(instant)
        return take()
    }

    mutating func take() -> [Action] {
        let actions = out
        out = []
        return actions
    }

    /// Tells the application of new partitions: of all of them together when all are positioned, after a while of those
    /// that are.
    private mutating func announce(_ now: UInt64) {
        guard let since = startedAt else { return }
        var ready: [Beginning] = []
        var waiting = 0
        for place in owned where !place.isAnnounced {
            if let position = fetch.position(place.id) {
                ready.append(Beginning(partition: place.id, offset: position.offset))
            } else {
                waiting += 1
            }
        }
        if waiting == 0 { startedAt = nil }
        guard !ready.isEmpty, waiting == 0 || now >= since &+ settings.startGrace else {
            if waiting > 0, now >= since &+ settings.startGrace { startedAt = now }
            return
        }
        for beginning in ready {
            guard let at = owned.firstIndex(where: { $0.id == beginning.partition }) else { continue }
            owned[at].isAnnounced = true
            owned[at].reported = beginning.offset
            owned[at].committed = beginning.offset
        }
        fetch.start(ready.map(\.partition))
        out.append(.event(.assigned(ready)))
        if waiting > 0 { startedAt = now }
    }

    /// Asks for the committed offsets of new partitions; one request at a time.
    private mutating func askCommitted(_ now: UInt64) {
        guard offsetQuestion == nil, now >= offsetRetryAt, settings.groupID != nil else { return }
        let wanted = owned.filter { !$0.isAnnounced && $0.start == nil && !fetch.holds($0.id) }.map(\.id)
        guard !wanted.isEmpty else { return }
        let token = takeToken()
        offsetQuestion = (token, wanted)
        out.append(.committed(token: token, wanted))
    }

    /// Commits what the application said to be done with, where the consumer is set to do that by itself.
    mutating func commitReported(of ids: [TopicPartition], _ instant: Instant) {
        guard settings.autoCommitInterval != nil else { return }
        var offsets: [CommitMachine.Offset] = []
        for at in owned.indices where owned[at].isAnnounced && ids.contains(owned[at].id) {
            guard owned[at].reported != owned[at].committed else { continue }
            owned[at].committed = owned[at].reported
            offsets.append(CommitMachine.Offset(partition: owned[at].id, offset: owned[at].reported))
        }
        guard !offsets.isEmpty else { return }
        perform(commits.commit(id: Self.ownCommit, offsets, now: instant.monotonic), instant)
    }

    mutating func perform(_ actions: [FetchMachine.Action]) {
        for action in actions {
            switch action {
            case .fetch(let node, let token, let plan): out.append(.fetch(node: node, token: token, plan))
            case .listOffsets(let node, let token, let isolation, let questions):
                out.append(.listOffsets(node: node, token: token, isolation: isolation, questions))
            case .leaderEpochs(let node, let token, let questions):
                out.append(.leaderEpochs(node: node, token: token, questions))
            case .deliver(let delivery): out.append(.deliver(delivery))
            case .refreshMetadata(let reason): out.append(.refreshMetadata(reason))
            case .positionLost(let id, let text): out.append(.positionLost(id, text))
            case .failed(let id, let code, let text): out.append(.event(.failed(id, code, text)))
            }
        }
    }

    mutating func perform(_ actions: [CommitMachine.Action], _ instant: Instant) {
        for action in actions {
            switch action {
            case .commit(let token, let identity, let offsets):
                out.append(.commit(token: token, identity, offsets))
            case .forgetCoordinator: out.append(.forgetCoordinator)
            case .done(Self.ownCommit, .committed): break
            case .done(Self.ownCommit, _):
                // The next interval tries again, with newer offsets.
                for at in owned.indices { owned[at].committed = -1 }
            case .done(let id, let outcome): out.append(.commitDone(id: id, outcome))
            case .membershipRefused(let code, let generation):
                withGroup(instant) { $0.membershipRefused(by: code, generation: generation, now: instant.monotonic) }
            }
        }
    }

    /// Whether a round is past the point where this member gave partitions away.
    var isJoining: Bool {
        switch group?.state {
        case .joining, .assigning, .syncing, .backingOff: true
        case .idle, .preparing, .stable, .expired, .abandoning, .leaving, .failed, nil: false
        }
    }

    func isSubscribed(_ topic: String) -> Bool { subscribed.contains(where: topic.hasBytes(of:)) }

    /// Names the topics that the metadata must cover: those of this consumer and the given ones of its group.
    mutating func watch(extra: [String]) {
        var topics = subscribed + extra
        if group == nil { topics += owned.map(\.id.topic) }
        let unique = ExactName.unique(topics)
        guard unique != watched else { return }
        watched = unique
        out.append(.watchTopics(unique))
    }

    mutating func end() {
        isClosed = true
        closingUntil = nil
        revocation = .none
        owned = []
        out.append(.closed)
    }

    mutating func takeToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }
}
