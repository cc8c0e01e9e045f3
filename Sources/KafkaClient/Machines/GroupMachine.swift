import KafkaProtocol

/// The membership of one client in one group under Kafka's classic protocol, for any protocol type: consumers and
/// Connect workers alike (Java: AbstractCoordinator).
///
/// Pure: it is told what happened and at which monotonic nanosecond, and answers with what is to be done. Metadata and
/// assignments are bytes that the owner supplies and reads. The owner
/// 1. executes every action at once, in order,
/// 2. brings each answer back with the token of its request,
/// 3. calls ``advance(to:)`` when ``nextDeadline`` has come.
///
/// A round is: ``Action/prepareJoin`` → ``prepared(protocols:now:)`` → JoinGroup → (leader)
/// ``Action/computeAssignment(_:)`` → ``assignmentComputed(_:now:)`` → SyncGroup → ``Action/assigned(_:)``.
/// A round that fails on the way starts again with `prepareJoin`, which the owner must therefore bear several times.
package struct GroupMachine: Sendable {
    /// What the group is called and how patient its members are. Times are nanoseconds.
    package struct Settings: Sendable {
        package var groupID: String
        package var protocolType: String
        package var instanceID: String?
        package var sessionTimeout: UInt64
        package var rebalanceTimeout: UInt64
        package var heartbeatInterval: UInt64
        package var requestTimeout: UInt64
        package var retryBackoff: Backoff

        package init(
            groupID: String, protocolType: String, instanceID: String? = nil, sessionTimeout: UInt64,
            rebalanceTimeout: UInt64, heartbeatInterval: UInt64, requestTimeout: UInt64, retryBackoff: Backoff
        ) {
            self.groupID = groupID
            self.protocolType = protocolType
            self.instanceID = instanceID
            self.sessionTimeout = sessionTimeout
            self.rebalanceTimeout = rebalanceTimeout
            self.heartbeatInterval = heartbeatInterval
            self.requestTimeout = requestTimeout
            self.retryBackoff = retryBackoff
        }
    }

    /// Where the membership stands.
    package enum State: Sendable, Equatable {
        /// Not a member and not asked to be. Entered at start and after leaving; left by `start`.
        case idle
        /// The owner lets go of what it must. Entered at the begin of a round; left by `prepared`.
        case preparing
        /// A failed round waits for its next attempt. Left when the time has come.
        case backingOff(until: UInt64)
        /// JoinGroup is under way.
        case joining(token: UInt64)
        /// This member leads and the owner computes the assignment. Left by `assignmentComputed`.
        case assigning
        /// SyncGroup is under way.
        case syncing(token: UInt64)
        /// The assignment of the current generation is held.
        case stable
        /// The application did not poll for the rebalance timeout and the group was left. Left by the next poll.
        case expired
        /// JoinGroup is under way and the member is not wanted any more: the id that the answer brings is given back, or the
        /// broker would wait for its owner. Left by the answer or its time-out.
        case abandoning(token: UInt64, until: UInt64)
        /// LeaveGroup is under way. Left by its answer or its time-out.
        case leaving(token: UInt64, until: UInt64)
        /// A final error was reported; nothing happens any more.
        case failed
    }

    let settings: Settings
    package internal(set) var state: State = .idle
    /// The id the coordinator gave, empty before the first join and after it was forgotten.
    package internal(set) var memberID = ""
    /// The current generation, -1 when there is none.
    package internal(set) var generation: Int32 = -1
    /// The member id of the leader of the current generation.
    package internal(set) var leaderID = ""
    var protocolName = ""
    var protocols: [GroupProtocol] = []
    /// Why the next join happens; sent to the broker for its log.
    var joinReason = ""
    var rejoinReason: String?
    /// Answers that ask for another try at once; a few are free, then the pause applies too.
    var immediateRetries = 0
    var pause: RetryPause

    private var nextToken: UInt64 = 1
    var heartbeatDue: UInt64?
    var heartbeatInFlight: (token: UInt64, generation: Int32, memberID: String)?
    var heartbeatPause: RetryPause
    var sessionDeadline: UInt64?
    private var busySince: UInt64?

    /// - Parameter seed: of the jitter in retries.
    package init(settings: Settings, seed: UInt64) {
        self.settings = settings
        pause = RetryPause(settings.retryBackoff, seed: seed)
        heartbeatPause = RetryPause(settings.retryBackoff, seed: seed &+ 1)
    }

    /// Whether this member leads the current generation.
    package var isLeader: Bool { !memberID.isEmpty && memberID == leaderID }

    /// What a commit is signed with, nil when there is no membership that the coordinator could know.
    package var identity: GroupIdentity? {
        guard generation >= 0, !memberID.isEmpty else { return nil }
        return GroupIdentity(generation: generation, memberID: memberID, instanceID: settings.instanceID)
    }

    /// Whether a join round is under way or about to begin.
    package var isRebalancing: Bool {
        switch state {
        case .preparing, .backingOff, .joining, .assigning, .syncing: true
        case .idle, .stable, .expired, .abandoning, .leaving, .failed: false
        }
    }

    /// When ``advance(to:)`` is due, nil when only an event can change something.
    package var nextDeadline: UInt64? {
        var earliest: UInt64?
        func consider(_ deadline: UInt64?) {
            guard let deadline else { return }
            earliest = min(earliest ?? deadline, deadline)
        }
        switch state {
        case .idle, .failed, .expired: return nil
        case .abandoning(_, let until), .leaving(_, let until): return until
        case .backingOff(let until): consider(until)
        case .preparing, .joining, .assigning, .syncing, .stable: break
        }
        if heartbeatsRun {
            if heartbeatInFlight == nil { consider(heartbeatDue) }
            consider(sessionDeadline)
        }
        consider(pollDeadline)
        return earliest
    }
}

