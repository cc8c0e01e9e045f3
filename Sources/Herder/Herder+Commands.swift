import ClusterCore
import ConnectModel
import EventLoop

// What REST and files ask for.
extension Herder {
    func perform(_ command: Command, _ reply: @escaping ReplyHandler) {
        guard shutdown == nil else { return refuse(reply, .workerStopping, "The worker is shutting down") }
        switch command {
        case .createConnector(let name, let config, let initialState):
            enqueue(ConfigChange(name: name, kind: .create(config, initialState: initialState), reply: reply))
        case .putConnectorConfig(let name, let config):
            enqueue(ConfigChange(name: name, kind: .put(config), reply: reply))
        case .patchConnectorConfig(let name, let patch):
            enqueue(ConfigChange(name: name, kind: .patch(patch), reply: reply))
        case .deleteConnector(let name): delete(name, reply)
        case .pauseConnector(let name): setTarget(name, .paused, reply)
        case .resumeConnector(let name): setTarget(name, .started, reply)
        case .stopConnector(let name): stop(name, reply)
        case .restartConnector(let name, let includeTasks, let onlyFailed):
            restart(RestartRequest(connector: name, includeTasks: includeTasks, onlyFailed: onlyFailed), reply)
        case .restartTask(let task): restart(task, reply)
        case .connectorOffsets(let name): readOffsets(name, reply)
        case .alterConnectorOffsets(let name, let entries): asLeader(reply) { $0.alterOffsets(name, entries, reply) }
        case .resetConnectorOffsets(let name): asLeader(reply) { $0.resetOffsets(name, reply) }
        case .resetActiveTopics(let name): resetTopics(name, reply)
        case .validateConfig(let config): validate(config, reply)
        case .health: answerHealth(reply)
        case .putTaskConfigs(let name, let configs): putTaskConfigs(name, configs, reply)
        case .setLoggerLevel(let namespace, let level): announce([.loggerLevel(namespace, level)], reply)
        }
    }

    /// A worker that its group cannot reach runs nothing and can change nothing, however well it answers.
    private func answerHealth(_ reply: @escaping ReplyHandler) {
        answer(reply, .success(cluster?.absence.map { .unhealthy($0.stage) } ?? .healthy))
    }

    /// The entry of a connector that has a configuration.
    func known(_ name: String) -> ConnectorEntry? {
        log.connector(name) == nil ? nil : entries[name]
    }

    private func delete(_ name: String, _ reply: @escaping ReplyHandler) {
        asLeader(reply) { herder in
            guard let entry = herder.known(name) else {
                return herder.refuse(reply, .connectorUnknown, "Connector \(name) not found")
            }
            let records: [ConfigLogRecord] = [.connector(name, nil), .targetState(name, nil)]
            guard herder.cluster == nil else { return herder.write(records, reply) }
            entry.endWaiters.append(reply)
            herder.append(records)
        }
    }

    private func setTarget(_ name: String, _ state: TargetState, _ reply: @escaping ReplyHandler) {
        guard known(name) != nil else { return refuse(reply, .connectorUnknown, "Unknown connector \(name)") }
        announce([.targetState(name, state)], reply)
    }

    /// Writes what any worker may write, and is done once that is acknowledged.
    private func announce(_ records: [ConfigLogRecord], _ reply: @escaping ReplyHandler) {
        guard let cluster else {
            append(records)
            return answer(reply, .success(.done))
        }
        cluster.parts.configLog.append(records.map(\.entry)) { error in
            self.onLoop { $0.answer(reply, error.map { .failure($0) } ?? .success(.done)) }
        }
    }

    /// Writes what the leader alone writes, and is done once that was read back.
    private func write(_ records: [ConfigLogRecord], _ reply: @escaping ReplyHandler) {
        write(records) { herder, error in
            herder.answer(reply, error.map { .failure($0) } ?? .success(.done))
        }
    }

    private func stop(_ name: String, _ reply: @escaping ReplyHandler) {
        let records: [ConfigLogRecord] = [.commit(name, tasks: 0), .targetState(name, .stopped)]
        guard let entry = known(name) else {
            guard cluster == nil else { return refuse(reply, .connectorUnknown, "Unknown connector \(name)") }
            return refuse(reply, .connectorUnknown, "No connector `\(name)` configured", status: 500)
        }
        guard cluster == nil else {
            return asLeader(reply) { herder in
                herder.write(about: name) { herder in
                    herder.known(name) == nil
                        ? .failure(ConnectError(.connectorUnknown, "Unknown connector \(name)")) : .success(records)
                } _: { herder, error in
                    herder.answer(reply, error.map { .failure($0) } ?? .success(.done))
                }
            }
        }
        append(records)
        wait(for: entry, reply) { _, _ in .success(.done) }
    }

    /// Task configurations that another worker's connector gave.
    private func putTaskConfigs(_ name: String, _ configs: [ConfigMap], _ reply: @escaping ReplyHandler) {
        guard cluster != nil else {
            return refuse(
                reply, .requestMalformed,
                "Kafka Connect in standalone mode does not support externally setting task configurations.",
                status: 500)
        }
        asLeader(reply) { herder in
            herder.write(about: name) {
                $0.taskRecords(configs, of: name)
            } _: { herder, error in
                herder.answer(reply, error.map { .failure($0) } ?? .success(.done))
            }
        }
    }

