internal import ClusterCore
internal import ConnectModel
internal import KafkaClient

// The internal topics on the network: appends that may fail, readers that lag.
extension ClusterSimulation {
    /// Which topic.
    enum Topic: Int {
        case config
        case status
    }

    func openLogs(_ worker: SimulatedWorker) {
        worker.statusPosition = 0
        readStatuses(worker, Array(statuses.read(from: 0)))
        worker.statusPosition = statuses.end
        readConfigToEnd(worker) { [unowned self] in feed(worker) { $0.topicsRead(at: $1) } }
    }

    /// Something may be there to be read.
    func fetch(_ topic: Topic, _ worker: SimulatedWorker) {
        guard !worker.isFetching[topic.rawValue] else { return }
        worker.isFetching[topic.rawValue] = true
        at(delay(0, strikes(30) ? 500 : worker.lag), on: worker) { [unowned self] in
            worker.isFetching[topic.rawValue] = false
            switch topic {
            case .config:
                let records = Array(config.read(from: worker.configPosition))
                worker.configPosition = config.end
                toHerder(worker) { [unowned self] in readConfig(worker, records) }
                let due = worker.endWaiters.filter { $0.target <= worker.configPosition }
                worker.endWaiters.removeAll { $0.target <= worker.configPosition }
                for waiter in due { toHerder(worker, waiter.done) }
            case .status:
                let records = Array(statuses.read(from: worker.statusPosition))
                worker.statusPosition = statuses.end
                toHerder(worker) { [unowned self] in readStatuses(worker, records) }
            }
        }
    }

    /// Calls `done` in the herder once everything that is in the config topic at the time of the call has been read.
    func readConfigToEnd(_ worker: SimulatedWorker, _ done: @escaping () -> Void) {
        toKafka(worker) { [unowned self] in
            at(delay(0, strikes(30) ? 800 : 5), on: worker) { [unowned self] in
                worker.endWaiters.append((config.end, done))
                fetch(.config, worker)
            }
        }
    }

    /// Writes records in order; `done` is called in the herder once they are acknowledged, or not. They wait for the session
    /// with the group, and fail with its end.
    ///
    /// - Parameter session: the one in which they are to be written, or not at all; nil for what any worker may write.
    func append(
        _ worker: SimulatedWorker, _ records: [ConfigLogRecord], session: Int? = nil,
        _ done: @escaping (_ isWritten: Bool) -> Void
    ) {
        toKafka(worker) { [unowned self] in
            if session != nil, worker.isSessionOver, !worker.saboteur.plants(.lateWrite) {
                return toHerder(worker) { done(false) }
            }
            let append = SimulatedAppend(records, session: session, done)
            worker.appends.append(append)
            if now < worker.gate { return send(worker, append) }
            note("  \(worker.name) holds \(records.map(\.key)) until its session stands")
            tellGroup(worker, worker.group.heartbeatNow(now: now))
        }
    }

    /// The session stands (again): what waited for it goes out.
    func gateOpened(_ worker: SimulatedWorker) {
        for append in worker.appends where !append.isSent { send(worker, append) }
        let statuses = worker.heldStatuses
        worker.heldStatuses = []
        for write in statuses { send(worker, write) }
    }

    /// The session is over, and with it what was to be written in it. What has gone out may be written all the same.
    func sessionEnded(_ worker: SimulatedWorker) {
        worker.session += 1
        worker.isSessionOver = true
        let statuses = worker.heldStatuses
        worker.heldStatuses = []
        for write in statuses {
            toHerder(worker) { [unowned self] in
                feed(worker) { $0.statusWritten(write, error: Self.notWritten, at: $1) }
            }
        }
        let unfinished = worker.appends
        guard !worker.saboteur.plants(.lateWrite) else { return }
        for append in unfinished { finish(worker, append, isWritten: false) }
    }

    private func finish(_ worker: SimulatedWorker, _ append: SimulatedAppend, isWritten: Bool) {
        guard let place = worker.appends.firstIndex(where: { $0 === append }) else { return }
        worker.appends.remove(at: place)
        toHerder(worker) { append.done(isWritten) }
    }

