package import ConnectModel

// What clients and other workers ask for: who has to do it, and what is written.
extension HerderMachine {
    /// What is asked of this worker.
    package enum Request: Sendable {
        /// Whether this worker leads, once no round is under way.
        case leadership
        /// Store a configuration that was found to be valid.
        ///
        /// - Parameters:
        ///   - mustBeNew: refuse it where the connector exists.
        ///   - version: of its plugin, for statuses of a worker alone.
        case store(String, ConfigMap, initialState: TargetState?, mustBeNew: Bool, version: String?)
        case delete(String)
        case target(String, TargetState)
        case stop(String)
        /// Task configurations that a connector gave on another worker.
        case tasks(String, [ConfigMap])
        /// Restart a connector, its tasks, or what of them has failed; the kind is for the status that is answered.
        case restart(RestartRequest, ConnectorKind)
        case restartTask(TaskID)
        case loggerLevel(namespace: String, level: String)
    }

    /// How a request ended here.
    package enum Answer: Sendable, Equatable {
        case done
        /// This worker leads.
        case leads
        /// Another worker has to do it; nil where nobody is known who could.
        case elsewhere(url: String?)
        case refused(ConnectError)
        case stored(isNew: Bool)
        /// Restarts were asked for; the status shows them.
        case accepted(ConnectorStatus)
        /// Done once everything that is wished of the connector by now is fulfilled, or has failed.
        case underWay
        /// Done with the ``Action/ended(_:)`` of the connector.
        case ending
        /// Done with the `restarted` of the task.
        case restarting(Int32)
    }

    /// Takes a request in; ``Action/answer(_:_:)`` or ``Action/announce(_:_:)`` follows now or later, with the same ticket.
    package mutating func request(_ request: Request, _ ticket: Ticket, at now: Moment) -> [Action] {
        acting { $0.take(request, ticket, at: now) }
    }

    /// What can be said at once by any worker.
    private mutating func take(_ request: Request, _ ticket: Ticket, at now: Moment) {
        switch request {
        // Whether a connector is there is the leader's to say: others may not have read of it yet, or of its end.
        case .leadership, .delete, .store: break
        case .target(let name, let state):
            guard known(name) != nil else { return refuse(ticket, Self.unknown("Unknown connector \(name)")) }
            return announce([.targetState(name, state)], ticket, at: now)
        case .loggerLevel(let namespace, let level):
            return announce([.loggerLevel(namespace, level)], ticket, at: now)
        case .stop(let name):
            guard known(name) != nil else {
                let error =
                    isInCluster
                    ? Self.unknown("Unknown connector \(name)")
                    : ConnectError(.connectorUnknown, "No connector `\(name)` configured", status: 500)
                return refuse(ticket, error)
            }
        case .tasks:
            guard isInCluster else {
                return refuse(
                    ticket,
                    ConnectError(
                        .requestMalformed,
                        "Kafka Connect in standalone mode does not support externally setting task configurations.",
                        status: 500))
            }
        case .restart(let request, _) where !request.includeTasks && !request.onlyFailed:
            guard let connector = known(request.connector) else {
                return refuse(ticket, unknownToRestart(request.connector))
            }
            if connector.lifecycle.isOwned {
                steer(request.connector, at: now) { $0.restart(now: now.time) }
                return act(.answer(ticket, .underWay))
            }
        case .restart: break
        case .restartTask(let task):
            guard let connector = known(task.connector), let state = log.connector(task.connector) else {
                return refuse(ticket, unknownToRestart(task.connector))
            }
            guard state.taskConfigs.indices.contains(Int(task.number)) else {
                let message = isInCluster ? "Unknown task: \(task)" : "Task \(task) not found"
                return refuse(ticket, ConnectError(.taskUnknown, message))
            }
            if !isInCluster || connector.tasks.owns(task.number) {
                // One that a change under way is about to start anyway needs no restart of its own.
                guard connector.tasks.knows(task.number) else { return act(.answer(ticket, .underWay)) }
                act(.answer(ticket, .restarting(task.number)))
                return steerTasks(task.connector, at: now) { $0.restart([task.number]) }
            }
        }
        withLeader(.request(request, ticket), at: now)
    }

