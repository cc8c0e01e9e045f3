internal import ClusterCore
internal import ConnectModel
internal import KafkaClient

// What the herder does about its cluster: a small copy of `Herder+Cluster` and `Herder+ClusterLogs`, without I/O.
extension ClusterSimulation {
    /// Of the membership, as the herder hears it.
    enum MembershipEvent {
        case preparing
        case elected(GroupElection)
        case assigned(GroupAnswer)
        case membershipLost
        case coordinatorLost
        case coordinatorFound
    }

    /// From the loop of Kafka's client to the herder's, in order.
    func toHerder(_ worker: SimulatedWorker, _ job: @escaping () -> Void) { hop(worker, 0, job) }

    /// From the herder's loop to that of Kafka's client, in order.
    func toKafka(_ worker: SimulatedWorker, _ job: @escaping () -> Void) { hop(worker, 1, job) }

    private func hop(_ worker: SimulatedWorker, _ direction: Int, _ job: @escaping () -> Void) {
        let time = max(worker.lastHop[direction], strikes(30) ? delay(0, 30) : now)
        worker.lastHop[direction] = time
        at(time, on: worker, job)
    }

    // MARK: - Membership

    func membership(_ worker: SimulatedWorker, _ event: MembershipEvent) {
        let offset = worker.log.offset
        switch event {
        case .preparing: tell(worker) { $0.preparing(configOffset: offset) }
        case .elected(let election):
            let members = election.members.map { GroupMemberMetadata(id: $0.id, metadata: $0.metadata) }
            let seen = WorkerMachine.Election(
                generation: election.generation, memberID: election.memberID, protocolName: election.protocolName,
                members: worker.saboteur.changed(members, leader: election.memberID))
            let work = assignableWork(worker)
            tell(worker) { $0.elected(seen, work: work, wallMilliseconds: wallMilliseconds) }
        case .assigned(let answer):
            let bytes = worker.saboteur.changed(answer.assignment)
            if isTraced, let assignment = try? WorkerAssignment(bytes) {
                note("  \(worker.name) is given \(assignment.summary)")
            }
            let seen = WorkerMachine.Answer(
                generation: answer.generation, memberID: answer.memberID, protocolName: answer.protocolName,
                bytes: bytes)
            tell(worker) { $0.assigned(seen, configOffset: offset, now: now) }
        case .membershipLost: tell(worker) { $0.membershipLost() }
        case .coordinatorLost: tell(worker) { $0.coordinatorLost(configOffset: offset) }
        case .coordinatorFound: tell(worker) { $0.coordinatorFound() }
        }
    }

    /// Feeds the machine of the membership and carries out what it wants.
    func tell(_ worker: SimulatedWorker, _ event: (inout WorkerMachine) -> [WorkerMachine.Action]) {
        guard !worker.isShuttingDown else { return }
        for action in event(&worker.machine) { carryOut(worker, action) }
    }

    private func carryOut(_ worker: SimulatedWorker, _ action: WorkerMachine.Action) {
        switch action {
        case .run(let work, let offset):
            note("  \(worker.name) runs \(work.summary) at \(offset)")
            digest.add(work.connectorCount << 8 | work.taskCount)
            worker.work = (work, offset)
            for entry in worker.entries.values { applyOwnership(worker, entry) }
        case .awaitQuiet:
            worker.awaitsQuiet = true
            guard worker.saboteur.plants(.hastyOffer) else { return }
            worker.awaitsQuiet = false
            tell(worker) { $0.quiet(configOffset: worker.log.offset) }
        case .offer(let offers):
            let protocols = offers.map { GroupProtocol(name: $0.name, metadata: $0.metadata) }
            note("  \(worker.name) offers itself at \(worker.log.offset), holds \(worker.machine.work.summary)")
            toKafka(worker) { [unowned self] in
                tellGroup(worker, worker.group.prepared(protocols: protocols, now: now))
            }
        case .assign(let assignments):
            let given = assignments.map { GroupAssignment(memberID: $0.memberID, bytes: $0.bytes) }
            note("  \(worker.name) assigns at \(worker.log.offset)")
            toKafka(worker) { [unowned self] in
                tellGroup(worker, worker.group.assignmentComputed(given, now: now))
            }
        case .readToEnd(let attempt):
            readConfigToEnd(worker) { [unowned self] in
                let offset = worker.log.offset
                tell(worker) { $0.readToEnd(attempt: attempt, error: nil, configOffset: offset, now: now) }
            }
        case .rejoin(let reason):
            note("  \(worker.name) wants a round: \(reason)")
            toKafka(worker) { [unowned self] in
                tellGroup(worker, worker.group.requestRejoin(reason: reason, now: now))
            }
        case .leave(let reason):
            note("  \(worker.name) leaves: \(reason)")
            changed()
            toKafka(worker) { [unowned self] in leaveGroup(worker, reason: reason) {} }
        case .join: toKafka(worker) { [unowned self] in joinGroup(worker) }
        case .heartbeat:
            toKafka(worker) { [unowned self] in tellGroup(worker, worker.group.heartbeatNow(now: now)) }
        case .lead: removeStaleStatuses(worker)
        case .settled: settled(worker)
        case .warn(let text):
            note("  \(worker.name) warns: \(text)")
        }
    }

