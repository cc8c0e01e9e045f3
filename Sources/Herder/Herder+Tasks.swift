import ClusterCore
package import ConnectModel
import EventLoop
import Logging
import TaskRuntime

// Tasks, and what they report.
extension Herder {
    func executeTasks(_ actions: [TaskSetLifecycle.Action], _ entry: ConnectorEntry) {
        entry.shareAbandonedOfTasks()
        for action in actions { execute(action, entry) }
        touch(entry)
        answerWaiters(of: entry)
    }

    private func execute(_ action: TaskSetLifecycle.Action, _ entry: ConnectorEntry) {
        switch action {
        case .start(let number, let incarnation, let isPaused): startTask(number, incarnation, isPaused, entry)
        case .pause(let number, let incarnation): setPaused(true, number, incarnation, entry)
        case .resume(let number, let incarnation): setPaused(false, number, incarnation, entry)
        case .stop(let number, let incarnation): stopTask(number, incarnation, entry)
        case .status(let number, let state, let error): report(number, state, error, entry)
        case .removeStatus(let number):
            // In a cluster the leader does that, for all workers.
            if cluster == nil { statuses.removeTask(TaskID(connector: entry.name, number: number)) }
        case .restarted(let number, let error): answerRestart(of: number, error, entry)
        case .settled:
            // An assignment that came while the old generation stopped could give none of the new one.
            if let cluster { applyOwnership(entry, cluster) }
        case .ended:
            entry.tasksHaveEnded = true
            finishIfEnded(entry)
        }
    }

    // MARK: - Start and stop

    /// References are resolved on the connector's lane first, with what they stand for now.
    private func startTask(_ number: Int32, _ incarnation: UInt64, _ isPaused: Bool, _ entry: ConnectorEntry) {
        let task = TaskID(connector: entry.name, number: number)
        entry.runs[number] = .init(incarnation: incarnation, isPaused: isPaused)
        guard let state = log.connector(entry.name), let connectorConfig = state.config,
            state.taskConfigs.indices.contains(Int(number))
        else { return }
        let taskConfig = state.taskConfigs[Int(number)]
        let resolve = dependencies.resolve
        entry.lane.submit {
            let resolved = Result { () throws(ConnectError) in
                (try resolve(connectorConfig), try resolve(taskConfig))
            }
            self.onLoop { $0.startTask(task, incarnation, resolved) }
        }
    }

    private func startTask(
        _ task: TaskID, _ incarnation: UInt64, _ configs: Result<(ConfigMap, ConfigMap), ConnectError>
    ) {
        guard let entry = entries[task.connector], let run = entry.runs[task.number], run.incarnation == incarnation
        else { return }
        if run.mustStop {
            entry.runs[task.number] = nil
            return executeTasks(entry.tasks.ended(task.number, incarnation: incarnation, .stopped), entry)
        }
        do throws(ConnectError) {
            let (connectorConfig, taskConfig) = try configs.get()
            guard let plugin = entry.plugin else {
                throw ConnectError(.configUnknownClass, "The class of connector \(entry.name) cannot be found")
            }
            let specification = TaskSpecification(
                id: task, incarnation: incarnation, kind: plugin.kind, plugin: plugin, connectorConfig: connectorConfig,
                taskConfig: taskConfig, startsPaused: run.isPaused)
            entry.runs[task.number]?.handle = try dependencies.tasks.startTask(specification, observer: self)
            logger.info("The task was started", [.task("\(task)")])
            executeTasks(entry.tasks.started(task.number, incarnation: incarnation), entry)
        } catch {
            entry.runs[task.number] = nil
            executeTasks(entry.tasks.refused(task.number, incarnation: incarnation, error), entry)
        }
    }

    private func setPaused(_ isPaused: Bool, _ number: Int32, _ incarnation: UInt64, _ entry: ConnectorEntry) {
        guard entry.runs[number]?.incarnation == incarnation else { return }
        entry.runs[number]?.isPaused = isPaused
        if isPaused { entry.runs[number]?.handle?.pause() } else { entry.runs[number]?.handle?.resume() }
    }

    private func stopTask(_ number: Int32, _ incarnation: UInt64, _ entry: ConnectorEntry) {
        guard let run = entry.runs[number], run.incarnation == incarnation else { return }
        entry.runs[number]?.mustStop = true
        run.handle?.stop(
            deadline: EventLoop.now() &+ settings.taskShutdownTime, sessionEnds: cluster?.sessionEnds ?? .max)
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

    func report(_ number: Int32, _ state: InstanceState, _ error: ConnectError?, _ entry: ConnectorEntry) {
        let task = TaskID(connector: entry.name, number: number)
        let status = makeStatus(state, error, entry)
        put(.task(task, status), carefully: state == .failed || state == .unassigned)
        if let error {
            logger.error("The task failed: \(error.trace)", [.task("\(task)"), .errorCode(error.code.rawValue)])
        } else {
            logger.info("The task is \(state.rawValue)", [.task("\(task)")])
        }
    }

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

extension Herder {
    /// A task used a topic: written once for each connector.
    private func noteTopic(_ topic: String, _ task: TaskID, _ entry: ConnectorEntry) {
        guard !statuses.uses(topic, connector: task.connector) else { return }
        let use = StatusRecord.TopicUse(task: task.number, discoveredAt: EventLoop.wallMilliseconds())
        let record = StatusRecord.topic(topic, connector: task.connector, use)
        if let cluster, !cluster.toldTopics.insert(record.key).inserted { return }
        put(record)
        touch(entry)
    }
}

extension Herder: TaskObserver {
    package nonisolated func task(
        _ task: TaskID, incarnation: UInt64, reached state: InstanceState, error: ConnectError?
    ) {
        onLoop { herder in
            guard let entry = herder.entries[task.connector] else { return }
            herder.executeTasks(
                entry.tasks.reached(task.number, incarnation: incarnation, state, error), entry)
        }
    }

    package nonisolated func task(_ task: TaskID, incarnation: UInt64, ended end: TaskEnd) {
        onLoop { herder in
            guard let entry = herder.entries[task.connector] else { return }
            if entry.runs[task.number]?.incarnation == incarnation { entry.runs[task.number] = nil }
            if case .abandoned(let call) = end {
                herder.logger.error(
                    "The call '\(call)' of the task does not return and is abandoned",
                    [.task("\(task)"), .taskHungCode])
            }
            herder.executeTasks(entry.tasks.ended(task.number, incarnation: incarnation, end), entry)
        }
    }

    package nonisolated func task(_ task: TaskID, usesTopic topic: String) {
        onLoop { herder in
            guard herder.settings.tracksTopics, let entry = herder.known(task.connector) else { return }
            herder.noteTopic(topic, task, entry)
        }
    }
}