    /// What the leader does, or answers about the owner.
    mutating func perform(_ request: Request, _ ticket: Ticket, _ leadership: Leadership, at now: Moment) {
        if case .elsewhere(let url) = leadership { return act(.answer(ticket, .elsewhere(url: url))) }
        switch request {
        case .leadership: act(.answer(ticket, .leads))
        case .store(let name, let config, let initialState, let mustBeNew, let version):
            store(name, config, initialState, mustBeNew: mustBeNew, version, ticket, at: now)
        case .delete(let name):
            guard !isInCluster else { return write(.delete, about: name, for: .request(ticket), at: now) }
            guard known(name) != nil else { return refuse(ticket, Self.unknown("Connector \(name) not found")) }
            act(.answer(ticket, .ending))
            append(Self.removalRecords(of: name), at: now)
        case .stop(let name):
            guard !isInCluster else { return write(.stop, about: name, for: .request(ticket), at: now) }
            append(Self.stopRecords(of: name), at: now)
            act(.answer(ticket, .underWay))
        case .tasks(let name, let configs): write(.tasks(configs), about: name, for: .request(ticket), at: now)
        case .restart(let request, _) where !request.includeTasks && !request.onlyFailed:
            act(.answer(ticket, .elsewhere(url: member?.owner(ofConnector: request.connector))))
        case .restart(let request, let kind): restart(request, kind, ticket, at: now)
        case .restartTask(let task): act(.answer(ticket, .elsewhere(url: member?.owner(of: task))))
        case .target, .loggerLevel: break
        }
    }

    private mutating func store(
        _ name: String, _ config: ConfigMap, _ initialState: TargetState?, mustBeNew: Bool, _ version: String?,
        _ ticket: Ticket, at now: Moment
    ) {
        let isNew = log.connector(name) == nil
        guard isNew || !mustBeNew else { return refuse(ticket, Self.exists(name)) }
        let records = (initialState.map { [.targetState(name, $0)] } ?? []) + [ConfigLogRecord.connector(name, config)]
        guard !isInCluster else { return act(.write(records, .request(ticket, .stored(isNew: isNew)))) }
        makeConnector(name)
        connectors.change(name) { $0.version = version }
        append(records, at: now)
        act(.answer(ticket, .stored(isNew: isNew)))
    }

    /// In a cluster every worker restarts what it runs of what was chosen, once it reads the request.
    private mutating func restart(
        _ request: RestartRequest, _ kind: ConnectorKind, _ ticket: Ticket, at now: Moment
    ) {
        let name = request.connector
        guard known(name) != nil else { return refuse(ticket, Self.unknown("Unknown connector: \(name)")) }
        guard let status = statuses.status(name, kind: kind) else {
            return refuse(ticket, Self.unknown("Status for connector \(name) not found"))
        }
        let plan = RestartPlan(request, status: status)
        guard !isInCluster else {
            return act(.write([.restart(request)], .request(ticket, .accepted(plan.status))))
        }
        act(.answer(ticket, .accepted(plan.status)))
        showRestarting(plan, status)
        if plan.restartsConnector { steer(name, at: now) { $0.restart(now: now.time) } }
        steerTasks(name, at: now) { $0.restart(plan.tasks) }
    }

    /// Who asks for the status after the answer must not find the RUNNING of before the restart. Instances that are neither up
    /// nor failed are left out: their restart changes no status.
    private mutating func showRestarting(_ plan: RestartPlan, _ before: ConnectorStatus) {
        func isShown(_ state: InstanceState) -> Bool { state == .running || state == .failed }
        let name = before.name
        if plan.restartsConnector, isShown(before.connector.state) {
            report(.restarting, nil, name)
            act(.connector(name, .status(.restarting, nil)))
        }
        for task in before.tasks where plan.tasks.contains(task.number) && isShown(task.status.state) {
            guard connectors[name]?.tasks.knows(task.number) == true else { continue }
            report(task.number, .restarting, nil, name)
            act(.tasks(name, .status(task.number, .restarting, nil)))
        }
    }

    // MARK: - Answers

    /// Writes what any worker may write; done once that is acknowledged.
    private mutating func announce(_ records: [ConfigLogRecord], _ ticket: Ticket, at now: Moment) {
        guard !isInCluster else { return act(.announce(records, ticket)) }
        append(records, at: now)
        act(.answer(ticket, .done))
    }

    private mutating func refuse(_ ticket: Ticket, _ error: ConnectError) { act(.answer(ticket, .refused(error))) }

    /// Apache's two herders put it differently.
    private func unknownToRestart(_ name: String) -> ConnectError {
        Self.unknown(isInCluster ? "Unknown connector: \(name)" : "Connector \(name) not found")
    }

    private static func unknown(_ message: String) -> ConnectError { ConnectError(.connectorUnknown, message) }

    private static func exists(_ name: String) -> ConnectError {
        ConnectError(.connectorExists, "Connector \(name) already exists")
    }
}
