import KafkaProtocol

// Rounds of the group: giving partitions away, assigning as the leader, taking partitions in.
extension ConsumerMachine {
    mutating func withGroup(_ instant: Instant, _ event: (inout GroupMachine) -> [GroupMachine.Action]) {
        guard var machine = group else { return }
        // Taken out for the call, so that the machine is changed in place and not copied.
        group = nil
        let actions = event(&machine)
        group = machine
        for action in actions { perform(action, instant) }
    }

    mutating func perform(_ action: GroupMachine.Action, _ instant: Instant) {
        switch action {
        case .send(let request): out.append(.group(request))
        case .forgetCoordinator: out.append(.forgetCoordinator)
        case .prepareJoin: prepareJoin(instant)
        case .computeAssignment(let election):
            self.election = (election, instant.monotonic &+ settings.startGrace)
            watch(extra: ConsumerAssignor.topics(of: election.members))
            computeAssignment(isLate: false, instant)
        case .assignmentKept(let members): keepAssignment(of: members)
        case .assigned(let answer): assigned(answer, instant)
        case .membershipLost:
            isIdentityLost = true
            assignedFrom = nil
            election = nil
            perform(commits.membershipLost(), instant)
        case .pollIntervalExceeded: lose()
        case .left:
            if closingUntil != nil { end() }
        case .failed(let code, let text):
            lose()
            out.append(.event(.failed(nil, code, text)))
        }
    }

    /// A round begins: what this mode demands is given away first.
    private mutating func prepareJoin(_ instant: Instant) {
        election = nil
        isJoinHeld = false
        commits.roundBegins()
        switch revocation {
        case .application(let ids, _): revocation = .application(ids, .join)
        case .commits(let ids, let next): revocation = .commits(ids, next == .leave ? .leave : .join)
        case .none:
            if isIdentityLost {
                lose()
                join(instant)
            } else {
                let going = isCooperative ? owned.map(\.id).filter { !isSubscribed($0.topic) } : owned.map(\.id)
                revoke(going, then: .join, instant)
            }
        }
    }

    /// Gives partitions away: in order, with the application's consent where it knows of them.
    private mutating func revoke(_ ids: [TopicPartition], then next: Revocation.Next, _ instant: Instant) {
        fetch.remove(ids)
        let known = ids.filter { id in owned.contains { $0.id == id && $0.isAnnounced } }
        owned.removeAll { !$0.isAnnounced && ids.contains($0.id) }
        guard !known.isEmpty else {
            follow(next, instant)
            return
        }
        revocation = .application(known, next)
        out.append(.drop(known))
        out.append(.event(.revoking(known)))
    }

    /// The partitions are another's already: the application is told, nothing of them is committed any more. What it is
    /// giving away at this moment it goes on giving away.
    private mutating func lose() {
        var going: [TopicPartition] = []
        switch revocation {
        case .application(let ids, _), .commits(let ids, _): going = ids
        case .none: break
        }
        let gone = owned.filter { !going.contains($0.id) }
        fetch.remove(gone.map(\.id))
        owned.removeAll { !going.contains($0.id) }
        offsetQuestion = nil
        startedAt = nil
        let known = gone.filter(\.isAnnounced).map(\.id)
        guard !known.isEmpty else { return }
        countLoss()
        isLossUnseen = true
        out.append(.drop(known))
        out.append(.event(.lost(known)))
    }

    /// Called after every event: lets go once the commits of a revocation are through.
    mutating func endRevocation(_ instant: Instant) {
        guard case .commits(let ids, let next) = revocation, commits.isIdle else { return }
        revocation = .none
        owned.removeAll { ids.contains($0.id) }
        follow(next, instant)
    }

    private mutating func follow(_ next: Revocation.Next, _ instant: Instant) {
        switch next {
        case .join: join(instant)
        case .rejoin:
            withGroup(instant) {
                $0.requestRejoin(reason: "need to revoke partitions and re-join", now: instant.monotonic)
            }
        case .leave:
            guard group != nil else {
                end()
                return
            }
            withGroup(instant) { $0.leave(reason: "the consumer is being closed", now: instant.monotonic) }
        }
    }

    private mutating func join(_ instant: Instant) {
        // Lost while the last partitions were given away: the rest went with the membership.
        if isIdentityLost { lose() }
        // An application that still works on what was lost must not look like a sound member.
        guard !isLossUnseen else {
            isJoinHeld = true
            return
        }
        let kept = isCooperative ? owned.map(\.id) : []
        let offers = settings.assignors.map {
            $0.offer(topics: subscribed, owned: kept, generation: lastGeneration, rack: settings.fetch.rack)
        }
        withGroup(instant) { $0.prepared(protocols: offers, now: instant.monotonic) }
    }