    private func settled(_ worker: SimulatedWorker) {
        worker.isReady = true
        let waiters = worker.waiters
        worker.waiters = []
        for waiter in waiters { waiter(worker.machine.isLeader, worker.machine.leaderURL) }
        checkSessionKey(worker)
    }

    private func assignableWork(_ worker: SimulatedWorker) -> AssignableWork {
        AssignableWork(
            configOffset: worker.log.offset,
            connectors: worker.log.connectorNames.map { name in
                let state = worker.log.connector(name)
                let isUsable = state?.isInconsistent == false
                return AssignableWork.Connector(name: name, taskCount: isUsable ? state?.taskCount ?? 0 : 0)
            })
    }

    func applyOwnership(_ worker: SimulatedWorker, _ entry: SimulatedEntry) {
        let state = worker.log.connector(entry.name)
        let isMine = state != nil && worker.work.set.contains(connector: entry.name)
        let steps = entry.lifecycle.own(isMine, now: now)
        if !steps.isEmpty { execute(worker, entry, steps) }
        var isKnown = state.map { $0.committedOffset <= worker.work.offset } ?? false
        if worker.saboteur.plants(.oldOffset) { isKnown = true }
        let count = Int32(clamping: state?.taskConfigs.count ?? 0)
        let mine = (0..<count).filter { number in
            worker.work.set.contains(TaskID(connector: entry.name, number: number))
                && (isKnown || entry.tasks.owns(number))
        }
        let taskSteps = entry.tasks.own(mine)
        if !taskSteps.isEmpty { executeTasks(worker, entry, taskSteps) }
        guard !worker.isShuttingDown, state == nil, entry.lifecycle.isReleased, entry.tasks.isQuiet,
            entry.live.isEmpty, entry.runs.isEmpty
        else { return }
        worker.entries[entry.name] = nil
    }

    /// After every event in a worker: goes on with a round that waits, and sees to the next timer.
    func turnEnded(_ worker: SimulatedWorker) {
        guard !worker.isShuttingDown else { return }
        if worker.awaitsQuiet, worker.entries.values.allSatisfy(\.isQuiet) {
            worker.awaitsQuiet = false
            tell(worker) { $0.quiet(configOffset: worker.log.offset) }
        }
        let wanted = worker.machine.nextDeadline ?? .max
        guard wanted != worker.machineTimer else { return }
        worker.machineTimer = wanted
        guard wanted < .max else { return }
        at(wanted, on: worker) { [unowned self] in
            guard worker.machineTimer == wanted else { return }
            worker.machineTimer = .max
            let offset = worker.log.offset
            tell(worker) { $0.advance(to: now, configOffset: offset) }
        }
    }

    // MARK: - Leadership and session keys

    /// Calls `body` with who leads, now or once the round that is under way has ended.
    func withLeader(_ worker: SimulatedWorker, _ body: @escaping SimulatedWorker.Waiter) {
        if worker.machine.isSettled { return body(worker.machine.isLeader, worker.machine.leaderURL) }
        worker.waiters.append(body)
    }

