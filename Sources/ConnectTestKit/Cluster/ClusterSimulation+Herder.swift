internal import ClusterCore
internal import ConnectModel
internal import KafkaClient

// A worker's herder: the machine that decides is the real one; what it wants is carried out in the simulated world.
extension ClusterSimulation {
    /// From the loop of Kafka's client to the herder's, in order.
    func toHerder(_ worker: SimulatedWorker, _ job: @escaping () -> Void) { hop(worker, 0, job) }

    /// From the herder's loop to that of Kafka's client, in order.
    func toKafka(_ worker: SimulatedWorker, _ job: @escaping () -> Void) { hop(worker, 1, job) }

    private func hop(_ worker: SimulatedWorker, _ direction: Int, _ job: @escaping () -> Void) {
        let time = max(worker.lastHop[direction], strikes(30) ? delay(0, 30) : now)
        worker.lastHop[direction] = time
        at(time, on: worker, job)
    }

    /// Tells the machine what happened and carries out what it wants.
    func feed(
        _ worker: SimulatedWorker, _ event: (inout HerderMachine, HerderMachine.Moment) -> [HerderMachine.Action]
    ) {
        for action in event(&worker.machine, moment) { carryOut(worker, action) }
    }

    /// Something happened in the life of a connector.
    func feed(
        _ worker: SimulatedWorker, connector name: String,
        _ event: (inout ConnectorLifecycle) -> [ConnectorLifecycle.Action]
    ) {
        feed(worker) { $0.connector(name, at: $1, event) }
    }

    /// Something happened to the tasks of a connector.
    func feed(
        _ worker: SimulatedWorker, tasksOf name: String,
        _ event: (inout TaskSetLifecycle) -> [TaskSetLifecycle.Action]
    ) {
        feed(worker) { $0.tasks(name, at: $1, event) }
    }

    /// Asks the machine for something.
    func ask(
        _ worker: SimulatedWorker, _ request: HerderMachine.Request,
        _ then: @escaping (HerderMachine.Answer) -> Void
    ) {
        worker.lastTicket += 1
        let ticket = worker.lastTicket
        worker.requests[ticket] = then
        feed(worker) { $0.request(request, ticket, at: $1) }
    }

    private var moment: HerderMachine.Moment { .init(time: now, wall: wallMilliseconds) }

    /// After every event in a worker: the machine may go on with a round, and its next deadline may be another one.
    func turnEnded(_ worker: SimulatedWorker) {
        feed(worker) { $0.turnEnded(at: $1) }
        let wanted = worker.machine.nextDeadline ?? .max
        guard wanted != worker.machineTimer else { return }
        worker.machineTimer = wanted
        guard wanted < .max else { return }
        at(wanted, on: worker) { [unowned self] in
            guard worker.machineTimer == wanted else { return }
            worker.machineTimer = .max
            feed(worker) { $0.advance(at: $1) }
        }
    }

    private func carryOut(_ worker: SimulatedWorker, _ action: HerderMachine.Action) {
        switch action {
        case .membership(let action): carryOut(worker, action)
        case .connector(let name, let action):
            if let entry = worker.entries[name] { execute(worker, entry, action) }
        case .tasks(let name, let action):
            if let entry = worker.entries[name] { execute(worker, entry, action) }
        case .configured(let name):
            if worker.entries[name] == nil { worker.entries[name] = SimulatedEntry(name) }
        case .forgotten(let name): worker.entries[name] = nil
        case .allEnded: finishShutdown(worker)
        case .write(let records, let write):
            self.write(worker, records) { [unowned self] isWritten in
                feed(worker) { $0.written(write, error: isWritten ? nil : Self.notWritten, at: $1) }
            }
        case .announce(let records, let ticket):
            append(worker, records) { isWritten in
                worker.requests.removeValue(forKey: ticket)?(isWritten ? .done : .refused(Self.notWritten))
            }
        case .writeStatus(let write): self.write(worker, write)
        case .handToLeader(let configs, let name, let url): hand(worker, configs, of: name, to: url)
        case .makeSessionKey:
            let key = SessionKey(base64: "AAAA", algorithm: "HmacSHA256", createdAt: wallMilliseconds)
            feed(worker) { $0.madeSessionKey(.success(key), at: $1) }
        case .answer(let ticket, let answer): worker.requests.removeValue(forKey: ticket)?(answer)
        case .tell(let notice): note("  \(worker.name) tells \(notice)")
        case .removing, .changed, .topicsForgotten, .ended, .setLoggerLevel: break
        }
    }

    static let notWritten = ConnectError(.kafkaUnavailable, "not written")

    // MARK: - Membership

    /// Of the membership, as the herder hears it.
    enum MembershipEvent {
        case preparing
        case elected(GroupElection)
        case assigned(GroupAnswer)
        case membershipLost
        case coordinatorLost
        case coordinatorFound
    }

