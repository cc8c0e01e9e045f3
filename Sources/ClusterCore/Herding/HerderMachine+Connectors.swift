package import ConnectModel

// The lives of connectors and of their tasks: what their machines want, and what the driver tells of them.
extension HerderMachine {
    /// Something happened in a connector's life; see the events of ``ConnectorLifecycle``. Of a connector that is forgotten
    /// it means nothing.
    package mutating func connector(
        _ name: String, at now: Moment, _ event: (inout ConnectorLifecycle) -> [ConnectorLifecycle.Action]
    ) -> [Action] {
        acting { $0.steer(name, at: now, event) }
    }

    /// Something happened to a connector's tasks; see the events of ``TaskSetLifecycle``.
    package mutating func tasks(
        _ name: String, at now: Moment, _ event: (inout TaskSetLifecycle) -> [TaskSetLifecycle.Action]
    ) -> [Action] {
        acting { $0.steerTasks(name, at: now, event) }
    }

    /// A connector was asked for its task configurations.
    package mutating func gaveTaskConfigs(
        _ name: String, instance: UInt64, _ result: Result<ConnectorMachine.Given, ConnectError>, at now: Moment
    ) -> [Action] {
        acting { machine in
            machine.connectors.change(name) { $0.given = try? result.get() }
            let configs = result.map(\.configs)
            machine.steer(name, at: now) { $0.gaveTaskConfigs(instance: instance, configs, now: now.time) }
        }
    }

    // MARK: - Steering

    /// Feeds a connector's machine and carries out what it wants.
    ///
    /// - Parameter evenIfNothing: show the connector anew even where nothing follows.
    mutating func steer(
        _ name: String, at now: Moment, evenIfNothing: Bool = true,
        _ event: (inout ConnectorLifecycle) -> [ConnectorLifecycle.Action]
    ) {
        let actions = connectors.change(name) { connector in
            let actions = event(&connector.lifecycle)
            // What it counted goes to the tasks' machine too.
            connector.tasks.abandonedCalls = connector.lifecycle.abandonedCalls
            return actions
        }
        guard let actions, evenIfNothing || !actions.isEmpty else { return }
        for action in actions { follow(action, name, at: now) }
        act(.changed(name))
    }

    private mutating func follow(_ action: ConnectorLifecycle.Action, _ name: String, at now: Moment) {
        switch action {
        case .publish(let configs): return publish(configs, name, at: now)
        case .ended:
            connectors.change(name) { $0.connectorHasEnded = true }
            return finishIfEnded(name)
        case .status(let state, let error): report(state, error, name)
        case .start, .reconfigure: connectors.change(name) { $0.askedAgain = (0, 0) }
        case .askTaskConfigs, .stop, .interrupt, .abandon, .wakeUp, .settled: break
        }
        act(.connector(name, action))
    }

    /// Feeds the machine of a connector's tasks and carries out what it wants.
    mutating func steerTasks(
        _ name: String, at now: Moment, evenIfNothing: Bool = true,
        _ event: (inout TaskSetLifecycle) -> [TaskSetLifecycle.Action]
    ) {
        let actions = connectors.change(name) { connector in
            let actions = event(&connector.tasks)
            connector.lifecycle.abandonedCalls = connector.tasks.abandonedCalls
            return actions
        }
        guard let actions, evenIfNothing || !actions.isEmpty else { return }
        for action in actions { follow(action, name, at: now) }
        act(.changed(name))
    }

    private mutating func follow(_ action: TaskSetLifecycle.Action, _ name: String, at now: Moment) {
        switch action {
        case .settled:
            // An assignment that came while the old generation stopped could give none of the new one.
            if isInCluster { applyOwnership(name, at: now) }
            return
        case .removeStatus(let number):
            // In a cluster the leader does that, for all workers.
            if !isInCluster { statuses.removeTask(TaskID(connector: name, number: number)) }
            return
        case .ended:
            connectors.change(name) { $0.tasksHaveEnded = true }
            return finishIfEnded(name)
        case .status(let number, let state, let error): report(number, state, error, name)
        case .start, .pause, .resume, .stop, .restarted: break
        }
        act(.tasks(name, action))
    }

    /// Both machines have ended: nothing of the connector is left here.
    private mutating func finishIfEnded(_ name: String) {
        guard connectors[name]?.hasEnded == true else { return }
        if !isEnding, !isInCluster {
            statuses.removeConnector(name)
            connectors[name] = nil
        }
        act(.ended(name))
        checkEnd()
    }

    // MARK: - Task configurations

    /// Task configurations are stored where they differ from those in force; else the tasks run on.
    private mutating func publish(_ configs: [ConfigMap], _ name: String, at now: Moment) {
        let given = connectors[name]?.given
        connectors.change(name) { $0.given = nil }
        connectors.change(name) { $0.published = configs }
        guard given?.configs != configs || given?.differs != false else {
            // Others may have been committed while the connector was asked.
            return noteCommitted(name)
        }
        if isInCluster {
            makeOffer(configs, name, at: now)
        } else {
            append(Self.records(configs, of: name), at: now)
        }
    }

    /// The leader alone writes task configurations.
    private mutating func makeOffer(_ configs: [ConfigMap], _ name: String, at now: Moment) {
        guard connectors.change(name, { $0.offers.begin(configs) }) == true else { return }
        withLeader(.offer(name, configs), at: now)
    }

    mutating func offer(_ configs: [ConfigMap], _ name: String, _ leadership: Leadership, at now: Moment) {
        // A round may have moved the connector away meanwhile.
        guard let connector = known(name), connector.lifecycle.isOwned else {
            connectors.change(name) { $0.offers.drop() }
            return
        }
        switch leadership {
        case .here: write(.tasks(configs), about: name, for: .offer, at: now)
        case .elsewhere(let url?): act(.handToLeader(configs, connector: name, url: url))
        case .elsewhere(nil):
            offerEnded(name, ConnectError(.requestConflict, "The group has no leader at the moment"), at: now)
        }
    }