    private func checkSessionKey(_ worker: SimulatedWorker) {
        let isLeader = worker.machine.isLeader && worker.machine.protocolVersion == 2
        let wall = wallMilliseconds
        if worker.rotation.isDue(isLeader: isLeader, now: wall) {
            worker.rotation.writing()
            let key = SessionKey(base64: "AAAA", algorithm: "HmacSHA256", createdAt: wall)
            return write(worker, [.sessionKey(key)]) { [unowned self] isWritten in
                guard !isWritten else { return }
                worker.rotation.failed()
                at(now + 1_000 * Self.millisecond, on: worker) { [unowned self] in
                    if !worker.isShuttingDown { checkSessionKey(worker) }
                }
            }
        }
        guard isLeader, let expiry = worker.rotation.expiry else { return }
        let due = now + UInt64(min(max(expiry - wall, 1000), 86_400_000)) * 1_000_000
        worker.keyTimer = due
        at(due, on: worker) { [unowned self] in
            if worker.keyTimer == due, !worker.isShuttingDown { checkSessionKey(worker) }
        }
    }

    // MARK: - The config topic

    func readConfig(_ worker: SimulatedWorker, _ records: [SimulatedTopic<ConfigLogRecord>.Entry]) {
        for entry in records {
            guard let record = entry.record else { continue }
            let isKnown = worker.log.connector(record.connectorName ?? "") != nil
            for event in worker.log.apply(record, offset: entry.offset, isLive: worker.isLive) {
                follow(worker, event, isKnown: isKnown)
            }
        }
    }

    private func follow(_ worker: SimulatedWorker, _ event: ConfigLogEvent, isKnown: Bool) {
        guard !worker.isShuttingDown else { return }
        switch event {
        case .connectorUpdated(let name):
            adopt(worker, name)
            if !isKnown { tell(worker) { $0.configChanged(reason: "connector \(name) was added", now: now) } }
        case .connectorRemoved(let name):
            if let entry = worker.entries[name] { applyOwnership(worker, entry) }
            tell(worker) { $0.configChanged(reason: "connector \(name) was removed", now: now) }
        case .tasksUpdated(let name, _):
            adoptTasks(worker, name)
            tell(worker) { $0.configChanged(reason: "the tasks of connector \(name) were changed", now: now) }
        case .targetStateChanged(let name):
            if let entry = worker.entries[name] { applyTarget(worker, entry) }
        case .restartRequested(let request): restartOwned(worker, request)
        case .sessionKeyChanged(let key):
            worker.rotation.read(key)
            checkSessionKey(worker)
        case .ignored, .loggerLevel: break
        }
    }

    func adopt(_ worker: SimulatedWorker, _ name: String) {
        guard worker.log.connector(name) != nil else { return }
        let entry: SimulatedEntry
        if let known = worker.entries[name] {
            entry = known
        } else {
            worker.serial += 1
            entry = SimulatedEntry(name, serial: worker.serial)
            worker.entries[name] = entry
        }
        if entry.taskGeneration == 0 { adoptTasks(worker, name) }
        entry.configuration += 1
        applyTarget(worker, entry)
    }

    private func adoptTasks(_ worker: SimulatedWorker, _ name: String) {
        guard let entry = worker.entries[name], let state = worker.log.connector(name), state.taskCount != nil else {
            return
        }
        entry.taskGeneration += 1
        let count = Int32(clamping: state.taskConfigs.count)
        executeTasks(worker, entry, entry.tasks.want(count: count, generation: entry.taskGeneration))
    }

    private func applyTarget(_ worker: SimulatedWorker, _ entry: SimulatedEntry) {
        let target = worker.log.connector(entry.name)?.targetState ?? .started
        executeTasks(worker, entry, entry.tasks.pause(target == .paused))
        execute(worker, entry, entry.lifecycle.want(target, configuration: entry.configuration, now: now))
    }

