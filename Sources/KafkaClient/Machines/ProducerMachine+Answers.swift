extension ProducerMachine {
    /// A Produce request was answered. Partitions missing from `answers` count as unanswered.
    package mutating func produceAnswered(request: Int, _ answers: [ProduceAnswer], now: UInt64) {
        guard let sent = takeInFlight(request) else { return }
        for part in sent.parts {
            let answer =
                answers.first { $0.slot == part.slot } ?? ProduceAnswer(slot: part.slot, errorCode: 13)
            resolve(part, answer, now: now)
        }
        send(now: now)
    }

    /// A Produce request brought no answer.
    package mutating func produceFailed(request: Int, _ reason: RequestFailure, now: UInt64) {
        guard let sent = takeInFlight(request) else { return }
        if reason == .unsupportedVersion {
            becomeFailed(ProducerFailure(.unsupportedVersion, errorCode: 35))
            return
        }
        for part in sent.parts {
            guard let index = wireIndex(part, request: request) else { continue }
            takeOffWire(part.slot, index)
            retry(part.slot, index, errorCode: 13, refreshesMetadata: true, isUnknown: reason != .notSent, now: now)
            settle(part.slot, now: now)
        }
        send(now: now)
    }

    mutating func takeInFlight(_ request: Int) -> InFlight? {
        guard let place = inFlight.firstIndex(where: { $0.request == request }) else { return nil }
        let sent = inFlight.remove(at: place)
        if let node = nodeIndex(sent.node) { nodes[node].inFlight -= 1 }
        return sent
    }

    func wireIndex(_ part: ProduceCommand.Part, request: Int) -> Int? {
        guard let index = partitions[part.slot].index(of: part.batch),
            partitions[part.slot][index].place == .wire(request: request)
        else { return nil }
        return index
    }

    mutating func takeOffWire(_ slot: Int, _ index: Int) {
        partitions[slot][index].place = .queued
        partitions[slot].wireCount -= 1
    }

    private mutating func resolve(_ part: ProduceCommand.Part, _ answer: ProduceAnswer, now: UInt64) {
        let slot = part.slot
        guard let index = partitions[slot].index(of: part.batch) else { return }
        takeOffWire(slot, index)
        let verdict = ProduceVerdict(errorCode: answer.errorCode)
        switch verdict {
        case .success, .duplicate:
            acknowledge(slot, index, answer)
        case .retry(let refreshes, let isUnknown):
            let isHinted = followHint(slot, answer)
            retry(
                slot, index, errorCode: answer.errorCode, refreshesMetadata: refreshes, isUnknown: isUnknown, now: now)
            if isHinted { partitions[slot].backoffUntil = 0 }
        case .tooLarge:
            split(slot, index, answer)
        case .outOfSequence, .unknownProducer, .staleEpoch:
            sequenceRefused(slot, index, verdict, answer, now: now)
        case .fail(let isUnknown):
            if isUnknown { partitions[slot][index].isOutcomeUnknown = true }
            giveUp(slot, index, ProducerFailure(.broker, errorCode: answer.errorCode, message: answer.message))
        case .fatal:
            becomeFailed(ProducerFailure(.broker, errorCode: answer.errorCode, message: answer.message))
            return
        }
        settle(slot, now: now)
    }

    private mutating func acknowledge(_ slot: Int, _ index: Int, _ answer: ProduceAnswer) {
        let entry = partitions[slot].remove(at: index)
        if entry.baseSequence >= 0 {
            partitions[slot].noteAcknowledged(base: entry.baseSequence, count: entry.batch.recordCount)
        }
        if entry.isInDoubt, answer.errorCode == 0 { partitions[slot].endDoubt(from: index) }
        let offset = answer.errorCode == 0 ? answer.baseOffset : -1
        if index == 0 {
            // An earlier batch that still waits for its turn keeps the partition slow.
            partitions[slot].window = configuration.maxInFlight
            partitions[slot].failures = 0
            partitions[slot].backoffUntil = 0
        }
        guard !entry.isAbandoned else { return }
        complete(entry.batch.id, .acknowledged(baseOffset: offset, appendTime: answer.appendTime))
    }

    /// Takes a newer leader from an answer; whether it was usable.
    private mutating func followHint(_ slot: Int, _ answer: ProduceAnswer) -> Bool {
        guard answer.hintedLeader >= 0, answer.hintedEpoch > partitions[slot].leaderEpoch else { return false }
        setLeader(slot: slot, node: answer.hintedLeader, epoch: answer.hintedEpoch)
        return true
    }

    private mutating func retry(
        _ slot: Int, _ index: Int, errorCode: Int16, refreshesMetadata: Bool, isUnknown: Bool, now: UInt64
    ) {
        if refreshesMetadata { actions.append(.refreshMetadata(slot: slot)) }
        pause(slot, now: now)
        if isUnknown { partitions[slot][index].isOutcomeUnknown = true }
        let entry = partitions[slot][index]
        if entry.isAbandoned {
            partitions[slot].remove(at: index)
            partitions[slot].isUnresolved = entry.baseSequence >= 0
        } else if entry.attempts > configuration.retries {
            giveUp(slot, index, ProducerFailure(.retriesExhausted, errorCode: errorCode))
        }
    }

    /// Makes the partition wait and go on one batch at a time.
    private mutating func pause(_ slot: Int, now: UInt64) {
        let wait = configuration.retryBackoff.wait(failures: partitions[slot].failures, random: random.next())
        partitions[slot].failures += 1
        partitions[slot].window = 1
        partitions[slot].backoffUntil = adding(wait, to: now)
    }

    private mutating func split(_ slot: Int, _ index: Int, _ answer: ProduceAnswer) {
        let entry = partitions[slot][index]
        guard entry.batch.recordCount > 1, !entry.isAbandoned else {
            giveUp(slot, index, ProducerFailure(.tooLarge, errorCode: 10, message: answer.message))
            return
        }
        partitions[slot][index].place = .splitting
        actions.append(.split(batch: entry.batch.id))
    }

    /// The broker does not take the sequence or epoch of a batch (`kafka-client.md` §7.4).
    private mutating func sequenceRefused(
        _ slot: Int, _ index: Int, _ verdict: ProduceVerdict, _ answer: ProduceAnswer, now: UInt64
    ) {
        let entry = partitions[slot][index]
        guard configuration.isIdempotent, entry.baseSequence >= 0 else {
            giveUp(slot, index, ProducerFailure(.broker, errorCode: answer.errorCode, message: answer.message))
            return
        }
        pause(slot, now: now)
        if entry.isAbandoned {
            partitions[slot].remove(at: index)
            partitions[slot].isUnresolved = true
        } else if entry.attempts > configuration.retries {
            giveUp(slot, index, ProducerFailure(.retriesExhausted, errorCode: answer.errorCode))
        } else if index == 0, entry.isInDoubt, !(verdict == .unknownProducer && answer.logStartOffset < 0) {
            // What it is a part of seems to be in the log: under other sequences it would be there twice.
            giveUp(slot, index, ProducerFailure(.inDoubt, errorCode: answer.errorCode, message: answer.message))
        } else if index == 0, !(verdict == .unknownProducer && answer.logStartOffset < 0) {
            // Nothing before it is missing, so the broker's state and ours cannot meet again: the batch is not in the
            // log, and neither are those behind it.
            partitions[slot].mustRestart = true
            if verdict == .staleEpoch, case .ready(let current) = identity, current == partitions[slot].identity {
                identity = .needed
                requestIdentityIfNeeded(now: now)
            }
        }
    }

    /// Completes a batch as failed and decides what becomes of the sequences behind it.
    mutating func giveUp(_ slot: Int, _ index: Int, _ reason: ProducerFailure) {
        let entry = partitions[slot].remove(at: index)
        if configuration.isIdempotent, entry.baseSequence >= 0 {
            // Only a first batch that is surely absent proves that those behind it are absent too. In all other cases the
            // batches that have sequences must first find out, under these sequences, what the log holds.
            if index == 0, !entry.isOutcomeUnknown, !entry.isAbandoned {
                partitions[slot].mustRestart = true
            } else {
                partitions[slot].isUnresolved = true
            }
        }
        guard !entry.isAbandoned else { return }
        complete(entry.batch.id, .failed(reason))
    }

    /// Once nothing of a partition is on the wire, carries out a restart of its sequences that is due.
    mutating func settle(_ slot: Int, now: UInt64) {
        let partition = partitions[slot]
        guard partition.wireCount == 0, partition.mustRestart || partition.isUnresolved else { return }
        if !partition.mustRestart {
            // Batches that have sequences find out what the log holds; only then new ones may follow.
            if partition.hasSequenced { return }
            if partition.isSequenceSettled {
                partitions[slot].isUnresolved = false
                return
            }
        }
        let old = partition.identity
        partitions[slot].restartSequences()
        guard case .ready(let current) = identity, current == old else { return }
        if current.epoch == .max {
            identity = .needed
            requestIdentityIfNeeded(now: now)
        } else {
            let raised = ProducerIdentity(id: current.id, epoch: current.epoch + 1)
            identity = .ready(raised)
            actions.append(.epochRaised(slot: slot, raised))
        }
    }

    /// Gives up batches whose delivery time has passed, or whose partition is gone for good.
    mutating func expire(now: UInt64) {
        for slot in active {
            let isGone = partitions[slot].goneUntil.map { $0 <= now } ?? false
            var index = 0
            while index < partitions[slot].entries.count, isGone || partitions[slot][index].deadline <= now {
                let entry = partitions[slot][index]
                let isLate = entry.deadline <= now
                switch entry.place {
                case .queued:
                    giveUp(slot, index, ProducerFailure(isLate ? .deliveryTimedOut : .partitionGone))
                case .wire:
                    if isLate, !entry.isAbandoned {
                        partitions[slot][index].isAbandoned = true
                        complete(entry.batch.id, .failed(ProducerFailure(.deliveryTimedOut)))
                    }
                    index += 1
                case .splitting:
                    index += 1
                }
            }
            settle(slot, now: now)
        }
    }
}
