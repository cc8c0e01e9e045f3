internal import FakeBroker
internal import KafkaClient

// The consumers and their applications.
extension ConsumerSimulation {
    private var settings: ConsumerMachine.Settings {
        var settings = ConsumerMachine.Settings()
        let millisecond = Self.millisecond
        let backoff = Backoff(initial: 50 * millisecond, maximum: 400 * millisecond)
        settings.groupID = Self.groupID
        settings.group = GroupMachine.Settings(
            groupID: Self.groupID, protocolType: "consumer", sessionTimeout: 2_000 * millisecond,
            rebalanceTimeout: 3_000 * millisecond, heartbeatInterval: 500 * millisecond,
            requestTimeout: 1_500 * millisecond, retryBackoff: backoff)
        settings.fetch.reset = .earliest
        settings.fetch.retryBackoff = backoff
        settings.fetch.maximumBytes = 600
        settings.fetch.maximumPartitionBytes = 250
        settings.fetch.maximumWait = 1_000
        settings.fetch.budget = 1_200
        settings.assignors = isCooperative ? [.cooperativeSticky] : [.range, .cooperativeSticky]
        settings.apiTimeout = 6_000 * millisecond
        settings.requestTimeout = 1_500 * millisecond
        settings.retryBackoff = backoff
        settings.startGrace = 1_000 * millisecond
        return settings
    }

    mutating func start(_ member: Int) {
        guard !members[member].isAlive else { return }
        var fresh = Member()
        fresh.life = members[member].life + 1
        fresh.isAlive = true
        fresh.machine = ConsumerMachine(settings: settings, seed: random.next())
        fresh.saboteur = ConsumerSaboteur(sabotage)
        members[member] = fresh
        note("member \(member) starts")
        refreshMetadata(member)
        queue.push(.commitTick(member: member, life: fresh.life), at: delay(100, 300))
        carryOut(member, members[member].machine.subscribe(["a", "b"], at: instant))
    }

    mutating func close(_ member: Int) {
        guard members[member].isAlive, !members[member].isClosing else { return }
        note("member \(member) closes")
        members[member].isClosing = true
        members[member].lane.held = []
        carryOut(member, members[member].machine.close(at: instant))
    }

    mutating func crash(_ member: Int) {
        guard members[member].isAlive else { return }
        note("member \(member) dies")
        members[member].isAlive = false
        members[member].lane = SimulatedLane()
        queue.push(.start(member), at: delay(10, 3_000))
    }

    // MARK: - What the machine wants

    mutating func carryOut(_ member: Int, _ actions: [ConsumerMachine.Action]) {
        for planned in actions {
            digest.add(now)
            digest.take(planned)
            note("  \(member) → \(planned)")
            guard let action = members[member].saboteur.changed(planned) else { continue }
            carryOut(member, action)
        }
        guard members[member].isAlive, let deadline = members[member].machine.nextDeadline(after: now) else { return }
        let wanted = max(deadline, now)
        guard wanted < members[member].timerAt else { return }
        members[member].timerAt = wanted
        queue.push(.timer(member: member, life: members[member].life), at: wanted)
    }

    private mutating func carryOut(_ member: Int, _ action: ConsumerMachine.Action) {
        switch action {
        case .group(let request):
            switch request.body {
            case .join(let join): call(member, .join(token: request.token, join.wire), timeout: request.timeout)
            case .sync(let sync): call(member, .sync(token: request.token, sync.wire), timeout: request.timeout)
            case .heartbeat(let beat):
                call(member, .heartbeat(token: request.token, beat.wire), timeout: request.timeout)
            case .leave(let leave): call(member, .leave(token: request.token, leave.wire), timeout: request.timeout)
            }
        case .commit(let token, let identity, let offsets):
            call(member, .commit(token: token, OffsetWire.commit(groupID: Self.groupID, identity, offsets)))
        case .committed(let token, let ids):
            call(member, .committed(token: token, OffsetWire.fetch(groupID: Self.groupID, ids)))
        case .fetch(let node, let token, let plan): call(member, .fetch(token: token, plan), node: node)
        case .listOffsets(let node, let token, _, let questions):
            call(member, .offsets(token: token, questions), node: node)
        case .leaderEpochs(let node, let token, let questions):
            call(member, .epochs(token: token, questions), node: node)
        case .forgetCoordinator: members[member].coordinator = nil
        case .refreshMetadata: refreshMetadata(member)
        case .positionLost: break
        case .watchTopics: break
        case .deliver: break_("data was delivered outside of an answer")
        case .drop(let ids): members[member].lane.mailbox.drop(ids)
        case .event(let event):
            if members[member].saboteur.hides(event) {
                if case .lost = event {
                    carryOut(member, members[member].machine.lossHandled(at: instant))
                } else {
                    carryOut(member, members[member].machine.revocationFinished(at: instant))
                }
                return
            }
            let outcome = members[member].lane.mailbox.append(event, losses: members[member].machine.losses)
            if outcome.wakes { wakeLane(member) }
            if outcome.isUnknown {
                if case .lost = event {
                    carryOut(member, members[member].machine.lossHandled(at: instant))
                } else {
                    carryOut(member, members[member].machine.revocationFinished(at: instant))
                }
            }
        case .commitDone(let id, let outcome): commitDone(member, id, outcome)
        case .closed:
            members[member].isAlive = false
            members[member].lane = SimulatedLane()
            queue.push(.start(member), at: delay(10, 2_000))
        }
    }

