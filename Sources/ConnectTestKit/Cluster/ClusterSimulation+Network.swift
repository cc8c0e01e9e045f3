internal import FakeBroker
internal import KafkaClient
internal import KafkaProtocol

/// A request of a worker's membership under way.
final class GroupCall {
    let worker: SimulatedWorker
    let request: GroupRequest
    /// The node that it goes to; nil until it arrives.
    var node: Int
    var isDone = false

    init(_ worker: SimulatedWorker, _ request: GroupRequest, node: Int) {
        self.worker = worker
        self.request = request
        self.node = node
    }
}

// Requests to the coordinator on their way, and the membership's driver (`GroupMembershipDriver`) with its answers.
extension ClusterSimulation {
    /// What comes back for a call.
    enum GroupReply {
        case model(GroupModel.Reply)
        /// From a node that does not coordinate, or not yet.
        case refused(Int16)
        case fault
    }

    // MARK: - The driver

    /// Feeds the membership's machine one event and carries out what it wants. On the loop of Kafka's client.
    func tellGroup(_ worker: SimulatedWorker, _ actions: [GroupMachine.Action]) {
        for action in actions { carryOut(worker, action) }
        scheduleGroup(worker)
    }

    private func carryOut(_ worker: SimulatedWorker, _ action: GroupMachine.Action) {
        switch action {
        case .send(let request): send(worker, request)
        case .forgetCoordinator: worker.coordinator = nil
        case .prepareJoin:
            note("  \(worker.name) prepares")
            toHerder(worker) { [unowned self] in membership(worker, .preparing) }
        case .assignmentKept: break
        case .computeAssignment(let election):
            toHerder(worker) { [unowned self] in membership(worker, .elected(election)) }
        case .assigned(let answer):
            worker.round = (answer.generation, answer.memberID)
            let session = worker.session
            toHerder(worker) { [unowned self] in
                worker.knownSession = session
                worker.knowsToLead = answer.leaderID == answer.memberID
                membership(worker, .assigned(answer))
            }
        case .membershipLost:
            note("  \(worker.name) lost its membership")
            worker.round = nil
            worker.watch.expelled()
            worker.gate = 0
            for place in worker.running.indices { worker.running[place].isInDoubt = true }
            toHerder(worker) { [unowned self] in
                worker.knownSession = nil
                membership(worker, .membershipLost)
            }
            sessionEnded(worker)
        case .pollIntervalExceeded: break
        case .left:
            endSession(worker)
            let done = worker.leaving
            worker.leaving = []
            for job in done { job() }
            guard worker.joinsAfterLeave else { return }
            worker.joinsAfterLeave = false
            tellGroup(worker, worker.group.start(now: now))
        case .failed(let code, let text):
            worker.watch.stop()
            break_("\(worker.name) cannot join the group: \(code) \(text)")
        }
    }

    func joinGroup(_ worker: SimulatedWorker) {
        worker.joinsAfterLeave = !worker.leaving.isEmpty
        guard !worker.joinsAfterLeave else { return }
        tellGroup(worker, worker.group.start(now: now))
    }

    func leaveGroup(_ worker: SimulatedWorker, reason: String, _ done: @escaping () -> Void) {
        worker.leaving.append(done)
        worker.joinsAfterLeave = false
        endSession(worker)
        tellGroup(worker, worker.group.leave(reason: reason, now: now))
    }

    func carriedOut(_ worker: SimulatedWorker, generation: Int32, memberID: String) {
        guard let round = worker.round, round == (generation, memberID), worker.watch.carriedOut() else { return }
        tellGroup(worker, worker.group.heartbeatNow(now: now))
    }

    func settled(_ worker: SimulatedWorker, generation: Int32) {
        if worker.round?.generation == generation { worker.isSessionOver = false }
    }

    private func endSession(_ worker: SimulatedWorker) {
        worker.round = nil
        worker.watch.stop()
        worker.gate = 0
        sessionEnded(worker)
    }

