package import KafkaProtocol

// What the coordinator answered.
extension GroupMachine {
    /// JoinGroup was answered.
    package mutating func joinAnswered(
        token: UInt64, _ result: Result<GroupJoinAnswer, RequestFault>, now: UInt64
    ) -> [Action] {
        if case .abandoning(token, let until) = state {
            if case .success(let answer) = result { memberID = answer.memberID }
            return sendLeave(reason: leaveReason, until: until)
        }
        if token == orphanedJoin {
            orphanedJoin = nil
            guard case .success(let answer) = result, !answer.memberID.isEmpty else { return [] }
            return [.send(leaveRequest(of: answer.memberID, reason: leaveReason))]
        }
        guard case .joining(token) = state else { return [] }
        let answer: GroupJoinAnswer
        switch result {
        case .failure(.transport): return [.forgetCoordinator] + backOff(now, "the coordinator did not answer")
        case .failure(.refused(let code, let reason)): return fail(code, reason)
        case .success(let value): answer = value
        }
        switch answer.error {
        case .none: return joined(answer, now: now)
        case .memberIdRequired:
            memberID = answer.memberID
            return retryAtOnce(now, reason: joinReason)
        case .unknownMemberId:
            return resetIdentity(keepingMemberID: false) + retryAtOnce(now, reason: Self.failed(by: answer.error))
        case .illegalGeneration:
            return resetIdentity(keepingMemberID: true) + retryAtOnce(now, reason: Self.failed(by: answer.error))
        case .rebalanceInProgress:
            return retryAtOnce(now, reason: joinReason)
        case .coordinatorLoadInProgress:
            return backOff(now, Self.failed(by: answer.error))
        case .coordinatorNotAvailable, .notCoordinator:
            return [.forgetCoordinator] + backOff(now, Self.failed(by: answer.error))
        case .invalidSessionTimeout:
            let timeout = settings.sessionTimeout / 1_000_000
            return fail(
                answer.error,
                "the broker refused session.timeout.ms=\(timeout): its group.min.session.timeout.ms and "
                    + "group.max.session.timeout.ms say what it takes")
        default:
            return fail(answer.error, "joining the group was refused")
        }
    }

    /// SyncGroup was answered.
    package mutating func syncAnswered(
        token: UInt64, _ result: Result<GroupSyncAnswer, RequestFault>, now: UInt64
    ) -> [Action] {
        guard case .syncing(token) = state else { return [] }
        let answer: GroupSyncAnswer
        switch result {
        case .failure(.transport): return [.forgetCoordinator] + backOff(now, "the coordinator did not answer")
        case .failure(.refused(let code, let reason)): return fail(code, reason)
        case .success(let value): answer = value
        }
        switch answer.error {
        case .none:
            if let type = answer.protocolType, type != settings.protocolType {
                return fail(.inconsistentGroupProtocol, "the group is of type \(type)")
            }
            if let name = answer.protocolName, name != protocolName {
                return fail(.inconsistentGroupProtocol, "the group elected \(protocolName) and synchronised \(name)")
            }
            state = .stable
            pause.reset()
            immediateRetries = 0
            var actions: [Action] = [
                .assigned(
                    GroupAnswer(
                        generation: generation, memberID: memberID, leaderID: leaderID, protocolName: protocolName,
                        assignment: answer.assignment))
            ]
            if let reason = rejoinReason {
                rejoinReason = nil
                actions += requestRejoin(reason: reason, now: now)
            }
            return actions
        case .rebalanceInProgress:
            return retryAtOnce(now, reason: Self.failed(by: answer.error))
        case .unknownMemberId:
            return resetIdentity(keepingMemberID: false) + retryAtOnce(now, reason: Self.failed(by: answer.error))
        case .illegalGeneration:
            return resetIdentity(keepingMemberID: true) + retryAtOnce(now, reason: Self.failed(by: answer.error))
        case .coordinatorLoadInProgress:
            return backOff(now, Self.failed(by: answer.error))
        case .coordinatorNotAvailable, .notCoordinator:
            return [.forgetCoordinator] + backOff(now, Self.failed(by: answer.error))
        default:
            return fail(answer.error, "synchronising with the group was refused")
        }
    }

