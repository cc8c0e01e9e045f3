import ClusterCore
import ConnectModel
import EventLoop
import Logging

// The config log, and what its changes mean for connectors.
extension Herder {
    /// Writes records to the config log, which in standalone mode is memory: they are read back at once.
    func append(_ records: [ConfigLogRecord]) {
        for record in records {
            let events = log.apply(record, offset: max(log.offset, 0), isLive: true)
            for event in events { react(to: event) }
        }
    }

    /// The entry of a connector, made where there is none.
    func entry(for name: String) -> ConnectorEntry {
        if let entry = entries[name] { return entry }
        let entry = ConnectorEntry(
            name, serial: nextSerial(), pool: dependencies.pool, patience: settings.patience,
            ownsAll: cluster == nil)
        entries[name] = entry
        return entry
    }

    func react(to event: ConfigLogEvent) {
        let now = EventLoop.now()
        switch event {
        case .connectorUpdated(let name):
            let entry = entry(for: name)
            entry.configuration += 1
            applyTarget(entry, now)
        case .targetStateChanged(let name):
            if let entry = entries[name] { applyTarget(entry, now) }
        case .connectorRemoved(let name):
            guard let entry = entries[name] else { return }
            entry.isEnding = true
            logger.info("Removing the connector", [.connector(name)])
            executeTasks(entry.tasks.end(.removed), entry)
            execute(entry.lifecycle.end(.removed, now: now), entry)
        case .tasksUpdated(let name, _):
            guard let entry = entries[name], let state = log.connector(name) else { return }
            entry.taskGeneration += 1
            let count = Int32(clamping: state.taskConfigs.count)
            executeTasks(entry.tasks.want(count: count, generation: entry.taskGeneration), entry)
        case .restartRequested(let request):
            logger.debug("A restart request was read", [.connector(request.connector)])
        case .sessionKeyChanged, .loggerLevel:
            // Of a cluster; a worker alone neither writes nor needs them.
            break
        case .ignored(let key, let reason):
            logger.warning("Passed over a record of the config log: \(reason)", [LogField("key", key)])
        }
    }

    private func applyTarget(_ entry: ConnectorEntry, _ now: UInt64) {
        let target = log.connector(entry.name)?.targetState ?? .started
        executeTasks(entry.tasks.pause(target == .paused), entry)
        execute(entry.lifecycle.want(target, configuration: entry.configuration, now: now), entry)
    }

    // MARK: - Actions

    func execute(_ actions: [ConnectorLifecycle.Action], _ entry: ConnectorEntry) {
        entry.shareAbandonedOfConnector()
        for action in actions { execute(action, entry) }
        touch(entry)
        answerWaiters(of: entry)
    }

    private func execute(_ action: ConnectorLifecycle.Action, _ entry: ConnectorEntry) {
        switch action {
        case .start(let instance): start(instance, entry)
        case .reconfigure(let instance): reconfigure(instance, entry)
        case .askTaskConfigs(let instance): askTaskConfigs(instance, entry)
        case .stop(let instance): stop(instance, entry)
        case .interrupt(let instance): entry.live[instance]?.instance.interrupt()
        case .abandon(let instance, let call): abandon(instance, call, entry)
        case .wakeUp(let instance, let at):
            let name = entry.name
            _ = after(at) { herder in
                guard let entry = herder.entries[name] else { return }
                herder.execute(entry.lifecycle.timeIsUp(instance: instance, now: EventLoop.now()), entry)
            }
        case .status(let state, let error): report(state, error, entry)
        case .publish(let configs): publish(configs, entry)
        case .settled(let revision, let error): entry.settled = (revision, error)
        case .ended:
            entry.connectorHasEnded = true
            finishIfEnded(entry)
        }
    }

    func report(_ state: InstanceState, _ error: ConnectError?, _ entry: ConnectorEntry) {
        let status = makeStatus(state, error, entry)
        put(.connector(entry.name, status), carefully: state == .failed || state == .unassigned)
        if let error {
            logger.error(
                "The connector failed: \(error.trace)", [.connector(entry.name), .errorCode(error.code.rawValue)])
        } else {
            logger.info("The connector is \(state.rawValue)", [.connector(entry.name)])
        }
    }

