internal import ClusterCore
internal import ConnectModel
internal import KafkaClient

// What clients ask for, and the lives of connectors and tasks: a small copy of the herder, with plugins that are patient or
// slow.
extension ClusterSimulation {
    /// Carries a command out; `elsewhere` is called with where it belongs when that is not here.
    func perform(_ worker: SimulatedWorker, _ command: ClusterCommand, elsewhere: @escaping (String?) -> Void) {
        guard !worker.isShuttingDown else { return }
        func asLeader(_ body: @escaping () -> Void) {
            withLeader(worker) { leads, url in leads ? body() : elsewhere(url) }
        }
        switch command {
        case .put(let name, let config, let initial):
            guard !worker.changing.contains(name) else { return }
            worker.changing.append(name)
            withLeader(worker) { [unowned self] leads, url in
                guard leads else {
                    worker.changing.removeAll { $0 == name }
                    return elsewhere(url)
                }
                let records =
                    (initial.map { [.targetState(name, $0)] } ?? []) + [ConfigLogRecord.connector(name, config)]
                write(worker, records) { _ in worker.changing.removeAll { $0 == name } }
            }
        case .delete(let name):
            asLeader { [unowned self] in
                guard known(worker, name) != nil else { return }
                write(worker, [.connector(name, nil), .targetState(name, nil)]) { _ in }
            }
        case .target(let name, let state):
            guard known(worker, name) != nil else { return }
            append(worker, [.targetState(name, state)]) { _ in }
        case .stop(let name):
            guard known(worker, name) != nil else { return }
            asLeader { [unowned self] in
                write(
                    worker, about: name,
                    { [unowned self] in
                        known(worker, name) == nil ? nil : [.commit(name, tasks: 0), .targetState(name, .stopped)]
                    }
                ) { _ in }
            }
        case .restart(let request):
            guard let entry = known(worker, request.connector) else { return }
            if request.includeTasks {
                return asLeader { [unowned self] in write(worker, [.restart(request)]) { _ in } }
            }
            if entry.lifecycle.isOwned { return execute(worker, entry, entry.lifecycle.restart(now: now)) }
            withLeader(worker) { leads, url in
                elsewhere(leads ? worker.machine.owner(ofConnector: request.connector) : url)
            }
        case .restartTask(let task):
            guard let entry = known(worker, task.connector) else { return }
            if entry.tasks.owns(task.number) { return executeTasks(worker, entry, entry.tasks.restart([task.number])) }
            withLeader(worker) { leads, url in elsewhere(leads ? worker.machine.owner(of: task) : url) }
        }
    }

    // MARK: - Connectors

    func execute(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ actions: [ConnectorLifecycle.Action]) {
        entry.tasks.abandonedCalls = entry.lifecycle.abandonedCalls
        for action in actions { execute(worker, entry, action) }
    }

    private func execute(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ action: ConnectorLifecycle.Action) {
        let name = entry.name
        switch action {
        case .start(let instance):
            entry.live.append(instance)
            begin(worker, SimulatedRun(item: SimulatedItem(connector: name, number: -1), number: instance))
            later(worker, name, delay(0, strikes(20) ? 3_000 : 20)) { [unowned self] entry in
                guard entry.live.contains(instance) else { return }
                execute(worker, entry, entry.lifecycle.started(instance: instance, error: nil, now: now))
            }
        case .reconfigure(let instance):
            let isTaken = random.below(4) > 0
            later(worker, name, delay(0, 20)) { [unowned self] entry in
                execute(worker, entry, entry.lifecycle.reconfigured(instance: instance, .success(isTaken), now: now))
            }
        case .askTaskConfigs(let instance): askTaskConfigs(worker, entry, instance)
        case .stop(let instance):
            told(worker, name, -1, instance)
            later(worker, name, delay(0, strikes(20) ? 6_000 : 20)) { [unowned self] entry in
                guard entry.live.contains(instance) else { return }
                entry.live.removeAll { $0 == instance }
                over(worker, name, -1, instance)
                execute(worker, entry, entry.lifecycle.stopped(instance: instance, now: now))
            }
        case .interrupt: break
        case .abandon(let instance, _):
            entry.live.removeAll { $0 == instance }
            over(worker, name, -1, instance)
        case .wakeUp(let instance, let time):
            at(time, on: worker) { [unowned self] in
                guard let entry = worker.entries[name] else { return }
                execute(worker, entry, entry.lifecycle.timeIsUp(instance: instance, now: now))
            }
        case .status(let state, let error):
            let status = makeStatus(worker, state, error)
            put(worker, .connector(name, status), carefully: state == .failed || state == .unassigned)
        case .publish(let configs): publish(worker, entry, configs)
        case .settled: break
        case .ended:
            entry.connectorHasEnded = true
            continueShutdown(worker)
        }
    }

