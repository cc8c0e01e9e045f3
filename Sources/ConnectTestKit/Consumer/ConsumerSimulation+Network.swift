internal import FakeBroker
internal import KafkaClient
internal import KafkaProtocol

// Requests on their way, and the brokers that answer them.
extension ConsumerSimulation {
    /// Sends a request to a node or (-1) the group's coordinator.
    mutating func call(_ member: Int, _ kind: Call.Kind, node: Int32 = -1, timeout: UInt64 = 1_500_000_000) {
        nextNumber += 1
        let number = nextNumber
        var arrival = delay(0, strikes(20) ? 400 : 10)
        if node < 0 {
            if members[member].coordinator == nil {
                arrival = arrival + UInt64(1 + random.below(20)) * Self.millisecond
            }
            arrival = max(arrival, members[member].lastArrival)
            members[member].lastArrival = arrival
        }
        calls[number] = Call(number: number, member: member, life: members[member].life, node: node, kind: kind)
        queue.push(.answered(number, .fault), at: now + timeout)
        if strikes(lossRate / 2) {
            // Lost on the way; a cut connection tells soon, silence only after the time-out.
            if random.below(2) == 0 { queue.push(.answered(number, .fault), at: delay(1, 50)) }
            return
        }
        queue.push(.arrived(number), at: arrival)
    }

    mutating func arrived(_ number: UInt64) {
        guard var call = calls[number] else { return }
        if call.node < 0 {
            let known = members[call.member].coordinator ?? coordinator
            members[call.member].coordinator = known
            guard known == coordinator else { return reply(number, .moved(16)) }
            guard now >= coordinatorReadyAt else { return reply(number, .moved(14)) }
            call.node = known
            return groupCall(call)
        }
        switch call.kind {
        case .fetch(_, let plan): fetchCall(call, plan)
        case .offsets(_, let questions):
            reply(number, .offsets(questions.map { listed($0, node: call.node) }))
        case .epochs(_, let questions):
            reply(number, .epochs(questions.map { ended($0, node: call.node) }))
        case .join, .sync, .heartbeat, .leave, .commit, .committed: break
        }
    }

    /// The answer is on its way back, or gets lost there.
    mutating func reply(_ number: UInt64, _ answer: Answer) {
        if strikes(lossRate / 2) {
            if random.below(2) == 0 { queue.push(.answered(number, .fault), at: delay(1, 50)) }
            return
        }
        queue.push(.answered(number, answer), at: delay(0, strikes(20) ? 400 : 10))
    }

    // MARK: - The coordinator

    private mutating func groupCall(_ call: Call) {
        nextNumber += 1
        let ticket = nextNumber
        tickets[ticket] = call.number
        switch call.kind {
        case .join(_, let request): group.join(request, ticket: ticket, now: now)
        case .sync(_, let request): group.sync(request, ticket: ticket, now: now)
        case .heartbeat(_, let request): group.heartbeat(request, ticket: ticket, now: now)
        case .leave(_, let request): group.leave(request, ticket: ticket, now: now)
        case .commit(_, let request):
            group.commit(request, ticket: ticket, now: now)
            checkCommitted()
        case .committed(_, let request): group.fetch(request, ticket: ticket)
        case .fetch, .offsets, .epochs: break
        }
        answerGroup()
    }

    mutating func answerGroup() {
        for (ticket, answer) in group.takeReplies() {
            guard let number = tickets.removeValue(forKey: ticket) else { continue }
            reply(number, .group(answer))
        }
        guard let deadline = group.nextDeadline else { return }
        let wanted = max(deadline, now)
        guard wanted < groupTimerAt else { return }
        groupTimerAt = wanted
        queue.push(.groupTimer, at: wanted)
    }

    private mutating func checkCommitted() {
        for (slot, id) in slots.enumerated() {
            guard let offset = group.committedOffset(id.topic, id.partition) else { continue }
            if offset > seen[slot] { break_("\(offset) of \(id) is committed, seen were \(seen[slot])") }
        }
    }

    // MARK: - Partition leaders

