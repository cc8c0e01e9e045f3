extension ProducerMachine {
    /// Fills requests for every node that can take one.
    mutating func send(now: UInt64) {
        guard failure == nil, !isHeld, !active.isEmpty else { return }
        dropIdlePartitions()
        for place in nodes.indices {
            while let command = nextRequest(place, now: now) { actions.append(.send(command)) }
        }
    }

    /// The next request for a node; nil when it can take none or nothing may be sent to it.
    private mutating func nextRequest(_ place: Int, now: UInt64) -> ProduceCommand? {
        let node = nodes[place]
        guard node.inFlight < configuration.maxInFlight, node.throttledUntil <= now else { return nil }
        var parts: [ProduceCommand.Part] = []
        var size = 0
        let count = active.count
        let start = count > 0 ? node.rotation % count : 0
        for step in 0..<count {
            let position = start + step < count ? start + step : start + step - count
            let slot = active[position]
            guard partitions[slot].leader == node.id, let index = nextBatch(slot, now: now) else { continue }
            guard node.isReady else {
                askForConnection(place)
                return nil
            }
            let bytes = partitions[slot][index].batch.byteCount
            if !parts.isEmpty, size + bytes > configuration.maxRequestSize {
                nodes[place].rotation = position
                break
            }
            size += bytes
            parts.append(takeBatch(slot, index, request: lastRequest + 1))
        }
        guard !parts.isEmpty else { return nil }
        lastRequest += 1
        nodes[place].inFlight += 1
        inFlight.append(InFlight(request: lastRequest, node: node.id, parts: parts))
        return ProduceCommand(request: lastRequest, node: node.id, parts: parts)
    }

    private mutating func askForConnection(_ place: Int) {
        guard !nodes[place].isConnectAsked else { return }
        nodes[place].isConnectAsked = true
        actions.append(.connect(node: nodes[place].id))
    }

    /// The batch of a partition that may go out now. Changes nothing but the partition's identity when that is due.
    private mutating func nextBatch(_ slot: Int, now: UInt64) -> Int? {
        let partition = partitions[slot]
        guard partition.wireCount < partition.window, partition.backoffUntil <= now, !partition.mustRestart,
            let index = partition.firstQueued()
        else { return nil }
        guard configuration.isIdempotent else { return index }
        guard partition.isWithinMemory(index) else { return nil }
        if partition[index].baseSequence >= 0 { return index }
        guard !partition.isUnresolved, case .ready(let current) = identity else { return nil }
        if partition.identity != current {
            // Batches under the old epoch are answered first; then this partition counts from 0 under the new one.
            guard index == 0, partition.wireCount == 0 else { return nil }
            partitions[slot].restartSequences()
            partitions[slot].identity = current
        }
        return index
    }

    private mutating func takeBatch(_ slot: Int, _ index: Int, request: Int) -> ProduceCommand.Part {
        let isIdempotent = configuration.isIdempotent
        if isIdempotent, partitions[slot][index].baseSequence < 0 { partitions[slot].assignSequence(to: index) }
        var entry = partitions[slot][index]
        var stamp: ProducerStamp?
        if isIdempotent, let identity = partitions[slot].identity {
            if entry.needsStamp {
                stamp = ProducerStamp(identity: identity, baseSequence: entry.baseSequence)
                entry.needsStamp = false
            }
        }
        entry.attempts += 1
        entry.place = .wire(request: request)
        partitions[slot][index] = entry
        partitions[slot].wireCount += 1
        return ProduceCommand.Part(slot: slot, batch: entry.batch.id, stamp: stamp)
    }

    private mutating func dropIdlePartitions() {
        guard active.contains(where: { partitions[$0].entries.count == 0 }) else { return }
        var kept: [Int] = []
        kept.reserveCapacity(active.count)
        for slot in active {
            if partitions[slot].entries.count == 0 {
                partitions[slot].isActive = false
            } else {
                kept.append(slot)
            }
        }
        active = kept
    }

    // MARK: - Holding back

    /// A request could not be sent because nothing may be sent now: its batches go back to their places as if they had
    /// never left, and nothing follows before ``release(now:)``.
    package mutating func hold(request: Int) {
        isHeld = true
        guard let kept = takeInFlight(request) else { return }
        for part in kept.parts {
            guard let index = wireIndex(part, request: request) else { continue }
            takeOffWire(part.slot, index)
            partitions[part.slot][index].attempts -= 1
            // Not written yet where it was due.
            if part.stamp != nil { partitions[part.slot][index].needsStamp = true }
        }
    }

    /// What was held back may be sent.
    package mutating func release(now: UInt64) {
        guard isHeld else { return }
        isHeld = false
        send(now: now)
    }

    // MARK: - The producer id

    /// Asks for a producer id when batches wait for one.
    mutating func requestIdentityIfNeeded(now: UInt64) {
        switch identity {
        case .disabled, .requested, .ready: return
        case .waiting(let until): guard until <= now else { return }
        case .needed: break
        }
        guard failure == nil, outstanding > 0 else { return }
        identity = .requested
        actions.append(.requestProducerID)
    }

    /// InitProducerId was answered with an id.
    package mutating func producerIDReceived(_ received: ProducerIdentity, now: UInt64) {
        guard identity == .requested else { return }
        identityFailures = 0
        identity = .ready(received)
        send(now: now)
    }

    /// InitProducerId was answered with an error, or not at all (`errorCode` nil).
    package mutating func producerIDFailed(errorCode: Int16?, isUnsupported: Bool, now: UInt64) {
        guard identity == .requested else { return }
        let isRefused = isUnsupported || errorCode == 31 || errorCode == 35
        if isRefused, !configuration.isIdempotenceRequired {
            configuration.isIdempotent = false
            configuration.maxInFlight = 1
            identity = .disabled
            actions.append(.idempotenceDisabled(errorCode: errorCode ?? 35))
            send(now: now)
            return
        }
        if let errorCode, !isRefused, case .retry = ProduceVerdict(errorCode: errorCode) {
            waitForIdentity(now: now)
        } else if errorCode == nil, !isUnsupported {
            waitForIdentity(now: now)
        } else {
            becomeFailed(ProducerFailure(isUnsupported ? .unsupportedVersion : .broker, errorCode: errorCode ?? 35))
        }
    }

    private mutating func waitForIdentity(now: UInt64) {
        let wait = configuration.retryBackoff.wait(failures: identityFailures, random: random.next())
        identityFailures += 1
        identity = .waiting(until: adding(max(wait, 1), to: now))
    }

    mutating func becomeFailed(_ reason: ProducerFailure) {
        guard failure == nil else { return }
        failAll(reason)
        actions.append(.failed(reason))
    }
}
