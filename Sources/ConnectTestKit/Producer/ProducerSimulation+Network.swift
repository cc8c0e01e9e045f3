internal import FakeBroker
internal import KafkaClient

extension ProducerSimulation {
    // MARK: - The client's end

    mutating func connect(_ node: Int32) {
        let place = Int(node)
        links[place].connection += 1
        if strikes(60) {
            producer.machine.nodeUnready(node, now: clientNow)
            return
        }
        queue.push(.connected(node: node, connection: links[place].connection), at: delay(1, strikes(50) ? 2000 : 30))
    }

    mutating func connected(_ node: Int32, _ connection: Int) {
        guard links[Int(node)].connection == connection else { return }
        links[Int(node)].isOpen = true
        producer.machine.nodeReady(node, now: clientNow)
    }

    mutating func send(_ command: ProduceCommand) {
        let place = Int(command.node)
        guard links[place].isOpen else {
            producer.machine.produceFailed(request: command.request, .notSent, now: clientNow)
            return
        }
        var parts: [(slot: Int, batch: ModelBatch)] = []
        for part in command.parts {
            if let stamp = part.stamp { batches[part.batch].header = stamp }
            let batch = batches[part.batch]
            let header = batch.header
            parts.append(
                (
                    part.slot,
                    ModelBatch(
                        recordCount: batch.recordCount, producerID: header?.identity.id ?? -1,
                        producerEpoch: header?.identity.epoch ?? -1, baseSequence: header?.baseSequence ?? -1,
                        payload: batch.firstRecord)
                ))
        }
        let request = Request(
            number: command.request, connection: links[place].connection, node: command.node, parts: parts)
        links[place].waiting.append(request)
        queue.push(.overdue(request), at: now + 30_000 * Self.millisecond)
        if strikes(15) { return }  // lost on the way: only the time-out tells
        let arrival = max(delay(0, strikes(30) ? 3000 : 10), links[place].lastArrival)
        links[place].lastArrival = arrival
        queue.push(.arrived(request), at: arrival)
    }

    mutating func answered(_ request: Request, _ answers: [ProduceAnswer]) {
        let place = Int(request.node)
        guard links[place].connection == request.connection, links[place].isOpen,
            let index = links[place].waiting.firstIndex(where: { $0.number == request.number })
        else { return }
        guard index == 0 else {
            // An earlier answer was lost: a client that sees a wrong correlation id gives the connection up.
            close(request.node, because: .disconnected)
            return
        }
        links[place].waiting.removeFirst()
        producer.produceAnswered(request: request.number, answers, now: clientNow)
    }

    mutating func overdue(_ request: Request) {
        let link = links[Int(request.node)]
        guard link.connection == request.connection, link.isOpen,
            link.waiting.contains(where: { $0.number == request.number })
        else { return }
        close(request.node, because: .timedOut)
    }

    mutating func cut(_ node: Int32) {
        note("cut node \(node)")
        let place = Int(node)
        // What the broker has read it may still carry out.
        if random.below(2) == 0 { links[place].inbox.removeAll() }
        if links[place].isOpen { close(node, because: .disconnected) }
    }

    private mutating func close(_ node: Int32, because reason: RequestFailure) {
        let place = Int(node)
        let waiting = links[place].waiting
        links[place].waiting.removeAll()
        links[place].isOpen = false
        links[place].connection += 1
        producer.machine.nodeUnready(node, now: clientNow)
        for request in waiting {
            producer.machine.produceFailed(request: request.number, reason, now: clientNow)
        }
    }

    // MARK: - The broker's end

    mutating func arrived(_ request: Request) {
        let place = Int(request.node)
        // A request of a closed connection is dropped or, when it was read before, carried out all the same.
        if links[place].connection != request.connection, random.below(2) == 0 { return }
        links[place].inbox.append(request)
        begin(place)
    }

    private mutating func begin(_ place: Int) {
        guard !links[place].isBusy, !links[place].inbox.isEmpty else { return }
        let request = links[place].inbox.removeFirst()
        links[place].isBusy = true
        var answers: [ProduceAnswer] = []
        var epochs: [Int32] = []
        for part in request.parts {
            answers.append(append(part.slot, part.batch, at: request.node))
            epochs.append(cluster.partitions[part.slot].leaderEpoch)
        }
        queue.push(
            .replicated(
                node: request.node, connection: request.connection, request, answers: answers, epochs: epochs),
            at: delay(0, strikes(60) ? 1500 : 8))
    }