    private mutating func fetchCall(_ call: Call, _ plan: FetchPlan) {
        let request = FetchModel.Request(
            sessionID: plan.sessionID, sessionEpoch: plan.sessionEpoch,
            entries: plan.entries.compactMap { entry in
                slot(of: entry.partition).map {
                    FetchModel.Entry(
                        slot: $0, offset: entry.offset, leaderEpoch: entry.leaderEpoch,
                        maximumBytes: Int(entry.maximumBytes))
                }
            },
            forgotten: plan.forgotten.compactMap { slot(of: $0.partition) }, maximumBytes: Int(plan.maximumBytes))
        switch brokers[Int(call.node)].begin(request) {
        case .failure(let refusal):
            reply(call.number, .fetch(FetchModel.Answer(errorCode: refusal.errorCode, sessionID: 0, parts: [])))
        case .success(let order):
            let answer = brokers[Int(call.node)].read(order, partitions)
            if answer.isWorthSending || !order.isIncremental { return reply(call.number, .fetch(answer)) }
            waiting.append((call.number, call.node, order))
            queue.push(.parked(call.number), at: now + UInt64(plan.maximumWait) * Self.millisecond)
        }
    }

    /// A held-back fetch has waited long enough.
    mutating func unpark(_ number: UInt64) {
        guard let at = waiting.firstIndex(where: { $0.call == number }) else { return }
        let (_, node, order) = waiting.remove(at: at)
        reply(number, .fetch(brokers[Int(node)].read(order, partitions)))
    }

    /// Something changed in the logs: held-back fetches that have something to bring go out.
    mutating func wakeFetches() {
        var rest: [(call: UInt64, node: Int32, order: FetchModel.Order)] = []
        for (number, node, order) in waiting {
            let answer = brokers[Int(node)].read(order, partitions)
            if answer.isWorthSending {
                reply(number, .fetch(answer))
            } else {
                rest.append((number, node, order))
            }
        }
        waiting = rest
    }

    private func listed(_ question: OffsetQuestion, node: Int32) -> ListedOffset {
        guard let slot = slot(of: question.partition) else {
            return ListedOffset(partition: question.partition, error: .unknownTopicOrPartition)
        }
        let result = partitions[slot].listOffset(question.timestamp, at: node, currentEpoch: question.leaderEpoch)
        switch result {
        case .success(let offset):
            return ListedOffset(
                partition: question.partition, error: .none, offset: offset, leaderEpoch: partitions[slot].leaderEpoch)
        case .failure(let refusal):
            return ListedOffset(partition: question.partition, error: ErrorCode(rawValue: refusal.errorCode))
        }
    }

    private func ended(_ question: EpochQuestion, node: Int32) -> EpochEnd {
        guard let slot = slot(of: question.partition) else {
            return EpochEnd(partition: question.partition, error: .unknownTopicOrPartition)
        }
        let result = partitions[slot].endOffset(
            ofEpoch: question.leaderEpoch, at: node, currentEpoch: question.currentLeaderEpoch)
        switch result {
        case .success(let end):
            return EpochEnd(
                partition: question.partition, error: .none, leaderEpoch: end.epoch, endOffset: end.offset)
        case .failure(let refusal):
            return EpochEnd(partition: question.partition, error: ErrorCode(rawValue: refusal.errorCode))
        }
    }

    // MARK: - Answers

    mutating func answered(_ number: UInt64, _ answer: Answer) {
        guard let call = calls[number] else { return }
        if isAlive(call.member, call.life), isStalled(call.member, .answered(number, answer)) { return }
        calls[number] = nil
        guard isAlive(call.member, call.life) else { return }
        if case .fault = answer { note("a request of member \(call.member) fails") }
        carryOut(call.member, tell(call, answer))
    }

