package import ConnectModel

// Rounds of the group, and what follows from them for connectors and tasks.
extension HerderMachine {
    /// The topics were read to their ends for the first time: what is in them counts from now on, and the group is joined.
    package mutating func topicsRead(at now: Moment) -> [Action] {
        guard !isEnding else { return [] }
        return acting { machine in
            machine.isLive = true
            for name in machine.log.connectorNames { machine.adopt(name, at: now) }
            if let key = machine.log.sessionKey { machine.rotation?.read(key) }
            machine.act(.membership(.join))
        }
    }

    /// Something happened in the group.
    package mutating func group(_ event: WorkerGroupEvent, at now: Moment) -> [Action] {
        acting { machine in
            let offset = machine.log.offset
            switch event {
            case .preparing: machine.tell(at: now) { $0.preparing(configOffset: offset) }
            case .elected(let generation, let memberID, let protocolName, let members):
                let election = WorkerMachine.Election(
                    generation: generation, memberID: memberID, protocolName: protocolName, members: members)
                let work = machine.assignableWork
                machine.tell(at: now) { $0.elected(election, work: work, wallMilliseconds: now.wall) }
            case .assigned(let generation, let memberID, _, let protocolName, let bytes):
                machine.forgetGenerations(after: generation)
                let answer = WorkerMachine.Answer(
                    generation: generation, memberID: memberID, protocolName: protocolName, bytes: bytes)
                machine.tell(at: now) { $0.assigned(answer, configOffset: offset, now: now.time) }
            case .membershipLost:
                // At the end too, when nothing else of the group counts: what waits to be written was decided as a member.
                if machine.isEnding { _ = machine.member?.membershipLost(now: now.time) }
                machine.tell(at: now) { $0.membershipLost(now: now.time) }
            case .coordinatorLost: machine.tell(at: now) { $0.coordinatorLost(configOffset: offset) }
            case .coordinatorFound: machine.tell(at: now) { $0.coordinatorFound() }
            case .failed: break
            }
        }
    }

    /// The config topic was read to its end, as was wanted by `attempt`, or could not be.
    package mutating func readToEnd(attempt: UInt64, error: ConnectError?, at now: Moment) -> [Action] {
        acting { machine in
            let offset = machine.log.offset
            machine.tell(at: now) {
                $0.readToEnd(attempt: attempt, error: error, configOffset: offset, now: now.time)
            }
        }
    }

    /// Feeds the membership's machine and carries out what it wants.
    mutating func tell(at now: Moment, _ event: (inout WorkerMachine) -> [WorkerMachine.Action]) {
        guard !isEnding, var machine = member else { return }
        member = nil
        let wanted = event(&machine)
        member = machine
        for action in wanted {
            act(.membership(action))
            switch action {
            case .run(let set, let offset):
                work = (set, offset)
                forgetWordsOfOthers()
                for name in connectors.keys { applyOwnership(name, at: now) }
            case .awaitQuiet: awaitsQuiet = true
            case .lead: removeStaleStatuses()
            case .settled:
                awaitsRelease = true
                tellOwnAgain()
                // What the leader before did not come to.
                if self.member?.isLeader == true {
                    for name in log.connectorNames where needsRepair(name) { noteCommitted(name) }
                }
                answerWaiters(at: now)
                checkSessionKey(at: now)
            case .offer, .assign, .readToEnd, .carriedOut, .rejoin, .leave, .join, .heartbeat, .warn: break
            }
        }
    }

    /// What the config log wants to run.
    var assignableWork: AssignableWork {
        AssignableWork(
            configOffset: log.offset,
            connectors: log.connectorNames.map { name in
                let state = log.connector(name)
                let isUsable = state?.isInconsistent == false
                return AssignableWork.Connector(name: name, taskCount: isUsable ? state?.taskCount ?? 0 : 0)
            })
    }

    // MARK: - Ownership