    // MARK: - Metadata

    private mutating func refreshMetadata(_ member: Int) {
        // What the answer says was true when the broker wrote it, not when it arrives.
        let leaders = partitions.map { ($0.leader, $0.leaderEpoch) }
        queue.push(
            .metadata(member: member, life: members[member].life, leaders: leaders),
            at: strikes(50) ? delay(300, 1_200) : delay(1, 60))
    }

    mutating func metadataCame(_ member: Int, _ life: Int, _ leaders: [(Int32, Int32)]) {
        guard isAlive(member, life), !isStalled(member, .metadata(member: member, life: life, leaders: leaders)) else {
            return
        }
        // An older epoch is never taken for a newer one (kafka-client.md §5).
        var known = members[member].leaders
        if known.isEmpty { known = leaders }
        for slot in known.indices where leaders[slot].1 >= known[slot].1 { known[slot] = leaders[slot] }
        members[member].leaders = known
        var topics: [MetadataSnapshot.Topic] = []
        for name in ["a", "b"] {
            var parts: [MetadataSnapshot.Partition] = []
            for (slot, id) in slots.enumerated() where id.topic == name {
                parts.append(
                    MetadataSnapshot.Partition(index: id.partition, leader: known[slot].0, leaderEpoch: known[slot].1))
            }
            topics.append(
                MetadataSnapshot.Topic(name: name, id: Self.topicID(name, usesIDs: usesTopicIDs), partitions: parts))
        }
        carryOut(member, members[member].machine.topologyChanged(MetadataSnapshot(topics: topics), at: instant))
    }

    static func topicID(_ name: String, usesIDs: Bool) -> MetadataSnapshot.TopicID {
        usesIDs ? MetadataSnapshot.TopicID(high: 1, low: name == "a" ? 1 : 2) : .none
    }

    // MARK: - The application

    mutating func wakeLane(_ member: Int) {
        guard !members[member].lane.isScheduled else { return }
        members[member].lane.isScheduled = true
        carryOut(member, members[member].machine.applicationOwesPoll(since: now, at: instant))
        queue.push(.lane(member: member, life: members[member].life), at: delay(0, 3))
    }

    mutating func runLane(_ member: Int) {
        guard !members[member].isClosing, members[member].lane.revoking == nil else { return }
        if members[member].lane.mailbox.takeLossHandled() {
            carryOut(member, members[member].machine.lossHandled(at: instant))
        }
        guard let entry = members[member].lane.mailbox.next(maximumBytes: 200) else {
            carryOut(member, members[member].machine.applicationOwesPoll(since: nil, at: instant))
            return
        }
        carryOut(member, members[member].machine.applicationOwesPoll(since: now, at: instant))
        switch entry {
        case .event(.assigned(let beginnings)): assigned(member, beginnings)
        case .event(.revoking(let ids)):
            members[member].lane.revoking = ids
            commit(member, ids)
            if members[member].lane.commitUnderWay == nil { finishRevocation(member) }
            return
        case .event(.lost(let ids)):
            members[member].lane.held.removeAll { ids.contains($0.id) }
        case .event(.failed(let id, let code, let text)):
            break_("member \(member) failed: \(String(describing: id)) \(code) \(text)")
        case .chunk(let chunk): consume(member, chunk)
        case .committed: break
        }
        members[member].lane.isScheduled = true
        queue.push(.lane(member: member, life: members[member].life), at: delay(1, 20))
    }