    private func restart(_ request: RestartRequest, _ reply: @escaping ReplyHandler) {
        let name = request.connector
        guard request.includeTasks || request.onlyFailed else {
            guard let entry = known(name) else {
                return refuse(reply, .connectorUnknown, "Connector \(name) not found")
            }
            guard entry.lifecycle.isOwned else { return askOwner(reply) { $0.owner(ofConnector: name) } }
            execute(entry.lifecycle.restart(now: EventLoop.now()), entry)
            return wait(for: entry, reply) { _, _ in .success(.done) }
        }
        guard cluster == nil else { return asLeader(reply) { $0.restartInCluster(request, reply) } }
        guard let entry = known(name) else {
            return refuse(reply, .connectorUnknown, "Unknown connector: \(name)")
        }
        guard let status = statuses.status(name, kind: entry.kind) else {
            return refuse(reply, .connectorUnknown, "Status for connector \(name) not found")
        }
        let plan = RestartPlan(request, status: status)
        answer(reply, .success(.accepted(plan.status)))
        showRestarting(plan, status, entry)
        if plan.restartsConnector { execute(entry.lifecycle.restart(now: EventLoop.now()), entry) }
        executeTasks(entry.tasks.restart(plan.tasks), entry)
    }

    /// Every worker restarts what it runs of what was chosen, once it reads the request.
    private func restartInCluster(_ request: RestartRequest, _ reply: @escaping ReplyHandler) {
        let name = request.connector
        guard let entry = known(name) else {
            return refuse(reply, .connectorUnknown, "Unknown connector: \(name)")
        }
        guard let status = statuses.status(name, kind: entry.kind) else {
            return refuse(reply, .connectorUnknown, "Status for connector \(name) not found")
        }
        let plan = RestartPlan(request, status: status)
        write([.restart(request)]) { herder, error in
            herder.answer(reply, error.map { .failure($0) } ?? .success(.accepted(plan.status)))
        }
    }

    /// Answers where the work runs that a request is about: the leader knows, and others know the leader.
    private func askOwner(
        _ reply: @escaping ReplyHandler, _ owner: @escaping @Sendable (WorkerMachine) -> String?
    ) {
        withLeader { herder, leadership in
            switch leadership {
            case .here:
                herder.answer(reply, .success(.elsewhere(url: herder.cluster.flatMap { owner($0.machine) })))
            case .elsewhere(let url): herder.answer(reply, .success(.elsewhere(url: url)))
            }
        }
    }

    /// Who asks for the status after the answer must not find the RUNNING of before the restart. Instances that are neither up
    /// nor failed are left out: their restart changes no status.
    private func showRestarting(_ plan: RestartPlan, _ before: ConnectorStatus, _ entry: ConnectorEntry) {
        func isShown(_ state: InstanceState) -> Bool { state == .running || state == .failed }
        if plan.restartsConnector, isShown(before.connector.state) { report(.restarting, nil, entry) }
        for task in before.tasks where plan.tasks.contains(task.number) && entry.tasks.knows(task.number) {
            if isShown(task.status.state) { report(task.number, .restarting, nil, entry) }
        }
    }

    private func restart(_ task: TaskID, _ reply: @escaping ReplyHandler) {
        guard let entry = known(task.connector), let state = log.connector(task.connector) else {
            return refuse(reply, .connectorUnknown, "Connector \(task.connector) not found")
        }
        guard state.taskConfigs.indices.contains(Int(task.number)) else {
            return refuse(reply, .taskUnknown, "Task \(task) not found")
        }
        guard cluster == nil || entry.tasks.owns(task.number) else { return askOwner(reply) { $0.owner(of: task) } }
        // One that a change under way is about to start anyway needs no restart of its own.
        guard entry.tasks.knows(task.number) else { return wait(for: entry, reply) { _, _ in .success(.done) } }
        entry.restartWaiters.append((task.number, reply))
        executeTasks(entry.tasks.restart([task.number]), entry)
    }

    private func resetTopics(_ name: String, _ reply: @escaping ReplyHandler) {
        if cluster == nil {
            statuses.resetTopics(name)
        } else {
            for topic in statuses.topics(name) { put(.topic(topic, connector: name, nil)) }
        }
        if let entry = entries[name] { touch(entry) }
        answer(reply, .success(.done))
    }

    // MARK: - Waiting

    /// Answers once every wish that was made so far is fulfilled, or has failed.
    func wait(
        for entry: ConnectorEntry, _ reply: @escaping ReplyHandler,
        _ make: @escaping (isolated Herder, ConnectorEntry) -> Result<Reply, ConnectError>
    ) {
        entry.waiters.append(.init(revision: entry.lifecycle.revision, reply: reply, make: make))
        answerWaiters(of: entry)
    }

    /// Answers those whose time has come.
    func answerWaiters(of entry: ConnectorEntry) {
        guard !entry.waiters.isEmpty, entry.tasks.isSettled else { return }
        let reached = entry.settled.revision
        let due = entry.waiters.filter { $0.revision <= reached }
        guard !due.isEmpty else { return }
        entry.waiters.removeAll { $0.revision <= reached }
        for waiter in due {
            if let error = entry.settled.error {
                let start = entry.startFailure
                answer(waiter.reply, .failure(start?.cause == error ? start?.answer ?? error : error))
            } else {
                answer(waiter.reply, waiter.make(self, entry))
            }
        }
    }
}