    private func makeStatus(_ worker: SimulatedWorker, _ state: InstanceState, _ error: ConnectError?) -> InstanceStatus
    {
        InstanceStatus(
            state: state, trace: error?.message, workerID: worker.name, generation: worker.machine.generation)
    }

    private func later(
        _ worker: SimulatedWorker, _ name: String, _ time: UInt64, _ job: @escaping (SimulatedEntry) -> Void
    ) {
        worker.pending += 1
        at(time, on: worker) {
            worker.pending -= 1
            if let entry = worker.entries[name] { job(entry) }
        }
    }

    private func askTaskConfigs(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ instance: UInt64) {
        let name = entry.name
        guard let state = worker.log.connector(name), let config = state.config else { return }
        let count = Int32(config["tasks.max"] ?? "") ?? 1
        let configs = (0..<count).map { number in
            ConfigMap([("task", "\(number)"), ("version", config["version"])])
        }
        let offer = (configs, TaskConfigPlan.differs(configs, from: state) { $0 })
        later(worker, name, delay(0, strikes(30) ? 1_000 : 20)) { [unowned self] entry in
            entry.offer = offer
            execute(
                worker, entry, entry.lifecycle.gaveTaskConfigs(instance: instance, .success(configs), now: now))
        }
    }

    // MARK: - Task configurations

    private func publish(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ configs: [ConfigMap]) {
        let differs = entry.offer?.configs == configs ? entry.offer?.differs ?? true : true
        entry.offer = nil
        guard differs else { return }
        offerToLeader(worker, entry, configs)
    }

    private func offerToLeader(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ configs: [ConfigMap]) {
        let name = entry.name
        guard !entry.isOffering else {
            entry.nextOffer = configs
            return
        }
        entry.isOffering = true
        worker.pending += 1
        let done: (Bool) -> Void = { [unowned self] isWritten in
            worker.pending -= 1
            worker.entries[name]?.isOffering = false
            guard let entry = known(worker, name) else { return }
            if let next = entry.nextOffer {
                entry.nextOffer = nil
                return offerToLeader(worker, entry, next)
            }
            guard !isWritten else {
                entry.refusedOffers = 0
                return
            }
            entry.refusedOffers += 1
            let pause = min(UInt64(250_000_000) << UInt64(min(entry.refusedOffers - 1, 8)), 60_000_000_000)
            later(worker, name, now + pause) { [unowned self] entry in
                guard worker.log.connector(name) != nil, let instance = entry.live.max() else { return }
                execute(worker, entry, entry.lifecycle.requestTaskConfigs(instance: instance, now: now))
            }
        }
        withLeader(worker) { [unowned self] leads, url in
            guard let entry = known(worker, name), entry.lifecycle.isOwned else {
                worker.pending -= 1
                worker.entries[name]?.isOffering = false
                worker.entries[name]?.nextOffer = nil
                return
            }
            if leads {
                return write(worker, about: name, { [unowned self] in taskRecords(worker, name, configs) }, done)
            }
            guard let url else { return done(false) }
            askLeader(worker, url, name, configs, done)
        }
    }

    /// `POST /connectors/NAME/tasks` at the leader.
    private func askLeader(
        _ worker: SimulatedWorker, _ url: String, _ name: String, _ configs: [ConfigMap],
        _ done: @escaping (Bool) -> Void
    ) {
        var isDone = false
        let answer: (Bool) -> Void = { [unowned self] isWritten in
            at(delay(0, 5), on: worker) { [unowned self] in
                toHerder(worker) {
                    guard !isDone else { return }
                    isDone = true
                    done(isWritten)
                }
            }
        }
        at(now + 5_000 * Self.millisecond) { answer(false) }
        let key = worker.log.sessionKey
        guard !strikes(lossRate), let leader = self.worker(at: url) else { return answer(false) }
        let isAnswerLost = strikes(lossRate)
        at(delay(0, strikes(30) ? 2_000 : 5), on: leader) { [unowned self] in
            guard !leader.isShuttingDown else { return answer(false) }
            guard leader.machine.protocolVersion < 2 || leader.log.sessionKey == key else { return answer(false) }
            withLeader(leader) { [unowned self] leads, _ in
                guard leads else { return answer(false) }
                write(leader, about: name, { [unowned self] in taskRecords(leader, name, configs) }) { isWritten in
                    if !isAnswerLost { answer(isWritten) }
                }
            }
        }
    }