    mutating func lossSeen(_ instant: Instant) {
        isLossUnseen = false
        guard isJoinHeld else { return }
        isJoinHeld = false
        join(instant)
    }

    private var lastGeneration: Int32 { isIdentityLost ? -1 : (group?.generation ?? -1) }

    /// A round ended: takes in what is new, gives away what is another's (only where partitions are kept through rounds).
    private mutating func assigned(_ answer: GroupAnswer, _ instant: Instant) {
        isIdentityLost = false
        let target: [TopicPartition]
        do throws(ProtocolError) {
            target = try ConsumerAssignor.partitions(of: answer.assignment)
        } catch {
            out.append(.event(.failed(nil, .unknownServerError, "the leader's assignment cannot be read: \(error)")))
            return
        }
        if answer.leaderID != answer.memberID {
            assignedFrom = nil
            watch(extra: [])
        }
        let added = target.filter { id in !owned.contains { $0.id == id } }
        let gone = owned.map(\.id).filter { !target.contains($0) }
        perform(commits.rebalanced { id in target.contains(id) || gone.contains(id) }, instant)
        if added.isEmpty, gone.isEmpty { out.append(.event(.assigned([]))) }
        take(added.map { ($0, nil) }, at: instant)
        if autoCommitDue == nil { autoCommitDue = settings.autoCommitInterval.map { instant.monotonic &+ $0 } }
        if !gone.isEmpty { revoke(gone, then: .rejoin, instant) }
        // What has changed while the assignment was on its way to the coordinator and back.
        checkAssignedFrom(instant)
    }

    /// Takes partitions in that the application does not know of yet; sorted.
    mutating func take(_ partitions: [(TopicPartition, FetchMachine.Start?)], at instant: Instant) {
        guard !partitions.isEmpty else { return }
        var starts: [(TopicPartition, FetchMachine.Start)] = []
        for (id, start) in partitions {
            var place = Owned(id: id)
            place.start = start ?? (settings.groupID == nil ? .reset : nil)
            if let start = place.start { starts.append((id, start)) }
            owned.append(place)
        }
        owned.sort { $0.id < $1.id }
        fetch.assign(starts)
        offsetRetryAt = 0
        startedAt = instant.monotonic
    }
}

// MARK: - Leading

extension ConsumerMachine {
    /// Assigns to all members, once the metadata covers the topics of all of them (or the wait for it is over).
    mutating func computeAssignment(isLate: Bool, _ instant: Instant) {
        guard let (election, _) = election else { return }
        let topics = ConsumerAssignor.topics(of: election.members)
        if !isLate, topics.contains(where: { snapshot.topic($0) == nil }) {
            out.append(.refreshMetadata("the group's topics are to be assigned"))
            return
        }
        self.election = nil
        guard let assignor = settings.assignors.first(where: { $0.name == election.protocolName }) else { return }
        let counts = topics.map { ($0, snapshot.topic($0)?.partitions.count ?? 0) }
        assignedFrom = counts.map { (topic: $0.0, partitions: Optional($0.1)) }
        let assignments = assignor.assign(members: election.members, topics: counts)
        withGroup(instant) { $0.assignmentComputed(assignments, now: instant.monotonic) }
    }

    /// The assignment in force is another's work, or that of an earlier life. As Java's consumer this one takes it to be made
    /// from the topics as they are now; those that the metadata does not name yet, as they will be when it does.
    private mutating func keepAssignment(of members: [GroupMember]) {
        let topics = ConsumerAssignor.topics(of: members)
        watch(extra: topics)
        assignedFrom = topics.map { (topic: $0, partitions: partitionCount(of: $0)) }
    }

    /// Nil while nothing is known: a passing error of the metadata is not news about a topic.
    private func partitionCount(of name: String) -> Int? {
        guard let topic = snapshot.topic(name),
            topic.errorCode == 0 || topic.errorCode == ErrorCode.unknownTopicOrPartition.rawValue
        else { return nil }
        return topic.partitions.count
    }

    /// The leader's duty to begin another round when the topics it assigned from have changed.
    mutating func checkAssignedFrom(_ instant: Instant) {
        guard var before = assignedFrom, group?.state == .stable, group?.isLeader == true else { return }
        for at in before.indices where before[at].partitions == nil {
            before[at].partitions = partitionCount(of: before[at].topic)
        }
        assignedFrom = before
        let changed = before.first { entry in
            partitionCount(of: entry.topic).map { $0 != entry.partitions } ?? false
        }
        guard let changed else { return }
        assignedFrom = nil
        withGroup(instant) {
            $0.requestRejoin(reason: "the partitions of \(changed.topic) have changed", now: instant.monotonic)
        }
    }
}