    private func report(_ worker: SimulatedWorker, _ change: CoordinatorWatch.Change?) {
        switch change {
        case .lost?:
            note("  \(worker.name) lost the coordinator")
            toHerder(worker) { [unowned self] in membership(worker, .coordinatorLost) }
        case .found?: toHerder(worker) { [unowned self] in membership(worker, .coordinatorFound) }
        case nil: break
        }
    }

    private func scheduleGroup(_ worker: SimulatedWorker) {
        let wanted = min(worker.group.nextDeadline ?? .max, worker.watch.nextDeadline ?? .max)
        guard wanted != worker.groupTimer else { return }
        worker.groupTimer = wanted
        guard wanted < .max else { return }
        at(wanted, on: worker) { [unowned self] in
            guard worker.groupTimer == wanted else { return }
            worker.groupTimer = .max
            let isConnected = worker.coordinator == coordinator && now >= coordinatorUpAt
            report(worker, worker.watch.advance(to: now, isConnected: isConnected))
            tellGroup(worker, worker.group.advance(to: now))
        }
    }

    // MARK: - Requests

    private func send(_ worker: SimulatedWorker, _ request: GroupRequest) {
        let channel: Int
        switch request.body {
        case .join, .sync: channel = 0
        case .heartbeat, .leave: channel = 1
        }
        digest.add(request.token)
        worker.watch.sent(request, now: now)
        let call = GroupCall(worker, request, node: coordinator)
        at(now + request.timeout, on: worker) { [unowned self] in answered(call, .fault) }
        if worker.coordinator == nil {
            guard now >= coordinatorUpAt else {
                // Looked up without success.
                at(delay(20, 200), on: worker) { [unowned self] in answered(call, .fault) }
                return
            }
            worker.coordinator = coordinator
        } else if let known = worker.coordinator {
            call.node = known
        }
        if strikes(lossRate / 2) {
            // Lost on the way; a cut connection tells soon, silence only after the time-out.
            if random.below(2) == 0 { at(delay(1, 50), on: worker) { [unowned self] in answered(call, .fault) } }
            return
        }
        let arrival = max(delay(0, strikes(20) ? 400 : 5), worker.lastArrival[channel])
        worker.lastArrival[channel] = arrival
        at(arrival) { [unowned self] in arrived(call) }
    }

    private func arrived(_ call: GroupCall) {
        if now < coordinatorUpAt {
            return at(delay(1, 50), on: call.worker) { [unowned self] in answered(call, .fault) }
        }
        guard call.node == coordinator else { return reply(call, .refused(16)) }
        guard now >= coordinatorLoadedAt else { return reply(call, .refused(14)) }
        lastTicket += 1
        let ticket = lastTicket
        calls[ticket] = call
        switch call.request.body {
        case .join(let join): group.join(join.wire, ticket: ticket, now: now)
        case .sync(let sync): group.sync(sync.wire, ticket: ticket, now: now)
        case .heartbeat(let beat): group.heartbeat(beat.wire, ticket: ticket, now: now)
        case .leave(let leave): group.leave(leave.wire, ticket: ticket, now: now)
        }
        groupActed()
    }

    /// Sends what the coordinator has to say, and sees to its next timer.
    private func groupActed() {
        for (ticket, answer) in group.takeReplies() {
            guard let call = calls.removeValue(forKey: ticket) else { continue }
            reply(call, .model(answer))
        }
        if group.generation != lastGeneration {
            lastGeneration = group.generation
            note("generation \(group.generation) of \(group.members.map(\.id))")
        }
        for worker in workers.compactMap(\.self) {
            let isMember = group.hasMember(worker.group.memberID)
            if isMember { worker.wasExpelledAt = nil } else { worker.wasExpelledAt = worker.wasExpelledAt ?? now }
        }
        guard let deadline = group.nextDeadline else { return }
        let wanted = max(deadline, now, coordinatorLoadedAt)
        guard wanted < groupTimer else { return }
        groupTimer = wanted
        at(wanted) { [unowned self] in
            groupTimer = .max
            if now >= coordinatorLoadedAt { group.advance(to: now) }
            groupActed()
        }
    }

