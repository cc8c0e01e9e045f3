import KafkaProtocol

// Inside: how a round goes on, and the requests of it.
extension GroupMachine {
    /// From the join answer on, heartbeats keep the membership; while JoinGroup is under way the join itself does, and they
    /// only tell the owner so.
    package var heartbeatsRun: Bool {
        guard generation >= 0 else { return false }
        switch state {
        case .preparing, .assigning, .syncing, .stable, .backingOff: return true
        case .joining: return settings.beatsWhileJoining
        case .idle, .expired, .abandoning, .leaving, .failed: return false
        }
    }

    var pollDeadline: UInt64? {
        busySince.map { $0 &+ settings.rebalanceTimeout }
    }

    mutating func beginRound() -> [Action] {
        state = .preparing
        rejoinReason = nil
        return [.prepareJoin]
    }

    mutating func retryAtOnce(_ now: UInt64, reason: String) -> [Action] {
        joinReason = reason
        immediateRetries += 1
        // A coordinator that keeps answering so must not be asked without pause.
        if immediateRetries > 4 { return backOff(now, reason) }
        return beginRound()
    }

    mutating func backOff(_ now: UInt64, _ reason: String) -> [Action] {
        joinReason = reason
        state = .backingOff(until: now &+ pause.next())
        return []
    }

    mutating func requestRejoinIfStable(_ reason: String, now: UInt64) -> [Action] {
        guard case .stable = state else { return [] }
        return requestRejoin(reason: reason, now: now)
    }

    mutating func heartbeatSucceeded(_ now: UInt64) {
        heartbeatPause.reset()
        isUnauthorized = false
        sessionDeadline = now &+ settings.sessionTimeout
    }

    mutating func sendJoin(_ now: UInt64) -> [Action] {
        let token = takeToken()
        state = .joining(token: token)
        if !settings.beatsWhileJoining { heartbeatInFlight = nil }
        let reason = String(joinReason.prefix(255))
        let join = GroupJoin(
            groupID: settings.groupID, protocolType: settings.protocolType, memberID: memberID,
            instanceID: settings.instanceID, sessionTimeout: settings.sessionTimeout,
            rebalanceTimeout: settings.rebalanceTimeout, protocols: protocols, reason: reason)
        // The broker holds the answer back until everyone has joined.
        let patience = max(settings.requestTimeout, settings.rebalanceTimeout &+ 5_000_000_000)
        return [.send(GroupRequest(token: token, timeout: patience, body: .join(join)))]
    }

    mutating func sendSync(_ assignments: [GroupAssignment]) -> [Action] {
        let token = takeToken()
        state = .syncing(token: token)
        let sync = GroupSync(
            groupID: settings.groupID, protocolType: settings.protocolType, protocolName: protocolName,
            generation: generation, memberID: memberID, instanceID: settings.instanceID, assignments: assignments)
        let patience = max(settings.requestTimeout, settings.rebalanceTimeout &+ 5_000_000_000)
        return [.send(GroupRequest(token: token, timeout: patience, body: .sync(sync)))]
    }

    mutating func sendHeartbeat(_ now: UInt64) -> Action {
        let token = takeToken()
        heartbeatInFlight = (token, generation, memberID)
        heartbeatDue = nil
        heartbeatSent = now
        let beat = GroupHeartbeat(
            groupID: settings.groupID, generation: generation, memberID: memberID, instanceID: settings.instanceID)
        let patience = min(settings.requestTimeout, settings.sessionTimeout)
        return .send(GroupRequest(token: token, timeout: patience, body: .heartbeat(beat)))
    }

    /// Nil when there is nothing to leave: no member id yet, or a static member.
    mutating func leaveRequest(reason: String) -> GroupRequest? {
        guard !memberID.isEmpty, settings.instanceID == nil else { return nil }
        return leaveRequest(of: memberID, reason: reason)
    }

    mutating func leaveRequest(of memberID: String, reason: String) -> GroupRequest {
        let leave = GroupLeave(
            groupID: settings.groupID, memberID: memberID, instanceID: nil, reason: String(reason.prefix(255)))
        return GroupRequest(token: takeToken(), timeout: settings.requestTimeout, body: .leave(leave))
    }

    private mutating func takeToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }

    mutating func pollLimitReached(_ now: UInt64) -> [Action] {
        guard let deadline = pollDeadline, now >= deadline else { return [] }
        switch state {
        case .idle, .expired, .abandoning, .leaving, .failed: return []
        case .preparing, .backingOff, .joining, .assigning, .syncing, .stable: break
        }
        if case .joining(let token) = state, memberID.isEmpty, settings.instanceID == nil { orphanedJoin = token }
        leaveReason = "the consumer did not poll within max.poll.interval.ms"
        let request = leaveRequest(reason: leaveReason)
        forgetMembership()
        state = .expired
        return (request.map { [.send($0)] } ?? []) + [.membershipLost, .pollIntervalExceeded]
    }

    mutating func resetIdentity(keepingMemberID: Bool) -> [Action] {
        generation = -1
        leaderID = ""
        if !keepingMemberID { memberID = "" }
        heartbeatInFlight = nil
        sessionDeadline = nil
        return [.membershipLost]
    }

    mutating func forgetMembership() {
        generation = -1
        memberID = ""
        leaderID = ""
        heartbeatInFlight = nil
        sessionDeadline = nil
        rejoinReason = nil
    }

    mutating func fail(_ error: ErrorCode, _ text: String) -> [Action] {
        state = .failed
        return [.failed(error, text)]
    }

    static func failed(by error: ErrorCode) -> String {
        "rebalance failed due to \(error)"
    }
}
