import ClusterCore
import ConnectModel

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
            // It is laid over what the leader has read.
            asLeader(reply) { $0.enqueue(ConfigChange(name: name, kind: .patch(patch), reply: reply)) }
        case .deleteConnector(let name): ask(.delete(name), about: name, reply)
        case .pauseConnector(let name): ask(.target(name, .paused), about: name, reply)
        case .resumeConnector(let name): ask(.target(name, .started), about: name, reply)
        case .stopConnector(let name): ask(.stop(name), about: name, reply)
        case .restartConnector(let name, let includeTasks, let onlyFailed):
            let request = RestartRequest(connector: name, includeTasks: includeTasks, onlyFailed: onlyFailed)
            ask(.restart(request, entries[name]?.kind ?? .unknown), about: name, reply)
        case .restartTask(let task): ask(.restartTask(task), about: task.connector, reply)
        case .connectorOffsets(let name): readOffsets(name, reply)
        case .alterConnectorOffsets(let name, let entries): asLeader(reply) { $0.alterOffsets(name, entries, reply) }
        case .resetConnectorOffsets(let name): asLeader(reply) { $0.resetOffsets(name, reply) }
        case .resetActiveTopics(let name): resetTopics(name, reply)
        case .validateConfig(let config): validate(config, reply)
        case .health: answerHealth(reply)
        case .putTaskConfigs(let name, let configs): ask(.tasks(name, configs), about: name, reply)
        case .setLoggerLevel(let namespace, let level):
            ask(.loggerLevel(namespace: namespace, level: level), about: "", reply)
        }
    }

    /// The entry of a connector that has a configuration.
    func known(_ name: String) -> ConnectorEntry? {
        log.connector(name) == nil ? nil : entries[name]
    }

    /// A worker that its group cannot reach runs nothing and can change nothing, however well it answers.
    private func answerHealth(_ reply: @escaping ReplyHandler) {
        answer(reply, .success(cluster?.absence.map { .unhealthy($0.stage) } ?? .healthy))
    }

    /// Asks the machine for something about a connector; the reply follows from its answer.
    private func ask(_ request: HerderMachine.Request, about name: String, _ reply: @escaping ReplyHandler) {
        ask(request) { herder, answer in
            switch answer {
            case .done, .leads, .stored: herder.answer(reply, .success(.done))
            case .elsewhere(let url): herder.answer(reply, .success(.elsewhere(url: url)))
            case .refused(let error): herder.answer(reply, .failure(error))
            case .accepted(let status): herder.answer(reply, .success(.accepted(status)))
            case .underWay: herder.wait(for: herder.entry(for: name), reply) { _, _ in .success(.done) }
            case .ending: herder.entry(for: name).endWaiters.append(reply)
            case .restarting(let task): herder.entry(for: name).restartWaiters.append((task, reply))
            }
        }
    }

    private func resetTopics(_ name: String, _ reply: @escaping ReplyHandler) {
        feed { machine, _ in machine.resetTopics(of: name) }
        answer(reply, .success(.done))
    }

    // MARK: - Waiting

    /// Answers once every wish that was made so far is fulfilled, or has failed.
    func wait(
        for entry: ConnectorEntry, _ reply: @escaping ReplyHandler,
        _ make: @escaping (isolated Herder, ConnectorEntry) -> Result<Reply, ConnectError>
    ) {
        let revision = machine.connectors[entry.name]?.lifecycle.revision ?? 0
        entry.waiters.append(.init(revision: revision, reply: reply, make: make))
        answerWaiters(of: entry)
    }

    /// Answers those whose time has come.
    func answerWaiters(of entry: ConnectorEntry) {
        guard !entry.waiters.isEmpty, machine.connectors[entry.name]?.tasks.isSettled == true else { return }
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