    private func reply(_ call: GroupCall, _ answer: GroupReply) {
        if strikes(lossRate / 2) {
            if random.below(2) == 0 { at(delay(1, 50), on: call.worker) { [unowned self] in answered(call, .fault) } }
            return
        }
        at(delay(0, strikes(20) ? 400 : 5), on: call.worker) { [unowned self] in answered(call, answer) }
    }

    /// The coordinator moved, or its node died: whoever was connected to it sees that.
    func breakConnections(isCrash: Bool) {
        // By ticket, so that every process does the same.
        let open = calls.keys.sorted()
        if isCrash {
            for ticket in open {
                guard let call = calls.removeValue(forKey: ticket) else { continue }
                at(delay(1, 50), on: call.worker) { [unowned self] in answered(call, .fault) }
            }
        }
        group.moved(now: max(now, coordinatorLoadedAt))
        _ = isCrash ? group.takeReplies() : []
        groupActed()
        guard isCrash else { return }
        for worker in workers.compactMap(\.self) {
            at(delay(1, 50), on: worker) { [unowned self] in
                guard worker.isConnectionUp, worker.group.heartbeatsRun else { return }
                worker.isConnectionUp = false
                worker.watch.connectionLost(now: now)
                tellGroup(worker, worker.group.heartbeatNow(now: now))
            }
        }
    }

    // MARK: - Answers

    private func answered(_ call: GroupCall, _ answer: GroupReply) {
        guard !call.isDone else { return }
        call.isDone = true
        let worker = call.worker
        let token = call.request.token
        switch call.request.body {
        case .join:
            let result: Result<GroupJoinAnswer, RequestFault>
            switch answer {
            case .model(.join(let response)): result = .success(GroupJoinAnswer(response))
            case .refused(let code): result = .success(GroupJoinAnswer(error: ErrorCode(rawValue: code)))
            default: result = .failure(.transport)
            }
            heard(worker, token, CoordinatorWatch.Verdict(result))
            tellGroup(worker, worker.group.joinAnswered(token: token, result, now: now))
        case .sync:
            let result: Result<GroupSyncAnswer, RequestFault>
            switch answer {
            case .model(.sync(let response)): result = .success(GroupSyncAnswer(response))
            case .refused(let code): result = .success(GroupSyncAnswer(error: ErrorCode(rawValue: code)))
            default: result = .failure(.transport)
            }
            heard(worker, token, CoordinatorWatch.Verdict(result))
            tellGroup(worker, worker.group.syncAnswered(token: token, result, now: now))
        case .heartbeat:
            let result: Result<ErrorCode, RequestFault>
            switch answer {
            case .model(.heartbeat(let response)): result = .success(ErrorCode(rawValue: response.errorCode))
            case .refused(let code): result = .success(ErrorCode(rawValue: code))
            default: result = .failure(.transport)
            }
            heard(worker, token, CoordinatorWatch.Verdict(result))
            tellGroup(worker, worker.group.heartbeatAnswered(token: token, result, now: now))
        case .leave: tellGroup(worker, worker.group.leaveAnswered(token: token, now: now))
        }
    }

    private func heard(_ worker: SimulatedWorker, _ token: UInt64, _ verdict: CoordinatorWatch.Verdict) {
        report(worker, worker.watch.answered(token: token, verdict, now: now))
        if worker.saboteur.plants(.earlyGate) { _ = worker.watch.carriedOut() }
        if verdict != .absent { worker.isConnectionUp = true }
        guard verdict == .member, worker.watch.aliveUntil > worker.gate else { return }
        let wasShut = worker.gate <= now
        worker.gate = worker.watch.aliveUntil
        guard wasShut, now < worker.gate else { return }
        worker.hasChanged = true
        gateOpened(worker)
    }
}
