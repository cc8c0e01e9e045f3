internal import ClusterCore
internal import ConnectModel
internal import JSON
internal import KafkaClient

// What happens to the cluster: workers come and go, brokers fail, clients want connectors.
extension ClusterSimulation {
    private static let names = ["a", "b", "c", "d"]

    /// Lays out the whole run.
    func plan() {
        for number in workers.indices {
            at(number == 0 ? now : timeBeforeHealing(number == 1 ? 600 : 4_000)) { [unowned self] in start(number) }
        }
        for wish in 0..<3 + random.below(10) {
            let time = wish < 2 ? delay(200, 1_500) : timeBeforeHealing(100_000)
            at(time) { [unowned self] in self.wish() }
        }
        for _ in 0..<random.below(2) {
            let number = random.below(workers.count)
            at(timeBeforeHealing(100_000)) { [unowned self] in leave(number) }
        }
        if hasFaults { planFaults() }
        at(healingTime) { [unowned self] in heal() }
    }

    private func planFaults() {
        func times(_ most: Int, _ fault: @escaping () -> Void) {
            for _ in 0..<random.below(most + 1) { at(timeBeforeHealing(100_000), fault) }
        }
        times(2) { [unowned self] in kill(random.below(workers.count)) }
        times(2) { [unowned self] in stall(random.below(workers.count)) }
        times(2) { [unowned self] in loseCoordinator() }
        times(2) { [unowned self] in compact() }
        times(2) { [unowned self] in writeGarbage() }
        times(1) { [unowned self] in commitTwice() }
        times(1) { [unowned self] in
            let jump = Int64(random.below(7_200_000) - 3_600_000)
            note("the wall clock jumps by \(jump) ms")
            clockOffset += jump
        }
        times(2) { [unowned self] in
            guard let worker = anyWorker() else { return }
            note("\(worker.name) reads slowly")
            worker.lag = 200 + random.below(2_500)
            at(delay(500, 3_000), on: worker) { worker.lag = 20 }
        }
    }

    private func timeBeforeHealing(_ most: Int) -> UInt64 {
        let least: UInt64 = 300
        let span = min(Int(healingTime / Self.millisecond) - Int(now / Self.millisecond) - Int(least), most)
        return now + (least + UInt64(random.below(span))) * Self.millisecond
    }

    func anyWorker() -> SimulatedWorker? {
        let alive = workers.compactMap(\.self).filter { $0.isAlive && $0.isReady && !$0.isShuttingDown }
        return alive.isEmpty ? nil : alive[random.below(alive.count)]
    }

    // MARK: - Workers

    func start(_ number: Int) {
        guard workers[number] == nil else { return }
        lives[number] += 1
        let backoff = KafkaClient.Backoff(initial: 50 * Self.millisecond, maximum: 400 * Self.millisecond)
        let worker = SimulatedWorker(
            number: number, life: lives[number], mode: modes[number],
            settings: GroupMachine.Settings(
                groupID: Self.groupID, protocolType: "connect", sessionTimeout: Self.sessionTimeout,
                rebalanceTimeout: 4_000 * Self.millisecond, heartbeatInterval: Self.heartbeat,
                requestTimeout: 1_500 * Self.millisecond, retryBackoff: backoff, beatsWhileJoining: true),
            herder: HerderMachine.Settings(
                workerID: "w\(number).\(lives[number])",
                membership: WorkerMachine.Settings(
                    url: "http://w\(number):8083/", mode: modes[number], maximumDelay: delaySetting,
                    syncTimeout: 1_000 * Self.millisecond, unsyncBackoff: 1_000 * Self.millisecond),
                rotation: SessionKeyRotation(algorithm: "HmacSHA256", size: 3, lifetime: 600_000),
                seed: UInt64(number) << 20),
            seed: random.next(), lag: 20, sabotage: sabotage)
        workers[number] = worker
        note("\(worker.name) starts, \(worker.mode.rawValue)")
        changed()
        at(delay(0, 20), on: worker) { [unowned self] in openLogs(worker) }
    }

    /// SIGKILL: nothing is said to anybody.
    private func kill(_ number: Int) {
        guard !isHealed, let worker = workers[number] else { return }
        note("\(worker.name) is killed")
        remove(worker)
        if random.below(3) > 0 { at(delay(50, 4_000)) { [unowned self] in start(number) } }
    }

