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
        case .alterConnectorOffsets(let name, let entries): alterOffsets(name, entries, reply)
        case .resetConnectorOffsets(let name): resetOffsets(name, reply)
        case .resetActiveTopics(let name): resetTopics(name, reply)
        case .validateConfig(let config): validate(config, reply)
        case .health: answer(reply, .success(.healthy))
        case .putTaskConfigs:
            refuse(
                reply, .requestMalformed,
                "Kafka Connect in standalone mode does not support externally setting task configurations.",
                status: 500)
        case .setLoggerLevel:
            refuse(reply, .requestMalformed, "Logger levels of a cluster need distributed mode", status: 500)
        }
    }

    /// The entry of a connector that has a configuration.
    func known(_ name: String) -> ConnectorEntry? {
        log.connector(name) == nil ? nil : entries[name]
    }

    private func delete(_ name: String, _ reply: @escaping ReplyHandler) {
        guard let entry = known(name) else { return refuse(reply, .connectorUnknown, "Connector \(name) not found") }
        entry.endWaiters.append(reply)
        append([.connector(name, nil), .targetState(name, nil)])
    }

    private func setTarget(_ name: String, _ state: TargetState, _ reply: @escaping ReplyHandler) {
        guard known(name) != nil else { return refuse(reply, .connectorUnknown, "Unknown connector \(name)") }
        append([.targetState(name, state)])
        answer(reply, .success(.done))
    }

    private func stop(_ name: String, _ reply: @escaping ReplyHandler) {
        guard let entry = known(name) else {
            return refuse(reply, .connectorUnknown, "No connector `\(name)` configured", status: 500)
        }
        append([.commit(name, tasks: 0), .targetState(name, .stopped)])
        wait(for: entry, reply) { _, _ in .success(.done) }
    }

    private func restart(_ request: RestartRequest, _ reply: @escaping ReplyHandler) {
        let name = request.connector
        guard request.includeTasks || request.onlyFailed else {
            guard let entry = known(name) else {
                return refuse(reply, .connectorUnknown, "Connector \(name) not found")
            }
            execute(entry.lifecycle.restart(now: EventLoop.now()), entry)
            return wait(for: entry, reply) { _, _ in .success(.done) }
        }
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
        // One that a change under way is about to start anyway needs no restart of its own.
        guard entry.tasks.knows(task.number) else { return wait(for: entry, reply) { _, _ in .success(.done) } }
        entry.restartWaiters.append((task.number, reply))
        executeTasks(entry.tasks.restart([task.number]), entry)
    }

    private func resetTopics(_ name: String, _ reply: @escaping ReplyHandler) {
        statuses.resetTopics(name)
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