    private mutating func assigned(_ member: Int, _ beginnings: [ConsumerMachine.Beginning]) {
        for beginning in beginnings {
            guard let slot = slot(of: beginning.partition) else { return break_("an unknown partition was assigned") }
            let committed = group.committedOffset(beginning.partition.topic, beginning.partition.partition) ?? 0
            if beginning.offset > committed {
                break_("\(beginning.partition) starts at \(beginning.offset), beyond the committed \(committed)")
            }
            if members[member].lane.held.contains(where: { $0.slot == slot }) {
                break_("\(beginning.partition) was assigned twice")
            }
            // One that was put out of the group and does not know it yet may do as it likes.
            for (number, other) in members.enumerated()
            where number != member && other.isAlive && isSound(other) && isSound(members[member]) {
                guard other.lane.held.contains(where: { $0.slot == slot }) else { continue }
                break_("\(beginning.partition) is held by members \(member) and \(number)")
            }
            members[member].lane.held.append(
                SimulatedLane.Held(
                    slot: slot, id: beginning.partition, next: beginning.offset, committed: beginning.offset))
        }
    }

    /// Whether the coordinator knows the membership under which the member believes to be.
    private func isSound(_ member: Member) -> Bool {
        guard let identity = member.machine.membership else { return false }
        return group.hasMember(identity.memberID) && identity.generation == group.generation
    }

    private mutating func consume(_ member: Int, _ chunk: SimulatedChunk) {
        carryOut(
            member,
            members[member].machine.taken(
                chunk.partition, incarnation: chunk.incarnation, bytes: chunk.byteCount, at: instant))
        guard let at = members[member].lane.held.firstIndex(where: { $0.id == chunk.partition }) else {
            return break_("member \(member) got records of \(chunk.partition), which it does not hold")
        }
        let slot = members[member].lane.held[at].slot
        for batch in chunk.data.batches {
            let next = members[member].lane.held[at].next
            // Batches below the start were asked for with the one that holds it.
            if batch.nextOffset <= next { continue }
            guard batch.baseOffset <= next else {
                return break_("member \(member) expects \(next) of \(chunk.partition) and gets \(batch.baseOffset)")
            }
            guard
                partitions[slot].log.contains(where: {
                    $0.payload == batch.payload && $0.baseOffset == batch.baseOffset
                })
            else { return break_("member \(member) got records of \(chunk.partition) that are not in the log") }
            members[member].lane.held[at].next = batch.nextOffset
            if next > seen[slot] { return break_("records of \(chunk.partition) before \(next) were never seen") }
            seen[slot] = max(seen[slot], batch.nextOffset)
        }
        let held = members[member].lane.held[at]
        members[member].machine.consumed(held.id, upTo: held.next, losses: members[member].lane.mailbox.losses)
        if random.below(6) == 0 { commit(member, members[member].lane.held.map(\.id)) }
    }

    mutating func commitTick(_ member: Int) {
        guard !members[member].isClosing, members[member].lane.revoking == nil else { return }
        commit(member, members[member].lane.held.map(\.id))
    }

    private mutating func commit(_ member: Int, _ ids: [TopicPartition]) {
        guard members[member].lane.commitUnderWay == nil else { return }
        var offsets: [CommitMachine.Offset] = []
        for held in members[member].lane.held where ids.contains(held.id) && held.next != held.committed {
            offsets.append(CommitMachine.Offset(partition: held.id, offset: held.next))
        }
        guard !offsets.isEmpty else { return }
        nextNumber += 1
        members[member].lane.commitUnderWay = nextNumber
        members[member].lane.committing = offsets
        carryOut(
            member,
            members[member].machine.commit(
                id: nextNumber, offsets, losses: members[member].lane.mailbox.losses, at: instant))
    }

    private mutating func commitDone(_ member: Int, _ id: UInt64, _ outcome: CommitMachine.Outcome) {
        guard members[member].lane.commitUnderWay == id else { return }
        members[member].lane.commitUnderWay = nil
        if outcome == .committed {
            for offset in members[member].lane.committing {
                guard let at = members[member].lane.held.firstIndex(where: { $0.id == offset.partition }) else {
                    continue
                }
                members[member].lane.held[at].committed = offset.offset
            }
        }
        if members[member].lane.revoking != nil { finishRevocation(member) }
    }

    private mutating func finishRevocation(_ member: Int) {
        guard let ids = members[member].lane.revoking else { return }
        members[member].lane.revoking = nil
        members[member].lane.held.removeAll { ids.contains($0.id) }
        carryOut(member, members[member].machine.revocationFinished(at: instant))
        guard !members[member].lane.isScheduled else { return }
        members[member].lane.isScheduled = true
        queue.push(.lane(member: member, life: members[member].life), at: delay(0, 5))
    }
}