    func remove(_ worker: SimulatedWorker) {
        worker.running = []
        discard(worker)
        workers[worker.number] = nil
        changed()
    }

    /// SIGTERM.
    private func leave(_ number: Int) {
        guard !isHealed, let worker = workers[number], worker.isReady else { return }
        at(now, on: worker) { [unowned self] in shutDown(worker) }
        changed()
    }

    func left(_ worker: SimulatedWorker) {
        note("\(worker.name) is gone")
        let number = worker.number
        remove(worker)
        // The last one of all comes back, or nobody is left to settle.
        if random.below(2) == 0 || isHealed && workers.allSatisfy({ $0 == nil }) {
            at(delay(50, 3_000)) { [unowned self] in start(number) }
        }
    }

    /// SIGSTOP, and SIGCONT some time later.
    private func stall(_ number: Int) {
        guard !isHealed, let worker = workers[number] else { return }
        // What waits for the end of a stall keeps its order: no later one may end it earlier.
        worker.stalledUntil = max(worker.stalledUntil, delay(300, 5_500))
        note("\(worker.name) stands still until \(worker.stalledUntil / 1000) µs")
        changed()
    }

    private func heal() {
        note("the faults are over")
        isHealed = true
        statusesBeforeHealing = statuses.end
        // Where nothing goes wrong, this changes nothing.
        if hasFaults { changed() }
        for worker in workers.compactMap(\.self) { worker.lag = 20 }
        coordinatorUpAt = min(coordinatorUpAt, now)
        coordinatorLoadedAt = min(coordinatorLoadedAt, now)
        if workers.allSatisfy({ $0 == nil }) { start(0) }
    }

    // MARK: - Brokers and topics

    private func loseCoordinator() {
        guard !isHealed else { return }
        changed()
        let crashes = random.below(2) == 0
        coordinator += 1
        if crashes {
            coordinatorUpAt = delay(20, 2_500)
            coordinatorLoadedAt = max(coordinatorUpAt, coordinatorUpAt + UInt64(random.below(300)) * Self.millisecond)
        } else {
            coordinatorLoadedAt = delay(0, 500)
        }
        note("node \(coordinator) coordinates\(crashes ? ", up at \(coordinatorUpAt / 1000) µs" : "")")
        breakConnections(isCrash: crashes)
    }

    private func compact() {
        guard !isHealed else { return }
        note("compaction")
        // What compaction leaves of a write that broke off, or of two commits at once, is not the same for whoever reads the log
        // afresh as for those who read all of it. That is Apache's format, and healed by the next commit only.
        config.compact(below: truth.offset - 1, sparing: uncommittedTasks)
        statuses.compact(below: statuses.end)
    }

    /// Keys of tasks whose newest configuration has no commit behind it, and of those that are out of force by two.
    private var uncommittedTasks: [String] {
        var tasks: [String: [String]] = [:]
        for key in config.entries.compactMap(\.key) {
            switch ConfigLogKey(key) {
            case .task(let task): tasks[task.connector, default: []].append(key)
            case .commit(let name): tasks[name] = nil
            default: break
            }
        }
        let doubled = truth.connectorNames.filter { truth.connector($0)?.isInconsistent == true }
        return tasks.keys.sorted().flatMap { tasks[$0] ?? [] } + doubled.map { ConfigLogKey.commit($0).text }
    }

    private func writeGarbage() {
        guard !isHealed else { return }
        note("garbage at \(config.end)")
        switch random.below(4) {
        case 0: appendConfig(nil)
        case 1: appendConfig(ConfigLogRecord(key: "what-is-this", value: .null))
        case 2: appendConfig(ConfigLogRecord(key: "connector-", value: ["properties": .int64(7)]))
        default: appendConfig(ConfigLogRecord(key: "commit-nobody", value: ["tasks": .int64(1 << 40)]))
        }
        changed()
    }

