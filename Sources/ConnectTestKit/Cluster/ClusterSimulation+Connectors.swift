internal import ClusterCore
internal import ConnectModel
internal import KafkaClient

// The lives of connectors and tasks in the simulated world, with plugins that are patient or slow.
extension ClusterSimulation {
    // MARK: - Connectors

    func execute(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ action: ConnectorLifecycle.Action) {
        let name = entry.name
        switch action {
        case .start(let instance):
            entry.live.append(instance)
            begin(worker, SimulatedRun(item: SimulatedItem(connector: name, number: -1), number: instance))
            later(worker, name, delay(0, strikes(20) ? 3_000 : 20)) { [unowned self] entry in
                guard entry.live.contains(instance) else { return }
                feed(worker, connector: name) { $0.started(instance: instance, error: nil, now: now) }
            }
        case .reconfigure(let instance):
            let isTaken = random.below(4) > 0
            later(worker, name, delay(0, 20)) { [unowned self] _ in
                feed(worker, connector: name) {
                    $0.reconfigured(instance: instance, .success(isTaken), now: now)
                }
            }
        case .askTaskConfigs(let instance): askTaskConfigs(worker, name, instance)
        case .stop(let instance): stop(worker, name, instance)
        case .abandon(let instance, _):
            entry.live.removeAll { $0 == instance }
            over(worker, name, -1, instance)
        case .wakeUp(let instance, let time):
            at(time, on: worker) { [unowned self] in
                feed(worker, connector: name) { $0.timeIsUp(instance: instance, now: now) }
            }
        case .interrupt, .status, .publish, .settled, .ended: break
        }
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

    private func stop(_ worker: SimulatedWorker, _ name: String, _ instance: UInt64) {
        told(worker, name, -1, instance)
        let end = delay(0, strikes(20) ? 6_000 : 20)
        let isHasty = worker.saboteur.plants(.hastyOffer)
        if isHasty { at(end, on: worker) { [unowned self] in over(worker, name, -1, instance) } }
        later(worker, name, isHasty ? now : end) { [unowned self] entry in
            guard entry.live.contains(instance) else { return }
            entry.live.removeAll { $0 == instance }
            if !isHasty { over(worker, name, -1, instance) }
            feed(worker, connector: name) { $0.stopped(instance: instance, now: now) }
        }
    }

    private func askTaskConfigs(_ worker: SimulatedWorker, _ name: String, _ instance: UInt64) {
        let state = worker.machine.log.connector(name)
        let config = state?.config ?? ConfigMap()
        let count = Int32(config["tasks.max"] ?? "") ?? 1
        let configs = (0..<count).map { number in
            ConfigMap([("task", "\(number)"), ("version", config["version"])])
        }
        let differs = state.map { state in TaskConfigPlan.differs(configs, from: state) } ?? true
        later(worker, name, delay(0, strikes(30) ? 1_000 : 20)) { [unowned self] _ in
            let given = ConnectorMachine.Given(configs: configs, differs: differs)
            feed(worker) { $0.gaveTaskConfigs(name, instance: instance, .success(given), at: $1) }
        }
    }

    // MARK: - Tasks

    func execute(_ worker: SimulatedWorker, _ entry: SimulatedEntry, _ action: TaskSetLifecycle.Action) {
        let name = entry.name
        switch action {
        case .start(let number, let incarnation, let isPaused):
            entry.runs[number] = .init(incarnation: incarnation, isPaused: isPaused)
            checkOffset(worker, name, number)
            // References are looked up first, which may take long.
            later(worker, name, delay(0, strikes(20) ? 4_000 : 5)) { [unowned self] entry in
                startTask(worker, entry, number, incarnation)
            }
        case .pause(let number, let incarnation): setPaused(worker, entry, true, number, incarnation)
        case .resume(let number, let incarnation): setPaused(worker, entry, false, number, incarnation)
        case .stop(let number, let incarnation): stopTask(worker, entry, number, incarnation)
        case .status, .settled, .removeStatus, .restarted, .ended: break
        }
    }

    /// No task starts that was committed behind the config offset of the assignment, as the leader told it.
    private func checkOffset(_ worker: SimulatedWorker, _ name: String, _ number: Int32) {
        let offset = min(worker.machine.work.offset, worker.assignedOffset)
        guard let state = worker.machine.log.connector(name), state.committedOffset > offset else { return }
        break_(
            "\(worker.name) starts \(name)-\(number), committed at \(state.committedOffset), by an assignment made at \(offset)"
        )
    }

    private func stopTask(
        _ worker: SimulatedWorker, _ entry: SimulatedEntry, _ number: Int32, _ incarnation: UInt64
    ) {
        let name = entry.name
        guard let run = entry.runs[number], run.incarnation == incarnation else { return }
        guard run.hasHandle else {
            entry.runs[number] = nil
            return later(worker, name, now) { [unowned self] _ in
                feed(worker, tasksOf: name) { $0.ended(number, incarnation: incarnation, .stopped) }
            }
        }
        let isForgotten = worker.saboteur.plants(.doubledTask)
        let isHasty = worker.saboteur.plants(.hastyOffer)
        if !isForgotten { told(worker, name, number, incarnation) }
        // Slow ones are of most interest where the membership was lost: what they hold must not go out.
        let end = delay(0, strikes(worker.isInDoubt ? 900 : 20) ? 4_000 : 20)
        if isHasty { at(end, on: worker) { [unowned self] in over(worker, name, number, incarnation) } }
        later(worker, name, isHasty ? now : end) { [unowned self] entry in
            if entry.runs[number]?.incarnation == incarnation { entry.runs[number] = nil }
            if !isForgotten, !isHasty { over(worker, name, number, incarnation) }
            feed(worker, tasksOf: name) { $0.ended(number, incarnation: incarnation, .stopped) }
        }
    }

    private func startTask(
        _ worker: SimulatedWorker, _ entry: SimulatedEntry, _ number: Int32, _ incarnation: UInt64
    ) {
        let name = entry.name
        guard let run = entry.runs[number], run.incarnation == incarnation else { return }
        entry.runs[number]?.hasHandle = true
        begin(worker, SimulatedRun(item: SimulatedItem(connector: name, number: number), number: incarnation))
        feed(worker, tasksOf: name) { $0.started(number, incarnation: incarnation) }
        reached(worker, name, number, incarnation)
    }

    private func reached(_ worker: SimulatedWorker, _ name: String, _ number: Int32, _ incarnation: UInt64) {
        later(worker, name, delay(0, 20)) { [unowned self] entry in
            guard let run = entry.runs[number], run.incarnation == incarnation else { return }
            let state: InstanceState = run.isPaused ? .paused : .running
            feed(worker, tasksOf: name) { $0.reached(number, incarnation: incarnation, state, nil) }
        }
    }

    private func setPaused(
        _ worker: SimulatedWorker, _ entry: SimulatedEntry, _ isPaused: Bool, _ number: Int32, _ incarnation: UInt64
    ) {
        guard let run = entry.runs[number], run.incarnation == incarnation else { return }
        entry.runs[number]?.isPaused = isPaused
        if run.hasHandle, !worker.saboteur.plants(.silentPause) { reached(worker, entry.name, number, incarnation) }
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
