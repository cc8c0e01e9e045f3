import ClusterCore
package import ConnectModel
import EventLoop
import Logging
import TaskRuntime

// Tasks, and what they report.
extension Herder {
    func execute(_ action: TaskSetLifecycle.Action, _ entry: ConnectorEntry) {
        switch action {
        case .start(let number, let incarnation, let isPaused): startTask(number, incarnation, isPaused, entry)
        case .pause(let number, let incarnation): setPaused(true, number, incarnation, entry)
        case .resume(let number, let incarnation): setPaused(false, number, incarnation, entry)
        case .stop(let number, let incarnation): stopTask(number, incarnation, entry)
        case .status(let number, let state, let error):
            let task = LogField.task("\(TaskID(connector: entry.name, number: number))")
            if let error {
                logger.error("The task failed: \(error.trace)", [task, .errorCode(error.code.rawValue)])
            } else {
                logger.info("The task is \(state.rawValue)", [task])
            }
        case .restarted(let number, let error): answerRestart(of: number, error, entry)
        case .removeStatus, .settled, .ended: break
        }
    }

    // MARK: - Start and stop

    /// References are resolved on the connector's lane first, with what they stand for now. That may take for ever, as with a file
    /// on a mount that hangs: a start that is not wanted any more is not waited for.
    private func startTask(_ number: Int32, _ incarnation: UInt64, _ isPaused: Bool, _ entry: ConnectorEntry) {
        let task = TaskID(connector: entry.name, number: number)
        entry.runs[number] = .init(incarnation: incarnation, isPaused: isPaused)
        guard let state = log.connector(entry.name), let connectorConfig = state.config,
            state.taskConfigs.indices.contains(Int(number))
        else {
            let error = ConnectError(.taskUnknown, "Task \(task) not found")
            return onLoop { $0.startTask(task, incarnation, .failure(error)) }
        }
        let taskConfig = state.taskConfigs[Int(number)]
        let dependencies = dependencies
        entry.lane.submit {
            let opened = Result { () throws(ConnectError) in
                try dependencies.opened(connectorConfig, task: taskConfig, for: .task(task))
            }
            self.onLoop { $0.startTask(task, incarnation, opened) }
        }
    }

    private func startTask(
        _ task: TaskID, _ incarnation: UInt64,
        _ opened: Result<(connector: ConfigMap, task: ConfigMap, secrets: SecretHold), ConnectError>
    ) {
        // What was stopped meanwhile has no run any more.
        guard let entry = entries[task.connector], let run = entry.runs[task.number], run.incarnation == incarnation
        else { return }
        do throws(ConnectError) {
            let (connectorConfig, taskConfig, secrets) = try opened.get()
            entry.runs[task.number]?.secrets = secrets
            let plugin = try plugin(of: entry, connectorConfig)
            let specification = TaskSpecification(
                id: task, incarnation: incarnation, kind: plugin.kind, plugin: plugin, connectorConfig: connectorConfig,
                taskConfig: taskConfig, startsPaused: run.isPaused)
            entry.runs[task.number]?.handle = try dependencies.tasks.startTask(specification, observer: self)
            logger.info("The task was started", [.task("\(task)")])
            feed(tasksOf: entry.name) { $0.started(task.number, incarnation: incarnation) }
        } catch {
            entry.runs[task.number] = nil
            feed(tasksOf: entry.name) { $0.refused(task.number, incarnation: incarnation, error) }
        }
    }

    /// - Throws: where this worker lacks the class, which another one of the cluster may know: the error names it.
    private func plugin(of entry: ConnectorEntry, _ config: ConfigMap) throws(ConnectError) -> PluginDescription {
        if let plugin = entry.plugin { return plugin }
        return try dependencies.catalog.resolve(config["connector.class"] ?? "")
    }

    private func setPaused(_ isPaused: Bool, _ number: Int32, _ incarnation: UInt64, _ entry: ConnectorEntry) {
        guard entry.runs[number]?.incarnation == incarnation else { return }
        entry.runs[number]?.isPaused = isPaused
        if isPaused { entry.runs[number]?.handle?.pause() } else { entry.runs[number]?.handle?.resume() }
    }

    /// The connector's tasks here tell of the topics that they go on to use.
    func forgetTopics(of name: String) {
        for run in (entries[name]?.runs ?? [:]).values { run.handle?.forgetTopics() }
    }

    private func stopTask(_ number: Int32, _ incarnation: UInt64, _ entry: ConnectorEntry) {
        guard let run = entry.runs[number], run.incarnation == incarnation else { return }
        guard let handle = run.handle else {
            // Nothing runs yet that could write; what the lane brings later is nobody's.
            entry.runs[number] = nil
            let name = entry.name
            return onLoop { herder in
                herder.feed(tasksOf: name) { $0.ended(number, incarnation: incarnation, .stopped) }
            }
        }
        entry.runs[number]?.mustStop = true
        let sessionEnds = cluster.map { $0.isInDoubt ? 0 : $0.sessionEnds } ?? .max
        handle.stop(deadline: EventLoop.now() &+ settings.taskShutdownTime, sessionEnds: sessionEnds)
    }

    /// Nobody knows any more how long the group waits for what stops already.
    func hurryTasks() {
        for (_, entry) in entries.entries {
            for number in entry.runs.keys.sorted() {
                guard let run = entry.runs[number], run.mustStop else { continue }
                stopTask(number, run.incarnation, entry)
            }
        }
    }

    // MARK: - Reports

    private func answerRestart(of number: Int32, _ error: ConnectError?, _ entry: ConnectorEntry) {
        let due = entry.restartWaiters.filter { $0.task == number }
        entry.restartWaiters.removeAll { $0.task == number }
        for waiter in due {
            guard let error else {
                answer(waiter.reply, .success(.done))
                continue
            }
            let isGone = error.code == .taskUnknown
            let message = isGone ? error.message : "Failed to start task: \(entry.name)-\(number)"
            answer(waiter.reply, .failure(ConnectError(error.code, message, detail: error.trace)))
        }
    }
}

extension Herder: TaskObserver {
    package nonisolated func task(
        _ task: TaskID, incarnation: UInt64, reached state: InstanceState, error: ConnectError?
    ) {
        onLoop { herder in
            herder.feed(tasksOf: task.connector) { $0.reached(task.number, incarnation: incarnation, state, error) }
        }
    }

    package nonisolated func task(_ task: TaskID, incarnation: UInt64, ended end: TaskEnd) {
        onLoop { herder in
            guard let entry = herder.entries[task.connector] else { return }
            let run = entry.runs[task.number]
            if run?.incarnation == incarnation { entry.runs[task.number] = nil }
            if case .abandoned(let call) = end {
                herder.logger.error(
                    "The call '\(call)' of the task does not return and is abandoned",
                    [.task("\(task)"), .taskHungCode])
            }
            // What led to the end is shown with the secrets of its configuration hidden.
            withExtendedLifetime(run?.secrets) {
                herder.feed(tasksOf: task.connector) { $0.ended(task.number, incarnation: incarnation, end) }
            }
        }
    }

    package nonisolated func task(_ task: TaskID, usesTopic topic: String) {
        onLoop { herder in
            guard herder.settings.tracksTopics else { return }
            herder.feed { $0.used(topic: topic, by: task, at: $1) }
        }
    }
}
