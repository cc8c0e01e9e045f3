package import ConnectModel

// What happened outside of rounds, and what follows from it.
extension WorkerMachine {
    /// The config log was read to its end, or could not be.
    package mutating func readToEnd(attempt: UInt64, error: ConnectError?, configOffset: Int64, now: UInt64) -> [Action]
    {
        switch phase {
        case .reading(attempt, _):
            guard error == nil, let held else { return giveUpReading(now) }
            // A log that is shorter than a member says is another log: asked again at once, the group would go round for ever.
            guard configOffset >= held.configOffset else { return giveUpReading(now, isShort: true) }
            if held.error != WorkerAssignment.noError {
                phase = .joining
                return [.rejoin(reason: "the config topic was read to its end")]
            }
            return carryOut(configOffset, now)
        case .catchingUp(attempt, _):
            guard error == nil else { return giveUpReading(now) }
            failedReads = 0
            phase = .joining
            return [.join]
        case .outside, .preparing, .joining, .reading, .settled, .backingOff, .catchingUp:
            return []
        }
    }

    /// Something that assignments are made from has changed in the config log: another round is asked for soon. An assignment
    /// that is on its way tells itself whether it was made from that: another round is asked for only where it was not.
    package mutating func configChanged(reason: String, now: UInt64) -> [Action] {
        if phase == .settled { noteChange(reason, now) }
        return []
    }

    /// The coordinator no longer knows this worker, or not in this generation. What runs goes on, behind a shut session gate:
    /// the next round tells the leader of it.
    package mutating func membershipLost(now: UInt64) -> [Action] {
        if !memberID.isEmpty { absentAt = now &+ settings.sessionTimeout }
        memberID = ""
        isInDoubt = true
        return []
    }

    /// Nobody answers for the group. Others may be given what runs here, so that nothing may run here any more.
    package mutating func coordinatorLost(configOffset: Int64) -> [Action] {
        guard !isCoordinatorLost else { return [] }
        isCoordinatorLost = true
        guard !work.isEmpty else { return [] }
        held?.assigned = WorkSet()
        // The leader of a round that is under way was told otherwise, and has to be told again.
        hasDropped = true
        return [
            .warn("The group's coordinator does not answer: all work stops here until it does"),
            .run(WorkSet(), offset: configOffset),
        ]
    }

    /// The coordinator answers again.
    package mutating func coordinatorFound() -> [Action] {
        guard isCoordinatorLost else { return [] }
        isCoordinatorLost = false
        return phase == .settled ? [.rejoin(reason: "the coordinator was lost for a while")] : []
    }

    /// Another worker has given something up: the group is likely to rebalance within moments.
    package mutating func otherReleased(now: UInt64) -> [Action] {
        guard isSettled else { return [] }
        let isNew = attention == nil
        attention = (isNew ? now &+ Self.attention.interval : attention?.next ?? now, now &+ Self.attention.time)
        return isNew ? [.heartbeat] : []
    }

    /// Time has passed.
    package mutating func advance(to now: UInt64, configOffset: Int64) -> [Action] {
        var actions: [Action] = []
        if let at = absentAt, now >= at {
            absentAt = nil
            isAbsent = true
        }
        if let at = rejoinAt, now >= at {
            rejoinAt = nil
            switch phase {
            case .settled, .joining, .reading: actions.append(.rejoin(reason: "scheduled rebalance"))
            case .outside, .preparing, .backingOff, .catchingUp: break
            }
        }
        if let due = change, now >= due.at {
            change = nil
            if isSettled { actions.append(.rejoin(reason: due.reason)) }
        }
        if let ask = attention, now >= ask.next {
            attention = now < ask.until ? (now &+ Self.attention.interval, ask.until) : nil
            if isSettled { actions.append(.heartbeat) }
        }
        switch phase {
        case .reading(_, let until) where now >= until, .catchingUp(_, let until) where now >= until:
            actions += giveUpReading(now)
        case .backingOff(let until) where now >= until:
            lastAttempt += 1
            phase = .catchingUp(attempt: lastAttempt, until: now &+ settings.syncTimeout)
            actions.append(.readToEnd(attempt: lastAttempt))
        case .outside, .preparing, .joining, .reading, .settled, .backingOff, .catchingUp: break
        }
        return actions
    }

    /// The group is left, so that it does not wait for a worker that cannot follow, and joined again later.
    ///
    /// - Parameter isShort: the topic was read, and holds less than others of the group have read of it.
    private mutating func giveUpReading(_ now: UInt64, isShort: Bool = false) -> [Action] {
        failedReads += 1
        let reason =
            isShort
            ? "The config topic holds less here than other workers of the group have read of it: config.storage.topic and "
                + "bootstrap.servers have to be the same on all of them; where the topic was made anew while they ran, restart "
                + "those that have read the old one"
            : "The config topic could not be read to its end in time"
        var actions: [Action] = [.warn("\(reason); leaving the group for a while")]
        if case .reading = phase {
            // Meanwhile others may be given what runs on here, behind a shut session gate.
            isInDoubt = true
            actions.append(.leave(reason: "the config topic could not be read in time"))
        }
        if failedReads > Self.patientAttempts {
            failedReads = 1
            held?.assigned = WorkSet()
            actions.append(.run(WorkSet(), offset: -1))
        }
        phase = .backingOff(until: now &+ pause)
        return actions
    }

    private var pause: UInt64 {
        guard protocolVersion > 0 else { return settings.unsyncBackoff }
        let remaining = UInt64(max(1, Self.patientAttempts + 1 - failedReads))
        // Never without a pause, whatever the delay is set to.
        return max(UInt64(max(settings.maximumDelay, 0)) * 1_000_000 / 10 / remaining, 100_000_000)
    }
}
