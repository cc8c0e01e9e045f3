import KafkaProtocol

// What the owner wants, and that time has passed.
extension GroupMachine {
    /// Asks for membership. Nothing happens when it is held or sought already.
    package mutating func start(now: UInt64) -> [Action] {
        guard case .idle = state else { return [] }
        joinReason = ""
        return beginRound()
    }

    /// Asks for another round: the subscription or what the leader assigns from has changed.
    ///
    /// During a round the wish is kept, and a further round follows this one.
    package mutating func requestRejoin(reason: String, now: UInt64) -> [Action] {
        switch state {
        case .stable:
            joinReason = reason
            return beginRound()
        case .joining, .assigning, .syncing:
            rejoinReason = reason
            return []
        case .idle, .preparing, .backingOff, .expired, .abandoning, .leaving, .failed:
            return []
        }
    }

    /// Says that the application owes a poll since the given instant, or (nil) that it owes none.
    ///
    /// An application that owes one for the rebalance timeout loses its membership; its next sign of life takes it up again.
    package mutating func applicationOwesPoll(since instant: UInt64?, now: UInt64) -> [Action] {
        busySince = instant
        guard case .expired = state else { return [] }
        if let instant, now >= instant, now - instant >= settings.rebalanceTimeout { return [] }
        joinReason = "rejoining after the poll interval was exceeded"
        return beginRound()
    }

    /// Gives up membership. ``Action/left`` follows, at the latest after the request timeout.
    ///
    /// A static member (one with an instance id) leaves silently: its place is kept for its next incarnation.
    package mutating func leave(reason: String, now: UInt64) -> [Action] {
        switch state {
        case .abandoning, .leaving: return []
        case .idle, .failed, .expired:
            state = .idle
            return [.left]
        case .preparing, .backingOff, .joining, .assigning, .syncing, .stable: break
        }
        if case .joining(let token) = state, memberID.isEmpty, settings.instanceID == nil {
            forgetMembership()
            leaveReason = reason
            state = .abandoning(token: token, until: now &+ settings.requestTimeout)
            return []
        }
        return sendLeave(reason: reason, until: now &+ settings.requestTimeout)
    }

    /// Gives the member id back, or is done where there is none.
    mutating func sendLeave(reason: String, until: UInt64) -> [Action] {
        guard let request = leaveRequest(reason: reason) else {
            forgetMembership()
            state = .idle
            return [.left]
        }
        forgetMembership()
        state = .leaving(token: request.token, until: until)
        return [.send(request)]
    }

    /// The owner has let go of what it had to and offers these protocols, the preferred one first.
    package mutating func prepared(protocols: [GroupProtocol], now: UInt64) -> [Action] {
        guard case .preparing = state else { return [] }
        self.protocols = protocols
        return sendJoin(now)
    }

    /// The owner, as the leader, has assigned; every member must be named.
    package mutating func assignmentComputed(_ assignments: [GroupAssignment], now: UInt64) -> [Action] {
        guard case .assigning = state else { return [] }
        return sendSync(assignments)
    }

    /// Asks the coordinator at once how the membership stands, unless it was asked within the last 50 ms (or heartbeat
    /// interval, where that is shorter), or a heartbeat is under way.
    package mutating func heartbeatNow(now: UInt64) -> [Action] {
        guard heartbeatsRun, heartbeatInFlight == nil else { return [] }
        let least = min(settings.heartbeatInterval, 50_000_000)
        let earliest = heartbeatSent.map { adding(least, to: $0) } ?? now
        heartbeatDue = min(heartbeatDue ?? .max, max(earliest, now))
        return advance(to: now)
    }

    /// Time has passed.
    package mutating func advance(to now: UInt64) -> [Action] {
        switch state {
        case .idle, .failed, .expired: return []
        case .abandoning(_, let until), .leaving(_, let until):
            guard now >= until else { return [] }
            state = .idle
            return [.left]
        case .backingOff(let until):
            if now >= until { return beginRound() + pollLimitReached(now) }
        case .preparing, .joining, .assigning, .syncing, .stable: break
        }
        let expiry = pollLimitReached(now)
        if !expiry.isEmpty { return expiry }
        var actions: [Action] = []
        if heartbeatsRun, let deadline = sessionDeadline, now >= deadline {
            // The coordinator has ended the session by now: Java's client, which looks it up again, mostly learns there that it
            // may not, and is silent where it may.
            if isUnauthorized {
                return fail(.groupAuthorizationFailed, "heartbeats to the group were refused for a whole session")
            }
            // No good answer for a session: the coordinator may have moved. Look it up and ask the new one, which tells
            // whether this member is still known.
            sessionDeadline = now &+ settings.sessionTimeout
            heartbeatInFlight = nil
            heartbeatDue = now
            actions.append(.forgetCoordinator)
        }
        if heartbeatsRun, heartbeatInFlight == nil, let due = heartbeatDue, now >= due {
            actions.append(sendHeartbeat(now))
        }
        return actions
    }
}