// MARK: - What the owner wants

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
        return sendJoin()
    }

    /// The owner, as the leader, has assigned; every member must be named.
    package mutating func assignmentComputed(_ assignments: [GroupAssignment], now: UInt64) -> [Action] {
        guard case .assigning = state else { return [] }
        return sendSync(assignments)
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

// MARK: - Inside

extension GroupMachine {
    /// From the join answer on, heartbeats keep the membership; while JoinGroup is under way the join itself does.
    var heartbeatsRun: Bool {
        guard generation >= 0 else { return false }
        switch state {
        case .preparing, .assigning, .syncing, .stable, .backingOff: return true
        case .idle, .joining, .expired, .abandoning, .leaving, .failed: return false
        }
    }

    private var pollDeadline: UInt64? {
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
        sessionDeadline = now &+ settings.sessionTimeout
    }

    private mutating func sendJoin() -> [Action] {
        let token = takeToken()
        state = .joining(token: token)
        heartbeatInFlight = nil
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

    private mutating func sendHeartbeat(_ now: UInt64) -> Action {
        let token = takeToken()
        heartbeatInFlight = (token, generation, memberID)
        heartbeatDue = nil
        let beat = GroupHeartbeat(
            groupID: settings.groupID, generation: generation, memberID: memberID, instanceID: settings.instanceID)
        let patience = min(settings.requestTimeout, settings.sessionTimeout)
        return .send(GroupRequest(token: token, timeout: patience, body: .heartbeat(beat)))
    }

    /// Nil when there is nothing to leave: no member id yet, or a static member.
    private mutating func leaveRequest(reason: String) -> GroupRequest? {
        guard !memberID.isEmpty, settings.instanceID == nil else { return nil }
        let leave = GroupLeave(
            groupID: settings.groupID, memberID: memberID, instanceID: nil, reason: String(reason.prefix(255)))
        return GroupRequest(token: takeToken(), timeout: settings.requestTimeout, body: .leave(leave))
    }

    private mutating func takeToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }

    private mutating func pollLimitReached(_ now: UInt64) -> [Action] {
        guard let deadline = pollDeadline, now >= deadline else { return [] }
        switch state {
        case .idle, .expired, .abandoning, .leaving, .failed: return []
        case .preparing, .backingOff, .joining, .assigning, .syncing, .stable: break
        }
        let request = leaveRequest(reason: "the consumer did not poll within max.poll.interval.ms")
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

    private mutating func forgetMembership() {
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