    /// Two leaders, one of them of a group that should have topics of its own, commit the tasks of a connector at once.
    private func commitTwice() {
        guard !isHealed,
            let name = truth.connectorNames.first(where: { truth.connector($0)?.taskConfigs.isEmpty == false }),
            let tasks = truth.connector(name)?.taskConfigs
        else { return }
        note("the tasks of \(name) are committed twice")
        for (number, config) in (tasks + tasks).enumerated() {
            let id = TaskID(connector: name, number: Int32(clamping: number % tasks.count))
            appendConfig(.task(id, config))
        }
        for _ in 0..<2 { appendConfig(.commit(name, tasks: Int32(clamping: tasks.count))) }
        changed()
    }

    /// Appends to the config topic, and keeps the truth.
    func appendConfig(_ record: ConfigLogRecord?) {
        let events = record.map { truth.apply($0, offset: config.end, isLive: true) } ?? []
        if events.contains(where: Self.isWish) { changed() }
        if let record { history.append((config.end, record)) }
        config.append(record?.key, record)
        for worker in workers.compactMap(\.self) { fetch(.config, worker) }
    }

    /// Whether that comes from a client. What workers store by themselves follows from something, and has to come to an end.
    private static func isWish(_ event: ConfigLogEvent) -> Bool {
        switch event {
        case .connectorUpdated, .connectorRemoved, .targetStateChanged, .restartRequested: true
        case .tasksUpdated, .tasksConfirmed, .sessionKeyChanged, .loggerLevel, .ignored: false
        }
    }

    // MARK: - Clients

    /// A client wants something of some worker.
    private func wish() {
        guard !isHealed, let worker = anyWorker() else { return }
        let there = truth.connectorNames
        let isNew = there.isEmpty || random.below(4) == 0
        let name = isNew ? Self.names[random.below(Self.names.count)] : there[random.below(there.count)]
        configVersion += 1
        var config = ConfigMap([
            ("connector.class", "C"), ("tasks.max", "\(1 + random.below(4))"), ("version", "\(configVersion)"),
        ])
        // As those do who put what they want to be there, whatever is.
        if random.below(3) == 0, let known = truth.connector(name)?.config { config = known }
        let command: ClusterCommand
        switch isNew ? 0 : random.below(14) {
        case 0...5: command = .put(name, config, initial: random.below(8) == 0 ? .paused : nil)
        case 6: command = .delete(name)
        case 7: command = .target(name, .paused)
        case 8, 9: command = .target(name, .started)
        case 10: command = .stop(name)
        case 11: command = .restart(RestartRequest(connector: name, includeTasks: true, onlyFailed: false))
        case 12: command = .restart(RestartRequest(connector: name, includeTasks: false, onlyFailed: false))
        default: command = .restartTask(TaskID(connector: name, number: 0))
        }
        note("a client asks \(worker.name): \(command)")
        let wish = ClusterWish(command)
        begin(wish)
        request(worker, wish, hops: 2)
    }

    /// Sends a command to a worker; one that leads elsewhere is followed.
    private func request(_ worker: SimulatedWorker, _ wish: ClusterWish, hops: Int) {
        wish.worker = worker
        changesUnderWay += 1
        at(delay(0, 5)) { [unowned self] in changesUnderWay -= 1 }
        at(delay(0, 5), on: worker) { [unowned self] in
            perform(worker, wish) { [unowned self] url in
                guard hops > 0, let url, let next = self.worker(at: url) else { return end(wish, .nothing) }
                request(next, wish, hops: hops - 1)
            }
        }
    }

    func worker(at url: String) -> SimulatedWorker? {
        workers.compactMap(\.self).first { "http://w\($0.number):8083/" == url }
    }
}

/// What a client asks of a worker.
enum ClusterCommand: CustomStringConvertible {
    case put(String, ConfigMap, initial: TargetState?)
    case delete(String)
    case target(String, TargetState)
    case stop(String)
    case restart(RestartRequest)
    case restartTask(TaskID)

    /// The same in every process.
    var description: String {
        switch self {
        case .put(let name, let config, let initial):
            "put \(name) version \(config["version"] ?? "") tasks \(config["tasks.max"] ?? "") \(initial?.rawValue ?? "")"
        case .delete(let name): "delete \(name)"
        case .target(let name, let state): "target \(name) \(state.rawValue)"
        case .stop(let name): "stop \(name)"
        case .restart(let request): "restart \(request.connector) \(request.includeTasks ? "with tasks" : "")"
        case .restartTask(let task): "restart task \(task)"
        }
    }
}