    private func restartOwned(_ worker: SimulatedWorker, _ request: RestartRequest) {
        guard let entry = known(worker, request.connector),
            let status = worker.statuses.status(request.connector, kind: .source)
        else { return }
        let plan = RestartPlan(request, status: status)
        if plan.restartsConnector, entry.lifecycle.isOwned {
            execute(worker, entry, entry.lifecycle.restart(now: now))
        }
        executeTasks(worker, entry, entry.tasks.restart(plan.tasks))
    }

    func known(_ worker: SimulatedWorker, _ name: String) -> SimulatedEntry? {
        worker.log.connector(name) == nil ? nil : worker.entries[name]
    }

    // MARK: - Statuses

    func put(_ worker: SimulatedWorker, _ record: StatusRecord, carefully: Bool = false) {
        guard !carefully || worker.statuses.allows(record) else { return }
        worker.statusWritesUnderWay += 1
        at(delay(0, 5)) { [unowned self] in
            statuses.append(record.keyText, record)
            for reader in workers.compactMap(\.self) { fetch(.status, reader) }
            at(delay(0, 5), on: worker) { [unowned self] in
                worker.statusWritesUnderWay -= 1
                continueShutdown(worker)
            }
        }
    }

    func readStatuses(_ worker: SimulatedWorker, _ records: [SimulatedTopic<StatusRecord>.Entry]) {
        for entry in records {
            guard let record = entry.record else { continue }
            worker.statuses.read(record)
            guard worker.isLive, record.status?.state == .unassigned, record.status?.workerID != worker.name
            else { continue }
            tell(worker) { $0.otherReleased(now: now) }
        }
    }

    private func removeStaleStatuses(_ worker: SimulatedWorker) {
        for name in worker.statuses.connectorNames {
            let state = worker.log.connector(name)
            let count = state?.taskCount ?? 0
            for number in worker.statuses.taskNumbers(name) where state == nil || number >= count {
                put(worker, .task(TaskID(connector: name, number: number), nil))
            }
            if state == nil { put(worker, .connector(name, nil)) }
        }
    }

    // MARK: - The end

    func shutDown(_ worker: SimulatedWorker) {
        guard !worker.isShuttingDown else { return }
        note("\(worker.name) shuts down")
        worker.isShuttingDown = true
        for entry in worker.entries.values {
            executeTasks(worker, entry, entry.tasks.end(.unassigned))
            execute(worker, entry, entry.lifecycle.end(.unassigned, now: now))
        }
        at(now + 12_000 * Self.millisecond, on: worker) { [unowned self] in finishShutdown(worker) }
        continueShutdown(worker)
    }

    func continueShutdown(_ worker: SimulatedWorker) {
        guard worker.isShuttingDown, worker.entries.values.allSatisfy(\.hasEnded), worker.statusWritesUnderWay == 0
        else { return }
        finishShutdown(worker)
    }

    private func finishShutdown(_ worker: SimulatedWorker) {
        guard worker.isAlive, !worker.hasFinishedShutdown else { return }
        worker.hasFinishedShutdown = true
        at(now + 3_000 * Self.millisecond, on: worker) { [unowned self] in left(worker) }
        toKafka(worker) { [unowned self] in
            leaveGroup(worker, reason: "shutdown") { [unowned self] in
                toHerder(worker) { [unowned self] in left(worker) }
            }
        }
    }
}

extension WorkSet {
    /// Names and numbers, for a trace.
    var summary: String {
        entries.map {
            "\($0.connector)\($0.hasConnector ? "*" : "")\($0.tasks.inOrder.map(String.init).joined(separator: ","))"
        }
        .joined(separator: " ")
    }
}

extension WorkerAssignment {
    /// For a trace.
    var summary: String {
        "+[\(assigned.summary)] -[\(revoked.summary)] error \(error) offset \(configOffset) delay \(delay) leader \(leaderURL)"
    }
}

extension StatusRecord {
    /// What compaction goes by.
    var keyText: String {
        switch self {
        case .connector(let name, _): StatusKey.connector(name).text
        case .task(let task, _): StatusKey.task(task).text
        case .topic(let topic, let connector, _): StatusKey.topic(topic, connector: connector).text
        }
    }
}