    private func send(_ worker: SimulatedWorker, _ append: SimulatedAppend) {
        append.isSent = true
        if let session = append.session, session != worker.session {
            break_("\(worker.name) writes \(append.records.map(\.key)), decided in a session that is over")
        }
        let records = append.records
        let arrival = max(worker.lastAppend, delay(0, strikes(30) ? 300 : 5))
        worker.lastAppend = arrival
        let failure = strikes(lossRate) ? random.below(3) : -1
        at(arrival) { [unowned self] in
            // Not written at all, or the first of them only, or written and not acknowledged.
            let written = failure == 0 ? 0 : failure == 1 ? random.below(records.count + 1) : records.count
            if written > 0 {
                note("\(worker.name) writes \(records.prefix(written).map(\.key)) at \(config.end)")
            }
            for record in records.prefix(written) { appendConfig(record) }
            let answer = failure >= 0 ? delay(500, 1_500) : delay(0, 5)
            at(answer, on: worker) { [unowned self] in finish(worker, append, isWritten: failure < 0) }
        }
    }

    /// Writes what only the leader writes to the config topic and calls `then` once they were read back, or after 30 s, or an error.
    func write(_ worker: SimulatedWorker, _ records: [ConfigLogRecord], _ then: @escaping (_ isWritten: Bool) -> Void) {
        var isDone = false
        func finish(_ isWritten: Bool) {
            guard !isDone else { return }
            isDone = true
            worker.pending -= 1
            then(isWritten)
        }
        guard worker.knowsToLead, let session = worker.knownSession else {
            return break_("\(worker.name) writes \(records.map(\.key)) and does not lead")
        }
        worker.pending += 1
        at(now + 30_000 * Self.millisecond, on: worker) { finish(false) }
        func append(_ parts: ArraySlice<[ConfigLogRecord]>) {
            guard let first = parts.first else {
                return worker.saboteur.plants(.earlyAnswer) ? finish(true) : readConfigToEnd(worker) { finish(true) }
            }
            self.append(worker, first, session: session) { isWritten in
                guard isWritten else { return finish(false) }
                if !isDone { append(parts.dropFirst()) }
            }
        }
        append(ConfigLogRecord.parts(of: records)[...])
    }

    /// Writes a status, which waits for the session as what is appended to the config topic does; the machine hears in the herder
    /// what became of it.
    func write(_ worker: SimulatedWorker, _ write: StatusWrite) {
        toKafka(worker) { [unowned self] in
            if now < worker.gate { return send(worker, write) }
            note("  \(worker.name) holds \(write.record.key) until its session stands")
            worker.heldStatuses.append(write)
            tellGroup(worker, worker.group.heartbeatNow(now: now))
        }
    }

    private func send(_ worker: SimulatedWorker, _ write: StatusWrite) {
        let arrival = max(worker.lastStatus, delay(0, 5))
        worker.lastStatus = arrival
        let failure = strikes(lossRate) ? random.below(2) : -1
        at(arrival) { [unowned self] in
            // Not written at all, or written and not acknowledged.
            let isKept = worker.saboteur.plants(.keptStatus) && write.record.status == nil
            if failure != 0, !isKept {
                note("\(worker.name) tells \(write.record.key) \(write.record.status?.state.rawValue ?? "removed")")
                statuses.append(write.record.key, write.record)
                for reader in workers.compactMap(\.self) { fetch(.status, reader) }
            }
            let answer = failure >= 0 ? delay(500, 1_500) : delay(0, 5)
            at(answer, on: worker) { [unowned self] in
                toHerder(worker) { [unowned self] in
                    feed(worker) { $0.statusWritten(write, error: failure < 0 ? nil : Self.notWritten, at: $1) }
                }
            }
        }
    }

    // MARK: - Reading

    private func readConfig(_ worker: SimulatedWorker, _ records: [SimulatedTopic<ConfigLogRecord>.Entry]) {
        for entry in records {
            guard let record = entry.record else { continue }
            feed(worker) { $0.read(record, offset: entry.offset, at: $1) }
        }
    }

    private func readStatuses(_ worker: SimulatedWorker, _ records: [SimulatedTopic<StatusRecord>.Entry]) {
        for entry in records {
            guard let record = entry.record else { continue }
            feed(worker) { $0.read(record, at: $1) }
        }
    }
}