    func membership(_ worker: SimulatedWorker, _ event: MembershipEvent) {
        let heard: WorkerGroupEvent
        switch event {
        case .preparing: heard = .preparing
        case .elected(let election):
            let members = election.members.map { GroupMemberMetadata(id: $0.id, metadata: $0.metadata) }
            heard = .elected(
                generation: election.generation, memberID: election.memberID, protocolName: election.protocolName,
                members: worker.saboteur.changed(members, leader: election.memberID))
        case .assigned(let answer):
            if let assignment = try? WorkerAssignment(answer.assignment) {
                worker.assignedOffset = assignment.configOffset
                note("  \(worker.name) is given \(assignment.summary)")
            }
            heard = .assigned(
                generation: answer.generation, memberID: answer.memberID, leaderID: answer.leaderID,
                protocolName: answer.protocolName,
                bytes: worker.saboteur.changed(answer.assignment, readTo: worker.machine.log.offset))
        case .membershipLost: heard = .membershipLost
        case .coordinatorLost: heard = .coordinatorLost(sessionEnds: now)
        case .coordinatorFound: heard = .coordinatorFound
        }
        feed(worker) { $0.group(heard, at: $1) }
    }

    private func carryOut(_ worker: SimulatedWorker, _ action: WorkerMachine.Action) {
        switch action {
        case .run(let work, let offset):
            note("  \(worker.name) runs \(work.summary) at \(offset)")
            digest.add(work.connectorCount << 8 | work.taskCount)
        case .offer(let offers):
            let protocols = offers.map { GroupProtocol(name: $0.name, metadata: $0.metadata) }
            note("  \(worker.name) offers itself at \(worker.machine.log.offset), holds \(worker.held.summary)")
            toKafka(worker) { [unowned self] in
                tellGroup(worker, worker.group.prepared(protocols: protocols, now: now))
            }
        case .assign(let assignments):
            let given = assignments.map { GroupAssignment(memberID: $0.memberID, bytes: $0.bytes) }
            note("  \(worker.name) assigns at \(worker.machine.log.offset)")
            toKafka(worker) { [unowned self] in
                tellGroup(worker, worker.group.assignmentComputed(given, now: now))
            }
        case .readToEnd(let attempt):
            readConfigToEnd(worker) { [unowned self] in
                feed(worker) { $0.readToEnd(attempt: attempt, error: nil, at: $1) }
            }
        case .carriedOut(let generation, let memberID):
            for place in worker.running.indices where !worker.running[place].isStopping {
                worker.running[place].isInDoubt = false
            }
            toKafka(worker) { [unowned self] in carriedOut(worker, generation: generation, memberID: memberID) }
        case .rejoin(let reason):
            note("  \(worker.name) wants a round: \(reason)")
            toKafka(worker) { [unowned self] in
                tellGroup(worker, worker.group.requestRejoin(reason: reason, now: now))
            }
        case .leave(let reason):
            note("  \(worker.name) leaves: \(reason)")
            worker.knownSession = nil
            toKafka(worker) { [unowned self] in leaveGroup(worker, reason: reason) {} }
        case .join: toKafka(worker) { [unowned self] in joinGroup(worker) }
        case .heartbeat:
            toKafka(worker) { [unowned self] in tellGroup(worker, worker.group.heartbeatNow(now: now)) }
        case .settled:
            worker.isReady = true
            let generation = worker.machine.member?.generation ?? -1
            toKafka(worker) { [unowned self] in settled(worker, generation: generation) }
            echo(worker)
        case .warn(let text): note("  \(worker.name) warns: \(text)")
        case .awaitQuiet, .lead: break
        }
    }

    /// Two of the faults that can be planted.
    private func echo(_ worker: SimulatedWorker) {
        let isRound = worker.saboteur.plants(.echoedRound)
        guard isRound || worker.saboteur.plants(.echoedCommit), worker.machine.member?.isLeader == true else { return }
        worker.hasEchoed.toggle()
        guard worker.hasEchoed else { return }
        if isRound {
            return toKafka(worker) { [unowned self] in
                tellGroup(worker, worker.group.requestRejoin(reason: "once more", now: now))
            }
        }
        let log = worker.machine.log
        guard let name = log.connectorNames.first, let configs = log.connector(name)?.taskConfigs, !configs.isEmpty
        else { return }
        let tasks = configs.enumerated().map { number, config in
            var config = config
            config.set("generation", "\(worker.machine.member?.generation ?? -1)")
            return ConfigLogRecord.task(TaskID(connector: name, number: Int32(clamping: number)), config)
        }
        write(worker, tasks + [.commit(name, tasks: Int32(clamping: configs.count))]) { _ in }
    }

    // MARK: - The end

    func shutDown(_ worker: SimulatedWorker) {
        guard !worker.isShuttingDown else { return }
        note("\(worker.name) shuts down")
        at(now + 12_000 * Self.millisecond, on: worker) { [unowned self] in finishShutdown(worker) }
        feed(worker) { $0.end(at: $1) }
    }

    private func finishShutdown(_ worker: SimulatedWorker) {
        guard worker.isAlive, !worker.hasFinishedShutdown else { return }
        worker.hasFinishedShutdown = true
        feed(worker) { $0.failWaiters(at: $1) }
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
