import ConnectModel

// The config log, and what its changes mean for connectors.
extension HerderMachine {
    /// A record of the config topic was read.
    package mutating func read(_ record: ConfigLogRecord, offset: Int64, at now: Moment) -> [Action] {
        acting { machine in
            let isKnown = machine.log.connector(record.connectorName ?? "") != nil
            for event in machine.log.apply(record, offset: offset, isLive: machine.isLive) {
                machine.follow(event, isKnown: isKnown, at: now)
            }
        }
    }

    /// Writes records to the log of a worker alone, which is memory: they are read back at once.
    mutating func append(_ records: [ConfigLogRecord], at now: Moment) {
        for record in records {
            for event in log.apply(record, offset: max(log.offset, 0), isLive: true) {
                follow(event, isKnown: true, at: now)
            }
        }
    }

    private mutating func follow(_ event: ConfigLogEvent, isKnown: Bool, at now: Moment) {
        if case .ignored(let key, let reason) = event { return act(.tell(.passedOver(key: key, reason: reason))) }
        // What is wanted of a worker that stops is for those who take over.
        guard !isEnding else { return }
        switch event {
        case .connectorUpdated(let name):
            adopt(name, at: now)
            if !isKnown { tell(at: now) { $0.configChanged(reason: "connector \(name) was added", now: now.time) } }
        case .connectorRemoved(let name): remove(name, at: now)
        case .tasksUpdated(let name, _):
            adoptTasks(name, at: now)
            noteCommitted(name)
            tell(at: now) { $0.configChanged(reason: "the tasks of connector \(name) were changed", now: now.time) }
        // They run on.
        case .tasksConfirmed(let name): noteCommitted(name)
        case .targetStateChanged(let name): applyTarget(name, at: now)
        case .restartRequested(let request): restartOwned(request, at: now)
        case .sessionKeyChanged(let key): readSessionKey(key, at: now)
        case .loggerLevel(let namespace, let level):
            // A worker alone has set it before.
            if isInCluster { act(.setLoggerLevel(namespace: namespace, level: level)) }
        case .ignored: break
        }
    }

    /// Takes over what the log says of a connector.
    mutating func adopt(_ name: String, at now: Moment) {
        guard let config = log.connector(name)?.config else { return }
        makeConnector(name)
        if isInCluster {
            let version = settings.version(config)
            connectors.change(name) { $0.version = version }
        }
        act(.configured(name))
        if isInCluster, connectors[name]?.taskGeneration == 0 { adoptTasks(name, at: now) }
        connectors.change(name) { $0.configuration += 1 }
        applyTarget(name, at: now)
    }

    mutating func makeConnector(_ name: String) {
        guard connectors[name] == nil else { return }
        connectors[name] = ConnectorMachine(
            name, serial: nextSerial(), patience: settings.patience, ownsAll: !isInCluster)
    }

    private mutating func adoptTasks(_ name: String, at now: Moment) {
        guard let state = log.connector(name), state.taskCount != nil, connectors[name] != nil else { return }
        connectors.change(name) { $0.taskGeneration += 1 }
        let count = Int32(clamping: state.taskConfigs.count)
        let generation = connectors[name]?.taskGeneration ?? 0
        steerTasks(name, at: now) { $0.want(count: count, generation: generation) }
    }

    private mutating func applyTarget(_ name: String, at now: Moment) {
        guard let connector = connectors[name] else { return }
        let target = log.connector(name)?.targetState ?? .started
        steerTasks(name, at: now) { $0.pause(target == .paused) }
        steer(name, at: now) { $0.want(target, configuration: connector.configuration, now: now.time) }
    }

    private mutating func remove(_ name: String, at now: Moment) {
        guard connectors[name] != nil else { return }
        act(.removing(name))
        guard !isInCluster else {
            applyOwnership(name, at: now)
            return tell(at: now) { $0.configChanged(reason: "connector \(name) was removed", now: now.time) }
        }
        connectors.change(name) { $0.isEnding = true }
        steerTasks(name, at: now) { $0.end(.removed) }
        steer(name, at: now) { $0.end(.removed, now: now.time) }
    }

    /// Restarts what this worker runs of what a request chose.
    private mutating func restartOwned(_ request: RestartRequest, at now: Moment) {
        guard isInCluster, let connector = known(request.connector),
            let status = statuses.status(request.connector, kind: .unknown)
        else { return }
        let plan = RestartPlan(request, status: status)
        if plan.restartsConnector, connector.lifecycle.isOwned {
            steer(request.connector, at: now) { $0.restart(now: now.time) }
        }
        steerTasks(request.connector, at: now) { $0.restart(plan.tasks) }
    }
}