    /// A status of this worker. The trace goes through the redactor, since clients read it.
    func makeStatus(_ state: InstanceState, _ error: ConnectError?, _ entry: ConnectorEntry) -> InstanceStatus {
        InstanceStatus(
            state: state, trace: error.map { LogSystem.redactor.redact($0.trace) }, workerID: settings.workerID,
            generation: cluster?.machine.generation ?? 0, version: entry.plugin?.version)
    }

    /// Task configurations are stored where they differ from those in force; else the tasks run on.
    private func publish(_ configs: [ConfigMap], _ entry: ConnectorEntry) {
        let differs = entry.offer?.configs == configs ? entry.offer?.differs ?? true : true
        entry.offer = nil
        guard differs else { return }
        let records = configs.enumerated().map { number, config in
            ConfigLogRecord.task(TaskID(connector: entry.name, number: Int32(clamping: number)), config)
        }
        let all = records + [.commit(entry.name, tasks: Int32(clamping: configs.count))]
        guard cluster != nil else { return append(all) }
        offerToLeader(configs, entry.name)
    }

    /// The leader alone writes task configurations. What it does not take is asked for again, and offered again, with growing
    /// pauses: meanwhile the connector may have others.
    private func offerToLeader(_ configs: [ConfigMap], _ name: String) {
        guard let entry = entries[name] else { return }
        guard !entry.isOffering else {
            entry.nextOffer = configs
            return
        }
        entry.isOffering = true
        let done: @Sendable (isolated Herder, ConnectError?) -> Void = { herder, error in
            herder.entries[name]?.isOffering = false
            guard let entry = herder.known(name) else { return }
            if let next = entry.nextOffer {
                entry.nextOffer = nil
                return herder.offerToLeader(next, name)
            }
            guard let error else {
                entry.refusedOffers = 0
                return
            }
            herder.logger.warning(
                "The task configurations of the connector were not stored, and will be offered again: \(error)",
                [.connector(name), .errorCode(error.code.rawValue)])
            entry.refusedOffers += 1
            let pause = UInt64(250_000_000) << UInt64(min(entry.refusedOffers - 1, 8))
            _ = herder.after(EventLoop.now() &+ min(pause, 60_000_000_000)) { herder in
                guard let entry = herder.known(name), let instance = entry.live.keys.max() else { return }
                herder.execute(entry.lifecycle.requestTaskConfigs(instance: instance, now: EventLoop.now()), entry)
            }
        }
        withLeader { herder, leadership in
            // A round may have moved the connector away meanwhile.
            guard let cluster = herder.cluster, let entry = herder.known(name), entry.lifecycle.isOwned else {
                herder.entries[name]?.isOffering = false
                herder.entries[name]?.nextOffer = nil
                return
            }
            switch leadership {
            case .here: herder.write(about: name, { $0.taskRecords(configs, of: name) }, done)
            case .elsewhere(let url?):
                cluster.parts.peers.putTaskConfigs(configs, of: name, leader: url, key: herder.log.sessionKey) {
                    error in
                    herder.onLoop { done($0, error) }
                }
            case .elsewhere(nil): done(herder, ConnectError(.requestConflict, "The group has no leader at the moment"))
            }
        }
    }

    /// Both machines have ended: nothing of the connector is left here.
    func finishIfEnded(_ entry: ConnectorEntry) {
        guard entry.hasEnded else { return }
        let waiters = entry.waiters
        entry.waiters = []
        for waiter in waiters {
            refuse(
                waiter.reply, .connectorFailed,
                "Could not begin changing connector state to STARTED as the connector has been scheduled for shutdown")
        }
        if shutdown == nil, cluster == nil {
            statuses.removeConnector(entry.name)
            entries[entry.name] = nil
            touch()
            startNextChange(of: entry.name)
        }
        for reply in entry.endWaiters { answer(reply, .success(.done)) }
        entry.endWaiters = []
        continueShutdown()
    }
}