    /// Lets a connector and its tasks know whether they run here; one that was removed is forgotten once nothing is left.
    mutating func applyOwnership(_ name: String, at now: Moment) {
        guard let connector = connectors[name] else { return }
        let state = log.connector(name)
        let isMine = state != nil && work.set.contains(connector: name)
        steer(name, at: now, evenIfNothing: false) { $0.own(isMine, now: now.time) }
        // Of tasks that were committed after the assignment was made it says nothing: those of them that run already were
        // given by a later one.
        let isKnown = state.map { $0.committedOffset <= work.offset } ?? false
        let count = Int32(clamping: state?.taskConfigs.count ?? 0)
        let mine = (0..<count).filter { number in
            work.set.contains(TaskID(connector: name, number: number)) && (isKnown || connector.tasks.owns(number))
        }
        steerTasks(name, at: now, evenIfNothing: false) { $0.own(mine) }
        if isKnown, state?.taskCount == nil || state?.isInconsistent == true { reportUnknownTasks(of: name) }
        forgetIfReleased(name)
    }

    /// Tasks that the leader knows and the log, as this worker has read it, does not: without any commit of the connector, which
    /// others have read. Told in each generation: others may have run them meanwhile.
    private mutating func reportUnknownTasks(of name: String) {
        for number in work.set.taskNumbers(of: name) {
            let task = TaskID(connector: name, number: number)
            let told = statuses.task(task)
            let isTold = told?.state == .failed && told?.workerID == settings.workerID
            guard !isTold || told?.generation != member?.generation else { continue }
            report(number, .failed, Self.unknownTask(name, number), name)
        }
    }

    private static func unknownTask(_ name: String, _ number: Int32) -> ConnectError {
        ConnectError(
            .taskFailed, "The config topic has no configuration in force of task \(name)-\(number)",
            detail:
                "The leader knows one: it was overtaken by the connector's configuration and then compacted, or removed, before "
                + "this worker read the topic. PUT the connector's configuration again to have its tasks stored again, with some "
                + "change where one of Apache's workers leads.")
    }

    private mutating func forgetIfReleased(_ name: String) {
        guard !isEnding, log.connector(name) == nil, let connector = connectors[name],
            connector.lifecycle.isReleased, connector.tasks.isQuiet
        else { return }
        connectors[name] = nil
        act(.forgotten(name))
    }

    /// Whether all tasks of a stopped connector have ended, wherever they ran: what they still wrote is written. In a cluster
    /// its leader alone knows, from the round behind the stop on.
    package func haveTasksEnded(of name: String) -> Bool {
        guard let connector = connectors[name], connector.isSettled, let state = log.connector(name) else {
            return false
        }
        guard let member else { return true }
        return state.committedOffset <= work.offset && member.hasNoTasks(of: name)
    }

    // MARK: - Leadership

    /// What waits until no round is under way.
    enum Waiter: Sendable {
        case request(Request, Ticket)
        /// Task configurations that the connector wants to have stored.
        case offer(String, [ConfigMap])
    }

    /// Who may write what only the leader writes.
    enum Leadership {
        case here
        /// Another worker leads; nil while nobody knows who.
        case elsewhere(url: String?)
    }

    /// Requests that may wait for a round to end. Beyond that they are refused, since nobody seems to answer them.
    static let maximumWaiters = 10_000

    /// Goes on with a waiter, now or once the round that is under way has ended.
    mutating func withLeader(_ waiter: Waiter, at now: Moment) {
        guard let member else { return go(on: waiter, .here, at: now) }
        if member.isSettled { return go(on: waiter, leadership, at: now) }
        guard waiters.count < Self.maximumWaiters else { return go(on: waiter, .elsewhere(url: nil), at: now) }
        waiters.append(waiter)
    }

    private var leadership: Leadership {
        member?.isLeader == true ? .here : .elsewhere(url: member?.leaderURL)
    }

    private mutating func answerWaiters(at now: Moment) {
        let due = waiters
        waiters = []
        for waiter in due { go(on: waiter, leadership, at: now) }
    }

    private mutating func go(on waiter: Waiter, _ leadership: Leadership, at now: Moment) {
        switch waiter {
        case .request(let request, let ticket): perform(request, ticket, leadership, at: now)
        case .offer(let name, let configs): offer(configs, name, leadership, at: now)
        }
    }

    /// The worker is gone for those who wait: no round ends any more.
    package mutating func failWaiters(at now: Moment) -> [Action] {
        acting { machine in
            let due = machine.waiters
            machine.waiters = []
            for waiter in due { machine.go(on: waiter, .elsewhere(url: nil), at: now) }
        }
    }
}