    private mutating func tell(_ call: Call, _ answer: Answer) -> [ConsumerMachine.Action] {
        let member = call.member
        let at = instant
        switch call.kind {
        case .join(let token, _):
            let result: Result<GroupJoinAnswer, RequestFault>
            switch answer {
            case .group(.join(let response)): result = .success(GroupJoinAnswer(response))
            case .moved(let code): result = .success(GroupJoinAnswer(error: ErrorCode(rawValue: code)))
            default: result = .failure(.transport)
            }
            return members[member].machine.joinAnswered(token: token, result, at: at)
        case .sync(let token, _):
            let result: Result<GroupSyncAnswer, RequestFault>
            switch answer {
            case .group(.sync(let response)): result = .success(GroupSyncAnswer(response))
            case .moved(let code): result = .success(GroupSyncAnswer(error: ErrorCode(rawValue: code)))
            default: result = .failure(.transport)
            }
            return members[member].machine.syncAnswered(token: token, result, at: at)
        case .heartbeat(let token, _):
            let result: Result<ErrorCode, RequestFault>
            switch answer {
            case .group(.heartbeat(let response)): result = .success(ErrorCode(rawValue: response.errorCode))
            case .moved(let code): result = .success(ErrorCode(rawValue: code))
            default: result = .failure(.transport)
            }
            return members[member].machine.heartbeatAnswered(token: token, result, at: at)
        case .leave(let token, _): return members[member].machine.leaveAnswered(token: token, at: at)
        case .commit(let token, let request):
            let result: Result<[(TopicPartition, ErrorCode)], RequestFault>
            switch answer {
            case .group(.commit(let response)): result = .success(OffsetWire.codes(response))
            case .moved(let code):
                result = .success(
                    request.topics.flatMap { topic in
                        topic.partitions.map {
                            (TopicPartition(topic.name, $0.partitionIndex), ErrorCode(rawValue: code))
                        }
                    })
            default: result = .failure(.transport)
            }
            return members[member].machine.commitAnswered(token: token, result, at: at)
        case .committed(let token, _):
            let result: Result<CommittedAnswer, RequestFault>
            switch answer {
            case .group(.fetch(let response)):
                result = .success(OffsetWire.committed(response, groupID: Self.groupID))
            case .moved(let code): result = .success(CommittedAnswer(error: ErrorCode(rawValue: code), offsets: []))
            default: result = .failure(.transport)
            }
            return members[member].machine.committedAnswered(token: token, result, at: at)
        case .offsets(let token, _):
            guard case .offsets(let list) = answer else {
                return members[member].machine.offsetsListed(token: token, .failure(.transport), at: at)
            }
            return members[member].machine.offsetsListed(token: token, .success(list), at: at)
        case .epochs(let token, _):
            guard case .epochs(let list) = answer else {
                return members[member].machine.epochsAnswered(token: token, .failure(.transport), at: at)
            }
            return members[member].machine.epochsAnswered(token: token, .success(list), at: at)
        case .fetch(let token, _):
            guard case .fetch(let response) = answer else {
                return members[member].machine.fetched(node: call.node, token: token, .failure(.transport), at: at)
            }
            return fetched(call, token, response)
        }
    }

    private mutating func fetched(
        _ call: Call, _ token: UInt64, _ response: FetchModel.Answer
    ) -> [ConsumerMachine.Action] {
        var parts: [FetchedPartition] = []
        var data: [SimulatedData] = []
        for part in response.parts {
            let id = slots[part.slot]
            let span = FetchedSpan(
                byteCount: part.batches.reduce(0) { $0 + $1.byteCount },
                nextOffset: part.batches.last?.nextOffset ?? -1,
                leaderEpoch: part.batches.last?.leaderEpoch ?? -1, isCutShort: false)
            let (changedSpan, changedData) = members[call.member].saboteur.changed(
                id, span, SimulatedData(slot: part.slot, batches: part.batches))
            let topic: FetchedPartition.Topic =
                usesTopicIDs ? .id(Self.topicID(id.topic, usesIDs: true)) : .name(id.topic)
            parts.append(
                FetchedPartition(
                    topic: topic, partition: id.partition, error: ErrorCode(rawValue: part.errorCode),
                    highWatermark: part.highWatermark, span: changedSpan))
            data.append(changedData)
        }
        let answer = FetchAnswer(
            error: ErrorCode(rawValue: response.errorCode), sessionID: response.sessionID, partitions: parts)
        let actions = members[call.member].machine.fetched(
            node: call.node, token: token, .success(answer), at: instant)
        // Deliveries name a place in this answer, so they are taken here.
        var rest: [ConsumerMachine.Action] = []
        for action in actions {
            guard case .deliver(let delivery) = action else {
                rest.append(action)
                continue
            }
            digest.add(Int(delivery.offset))
            note("  \(call.member) gets \(delivery.partition) from \(delivery.offset), \(delivery.byteCount) bytes")
            let chunk = SimulatedChunk(
                partition: delivery.partition, incarnation: delivery.incarnation, offset: delivery.offset,
                data: data[delivery.place])
            if members[call.member].lane.mailbox.append(chunk) { wakeLane(call.member) }
        }
        return rest
    }
}