    /// Heartbeat was answered.
    package mutating func heartbeatAnswered(
        token: UInt64, _ result: Result<ErrorCode, RequestFault>, now: UInt64
    ) -> [Action] {
        guard let sent = heartbeatInFlight, sent.token == token else { return [] }
        heartbeatInFlight = nil
        heartbeatDue = now &+ settings.heartbeatInterval
        guard heartbeatsRun else { return [] }
        // What was asked under an older membership says nothing about the current one.
        let current = sent.generation == generation && sent.memberID == memberID
        let error: ErrorCode
        switch result {
        case .failure(.refused(let code, let reason)) where code.isAuthorization: return fail(code, reason)
        case .failure:
            heartbeatDue = now &+ heartbeatPause.next()
            return [.forgetCoordinator]
        case .success(let code): error = code
        }
        switch error {
        case .none:
            heartbeatSucceeded(now)
            return []
        case .rebalanceInProgress:
            heartbeatSucceeded(now)
            return requestRejoinIfStable("group is already rebalancing", now: now)
        case .unknownMemberId, .illegalGeneration:
            guard current else { return [] }
            // The round may be over already and its answer on the way: it tells which membership there is now.
            if case .joining = state { return [] }
            let actions = resetIdentity(keepingMemberID: error == .illegalGeneration)
            switch state {
            case .stable:
                joinReason = Self.failed(by: error)
                return actions + beginRound()
            case .assigning, .syncing:
                return actions + retryAtOnce(now, reason: Self.failed(by: error))
            case .idle, .preparing, .backingOff, .joining, .expired, .abandoning, .leaving, .failed:
                return actions
            }
        case .fencedInstanceId:
            guard current else { return [] }
            return fail(error, "the coordinator refused a heartbeat")
        case .coordinatorNotAvailable, .notCoordinator:
            heartbeatDue = now &+ heartbeatPause.next()
            return [.forgetCoordinator]
        case .groupAuthorizationFailed:
            // Rights that are changed, or read by a broker that starts, may be missing for a moment. See `advance`.
            isUnauthorized = true
            heartbeatDue = now &+ heartbeatPause.next()
            return []
        default:
            heartbeatDue = now &+ heartbeatPause.next()
            return []
        }
    }

    /// LeaveGroup was answered, well or not.
    package mutating func leaveAnswered(token: UInt64, now: UInt64) -> [Action] {
        guard case .leaving(token, _) = state else { return [] }
        state = .idle
        return [.left]
    }

    /// Another request of this member (a commit) met an error that speaks about the membership of the given generation.
    package mutating func membershipRefused(by error: ErrorCode, generation sent: Int32, now: UInt64) -> [Action] {
        guard sent == generation, case .stable = state else { return [] }
        let actions: [Action]
        switch error {
        case .unknownMemberId, .groupIdNotFound: actions = resetIdentity(keepingMemberID: false)
        case .illegalGeneration: actions = resetIdentity(keepingMemberID: true)
        case .rebalanceInProgress: return requestRejoinIfStable("group is already rebalancing", now: now)
        case .fencedInstanceId: return fail(error, "another member took over the instance id")
        default: return []
        }
        joinReason = Self.failed(by: error)
        return actions + beginRound()
    }

    mutating func joined(_ answer: GroupJoinAnswer, now: UInt64) -> [Action] {
        if let type = answer.protocolType, type != settings.protocolType {
            return fail(.inconsistentGroupProtocol, "the group is of type \(type)")
        }
        guard let name = answer.protocolName, protocols.contains(where: { $0.name == name }) else {
            return fail(.inconsistentGroupProtocol, "the group elected a protocol that was not offered")
        }
        memberID = answer.memberID
        generation = answer.generation
        leaderID = answer.leaderID
        protocolName = name
        heartbeatInFlight = nil
        heartbeatDue = now &+ settings.heartbeatInterval
        heartbeatSucceeded(now)
        guard isLeader else { return sendSync([]) }
        // A static member that came back leads the same generation (KIP-814): the stored assignment holds, so none is computed.
        if answer.skipAssignment { return [.assignmentKept(answer.members)] + sendSync([]) }
        state = .assigning
        return [
            .computeAssignment(
                GroupElection(
                    generation: generation, memberID: memberID, protocolName: name, members: answer.members))
        ]
    }
}