    // MARK: - Tasks

    func executeTasks(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ actions: [TaskSetLifecycle.Action]) {
        entry.lifecycle.abandonedCalls = entry.tasks.abandonedCalls
        for action in actions { executeTask(worker, entry, action) }
    }

    private func executeTask(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ action: TaskSetLifecycle.Action) {
        let name = entry.name
        switch action {
        case .start(let number, let incarnation, let isPaused):
            entry.runs[number] = .init(incarnation: incarnation, isPaused: isPaused)
            if let state = worker.log.connector(name), state.committedOffset > worker.work.offset {
                break_(
                    "\(worker.name) starts \(name)-\(number), committed at \(state.committedOffset), by an assignment made at \(worker.work.offset)"
                )
            }
            later(worker, name, delay(0, 5)) { [unowned self] entry in
                startTask(worker, entry, number, incarnation)
            }
        case .pause(let number, let incarnation): setPaused(worker, entry, true, number, incarnation)
        case .resume(let number, let incarnation): setPaused(worker, entry, false, number, incarnation)
        case .stop(let number, let incarnation):
            guard let run = entry.runs[number], run.incarnation == incarnation else { return }
            entry.runs[number]?.mustStop = true
            guard run.hasHandle else { return }
            let isForgotten = worker.saboteur.plants(.doubledTask)
            if !isForgotten { told(worker, name, number, incarnation) }
            later(worker, name, delay(0, strikes(20) ? 4_000 : 20)) { [unowned self] entry in
                if entry.runs[number]?.incarnation == incarnation { entry.runs[number] = nil }
                if !isForgotten { over(worker, name, number, incarnation) }
                executeTasks(worker, entry, entry.tasks.ended(number, incarnation: incarnation, .stopped))
            }
        case .status(let number, let state, let error):
            let status = makeStatus(worker, state, error)
            let task = TaskID(connector: name, number: number)
            put(worker, .task(task, status), carefully: state == .failed || state == .unassigned)
        case .settled: applyOwnership(worker, entry)
        case .removeStatus, .restarted: break
        case .ended:
            entry.tasksHaveEnded = true
            continueShutdown(worker)
        }
    }

    private func startTask(
        _ worker: SimulatedWorker, _ entry: SimulatedEntry, _ number: Int32, _ incarnation: UInt64
    ) {
        guard let run = entry.runs[number], run.incarnation == incarnation else { return }
        if run.mustStop {
            entry.runs[number] = nil
            return executeTasks(worker, entry, entry.tasks.ended(number, incarnation: incarnation, .stopped))
        }
        entry.runs[number]?.hasHandle = true
        begin(worker, SimulatedRun(item: SimulatedItem(connector: entry.name, number: number), number: incarnation))
        executeTasks(worker, entry, entry.tasks.started(number, incarnation: incarnation))
        reached(worker, entry, number, incarnation)
    }

    private func reached(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ number: Int32, _ incarnation: UInt64) {
        later(worker, entry.name, delay(0, 20)) { [unowned self] entry in
            guard let run = entry.runs[number], run.incarnation == incarnation else { return }
            let state: InstanceState = run.isPaused ? .paused : .running
            executeTasks(worker, entry, entry.tasks.reached(number, incarnation: incarnation, state, nil))
        }
    }

    private func setPaused(
        _ worker: SimulatedWorker, _ entry: SimulatedEntry, _ isPaused: Bool, _ number: Int32, _ incarnation: UInt64
    ) {
        guard let run = entry.runs[number], run.incarnation == incarnation else { return }
        entry.runs[number]?.isPaused = isPaused
        if run.hasHandle { reached(worker, entry, number, incarnation) }
    }

    // MARK: - What really runs

    private func begin(_ worker: SimulatedWorker, _ run: SimulatedRun) {
        note("  \(worker.name) starts \(run.item)")
        worker.running.append(run)
        worker.hasChanged = true
    }

    private func told(_ worker: SimulatedWorker, _ name: String, _ number: Int32, _ run: UInt64) {
        let item = SimulatedItem(connector: name, number: number)
        note("  \(worker.name) stops \(item)")
        guard let at = worker.running.firstIndex(where: { $0.item == item && $0.number == run }) else { return }
        worker.running[at].isStopping = true
    }

    private func over(_ worker: SimulatedWorker, _ name: String, _ number: Int32, _ run: UInt64) {
        let item = SimulatedItem(connector: name, number: number)
        worker.running.removeAll { $0.item == item && $0.number == run }
    }
}