    /// The leader took the task configurations of a connector, or did not.
    package mutating func handed(_ name: String, error: ConnectError?, at now: Moment) -> [Action] {
        acting { $0.offerEnded(name, error, at: now) }
    }

    mutating func offerEnded(_ name: String, _ error: ConnectError?, at now: Moment) {
        guard known(name) != nil else {
            connectors.change(name) { $0.offers.drop() }
            return
        }
        if let error, Self.isForGood(error) {
            guard case .offer(let configs)? = connectors.change(name, { $0.offers.refused() }) else {
                return steer(name, at: now) { $0.raised(Self.unstorable(error, of: name), now: now.time) }
            }
            return makeOffer(configs, name, at: now)
        }
        switch connectors.change(name, { $0.offers.end(isTaken: error == nil) }) {
        case .offer(let configs)?: makeOffer(configs, name, at: now)
        case .askAgain(let pause)?:
            if let error { act(.tell(.offerRefused(name, error))) }
            offerRetries.append((now.time &+ pause, name))
        case .nothing?, nil: break
        }
    }

    /// Whether the same task configurations can never be stored: asking again would be as vain.
    private static func isForGood(_ error: ConnectError) -> Bool {
        error.code == .recordTooLarge || error.httpStatus == tooLarge
    }

    private static func unstorable(_ error: ConnectError, of name: String) -> ConnectError {
        ConnectError(
            .recordTooLarge,
            "The task configurations of connector \(name) are too large to be stored in the config topic: \(error.message)",
            detail:
                "Give the connector smaller ones (more tasks with less each), or raise max.request.size of the workers and "
                + "max.message.bytes of the topic, then restart it.")
    }

    mutating func noteCommitted(_ name: String) {
        guard isInCluster, !committed.contains(where: name.isExactly) else { return }
        committed.append(name)
    }

    /// A write that was given up may come to be behind newer ones, and a stop may be stored by half: a connector whose tasks
    /// are not those that it gave last is asked again. A few times: where two groups use one topic, and their connectors give
    /// different ones, both would go on for ever, and restart all tasks each time. But where the commits of two leaders took
    /// the tasks out of force, until they are in force again.
    mutating func compareCommitted(at now: Moment) {
        let names = committed
        committed = []
        for name in names {
            guard !needsRepair(name) else {
                repairByLeader(name, at: now)
                continue
            }
            guard let connector = known(name), let state = log.connector(name), connector.lifecycle.isOwned,
                state.targetState == .started, let published = connector.published
            else { continue }
            guard !connector.offers.isUnderWay else {
                committed.append(name)
                continue
            }
            guard !state.isInconsistent else {
                recommitLater(name, at: now)
                continue
            }
            connectors.change(name) { $0.recommits.reset() }
            if state.isCommitOvertaken, !confirmations.contains(where: { $0.connector.isExactly(name) }) {
                confirmations.append((now.time &+ Self.confirmPause, name))
            }
            guard state.taskConfigs != published else { continue }
            let isQuarrel = now.time &- connector.askedAgain.at < Self.quarrel
            let count = isQuarrel ? connector.askedAgain.count + 1 : 1
            // As long as it goes on, it is one, however seldom the others write.
            connectors.change(name) { $0.askedAgain = (count, now.time) }
            guard count <= Self.mostAskedAgain else { continue }
            if count == Self.mostAskedAgain { act(.tell(.othersCommit(name))) }
            steer(name, at: now) { $0.requestTaskConfigs(now: now.time) }
        }
    }

    /// Nanoseconds from a configuration that overtook a commit to the same commit again: of many that come in a row the last
    /// one alone is followed by it, and none of them has to wait for it.
    private static let confirmPause: UInt64 = 1_000_000_000

    /// Commits the tasks in force once more, where that was overtaken and nothing else has come meanwhile.
    mutating func confirmDue(at now: Moment) {
        let due = confirmations.filter { $0.at <= now.time }
        confirmations.removeAll { $0.at <= now.time }
        for (_, name) in due {
            guard let connector = known(name), let state = log.connector(name), connector.lifecycle.isOwned,
                state.targetState == .started, state.isCommitOvertaken, let published = connector.published,
                !TaskConfigPlan.differs(published, from: state)
            else { continue }
            makeOffer(published, name, at: now)
        }
    }

    private static let mostAskedAgain = 3
    /// Nanoseconds between commits of others that belong together. What comes later is a single late write.
    private static let quarrel: UInt64 = 600_000_000_000

    /// Asks a connector again after a pause, which differs from that of others who write the same.
    private mutating func recommitLater(_ name: String, at now: Moment) {
        guard let pause = connectors.change(name, { $0.recommits.advance() }) else { return }
        offerRetries.append((now.time &+ pause / 2 + settings.seed % max(pause / 2, 1), name))
    }

    /// Tasks of a stopped connector are the leader's to take out of the log, once it is known who leads and what it writes
    /// about the connector has been read.
    private mutating func repairByLeader(_ name: String, at now: Moment) {
        guard let member, member.isSettled, turns[name] == nil else { return committed.append(name) }
        if member.isLeader { repair(name, at: now) }
    }

    mutating func retryOffers(at now: Moment) {
        let due = offerRetries.filter { $0.at <= now.time }
        offerRetries.removeAll { $0.at <= now.time }
        for (_, name) in due where known(name) != nil {
            steer(name, at: now) { $0.requestTaskConfigs(now: now.time) }
        }
    }
}