    /// One partition of a Produce request, as the node carries it out.
    private mutating func append(_ slot: Int, _ batch: ModelBatch, at node: Int32) -> ProduceAnswer {
        var answer = ProduceAnswer(slot: slot, errorCode: 0)
        guard cluster.partitions[slot].leader == node else {
            answer.errorCode = 6
            if random.below(2) == 0 {
                answer.hintedLeader = cluster.partitions[slot].leader
                answer.hintedEpoch = cluster.partitions[slot].leaderEpoch
            }
            return answer
        }
        if batch.recordCount > maximumRecords {
            answer.errorCode = 10
            return answer
        }
        if scenario == .refusing, strikes(40) {
            answer.errorCode = random.below(2) == 0 ? 87 : 32
            return answer
        }
        if scenario == .fenced, strikes(20) {
            answer.errorCode = 90
            return answer
        }
        if strikes(40) {
            let codes: [Int16] = [19, 5, 3, 56, 2, 19]
            answer.errorCode = codes[random.below(codes.count)]
            return answer
        }
        switch cluster.partitions[slot].append(batch) {
        case .appended(let offset), .duplicate(let offset):
            answer.baseOffset = offset
            if strikes(40) {
                let codes: [Int16] = [7, 20, 6, 56, 3, scenario == .refusing ? -1 : 7]
                answer.errorCode = codes[random.below(codes.count)]
            }
        case .refused(let code):
            answer.errorCode = code
        }
        return answer
    }

    mutating func replicated(
        _ node: Int32, _ connection: Int, _ request: Request, _ answers: [ProduceAnswer], _ epochs: [Int32]
    ) {
        let place = Int(node)
        var final = answers
        for index in final.indices {
            let slot = final[index].slot
            guard final[index].baseOffset >= 0 else { continue }
            let isLeader = cluster.partitions[slot].leader == node
            guard isLeader, cluster.partitions[slot].leaderEpoch == epochs[index] else {
                // The append may be gone with the old leader's tail.
                final[index].errorCode = 6
                final[index].baseOffset = -1
                continue
            }
            // Not enough replicas in sync, or the broker gave up its part: the records stand, but nobody has copied them yet.
            if final[index].errorCode != 0 { continue }
            let end = final[index].baseOffset + Int64(request.parts[index].batch.recordCount)
            cluster.partitions[slot].replicate(to: end)
        }
        if links[place].connection == connection, !strikes(20) {
            let arrival = max(delay(0, strikes(30) ? 3000 : 10), links[place].lastAnswer)
            links[place].lastAnswer = arrival
            queue.push(.answered(request, answers: final), at: arrival)
            if strikes(30) { queue.push(.answered(request, answers: final), at: arrival + Self.millisecond) }
        }
        links[place].isBusy = false
        begin(place)
    }

    mutating func elect(_ slot: Int) {
        if random.below(3) == 0 {
            cluster.partitions[slot].loseLeader()
            queue.push(.elect(slot: slot), at: delay(10, 800))
            return
        }
        let node = Int32(random.below(links.count))
        cluster.partitions[slot].elect(node)
        note("partition \(slot) is led by \(node)")
        if random.below(2) == 0 {
            let partition = cluster.partitions[slot]
            queue.push(
                .metadata(slot: slot, leader: partition.leader, epoch: partition.leaderEpoch), at: delay(1, 2000))
        }
    }

    // MARK: - The rules

    mutating func checkLogs() {
        for number in batches.indices where batches[number].outcome == nil && !batches[number].isSplit {
            return break_("batch \(number) was never completed")
        }
        for slot in cluster.partitions.indices { checkLog(slot) }
    }

    private var allowsDoubles: Bool { scenario == .withoutIdempotence }

    private mutating func checkLog(_ slot: Int) {
        var offsetOf = [Int64](repeating: -1, count: nextRecord[slot])
        var last = -1
        for batch in cluster.partitions[slot].log {
            for record in 0..<Int(batch.recordCount) {
                let number = batch.payload + record
                let offset = batch.baseOffset + Int64(record)
                if offsetOf[number] >= 0 {
                    if !allowsDoubles { return break_("record \(number) of partition \(slot) is doubled") }
                    continue
                }
                guard number > last else { return break_("record \(number) of partition \(slot) is out of order") }
                last = number
                offsetOf[number] = offset
            }
        }
        for (number, batch) in batches.enumerated() where batch.slot == slot {
            guard case .acknowledged(let offset, _)? = batch.outcome else {
                let mayFail: [Scenario] = [.expiring, .impatient, .refusing, .fenced]
                if !mayFail.contains(scenario), batch.outcome != nil {
                    return break_("batch \(number) failed: \(batch.outcome as Any)")
                }
                continue
            }
            for record in 0..<Int(batch.recordCount) {
                let found = offsetOf[batch.firstRecord + record]
                if found < 0 { return break_("record \(batch.firstRecord + record) of partition \(slot) is lost") }
                if offset >= 0, !allowsDoubles, found != offset + Int64(record) {
                    return break_("batch \(number) was reported at offset \(offset) and stands elsewhere")
                }
            }
        }
    }
}
