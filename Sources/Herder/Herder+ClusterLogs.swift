import ClusterCore
import ConnectModel
import EventLoop
import Logging

// The config topic and the status topic of a cluster: what is written to them and what is read.
extension Herder {
    /// As long as a write to the config topic may take, reading it back included. Nanoseconds.
    private static let writeTime: UInt64 = 30_000_000_000

    // MARK: - Config

    /// Writes records to the config log and calls `then` once they were read back, or with the reason why not.
    func write(
        _ records: [ConfigLogRecord], _ then: @escaping @Sendable (isolated Herder, ConnectError?) -> Void
    ) {
        guard let cluster else {
            append(records)
            return then(self, nil)
        }
        let stage = beginStage("writing to the config topic")
        let once = Once()
        let timer = after(EventLoop.now() &+ Self.writeTime) { herder in
            guard once.take() else { return }
            herder.endStage(stage)
            then(
                herder,
                ConnectError(
                    .requestTimedOut, "The config topic did not confirm a write within 30 s; it may still come to be"))
        }
        let finish: @Sendable (ConnectError?) -> Void = { error in
            self.onLoop { herder in
                guard once.take() else { return }
                herder.cancel(timer)
                herder.endStage(stage)
                then(herder, error)
            }
        }
        let topic = cluster.parts.configLog
        topic.append(records.map(\.entry)) { error in
            if let error { finish(error) } else { topic.readToEnd(finish) }
        }
    }

    /// Records of the config topic were read.
    func readConfig(_ records: [LogRecord]) {
        guard let cluster else { return }
        for record in records {
            guard let parsed = ConfigLogRecord(record) else {
                logger.error(
                    "Passed over a record of the config topic that has no key or no JSON",
                    [LogField("offset", "\(record.offset)")])
                continue
            }
            let isKnown = log.connector(parsed.connectorName ?? "") != nil
            for event in log.apply(parsed, offset: record.offset, isLive: cluster.isLive) {
                follow(event, isKnown: isKnown, cluster)
            }
        }
    }

    /// What an event of the log means for the cluster, after what it means for the connector.
    private func follow(_ event: ConfigLogEvent, isKnown: Bool, _ cluster: ClusterSession) {
        switch event {
        case .connectorUpdated(let name):
            adopt(name)
            if !isKnown { tell { $0.configChanged(reason: "connector \(name) was added", now: EventLoop.now()) } }
        case .connectorRemoved(let name):
            if let entry = entries[name] {
                touch(entry)
                applyOwnership(entry, cluster)
            }
            tell { $0.configChanged(reason: "connector \(name) was removed", now: EventLoop.now()) }
        case .tasksUpdated(let name, _):
            adoptTasks(name)
            tell { $0.configChanged(reason: "the tasks of connector \(name) were changed", now: EventLoop.now()) }
        case .targetStateChanged, .ignored: react(to: event)
        case .restartRequested(let request): restartOwned(request)
        case .sessionKeyChanged(let key):
            cluster.rotation.read(key)
            checkSessionKey(cluster)
            touch()
        case .loggerLevel(let namespace, let level):
            guard let level = LogLevel(name: level) else { return }
            _ = LogSystem.setLevel(level, for: namespace, at: EventLoop.wallMilliseconds())
        }
    }

    /// Takes over what the log says of a connector.
    func adopt(_ name: String) {
        guard let config = log.connector(name)?.config else { return }
        let entry = entry(for: name)
        // An unknown class has no kind; its start will say so.
        entry.plugin = try? catalog.resolve(config["connector.class"] ?? "")
        if entry.taskGeneration == 0 { adoptTasks(name) }
        react(to: .connectorUpdated(name))
    }

    private func adoptTasks(_ name: String) {
        guard entries[name] != nil, log.connector(name)?.taskCount != nil else { return }
        react(to: .tasksUpdated(name, []))
    }

    /// Restarts what this worker runs of what a request chose.
    private func restartOwned(_ request: RestartRequest) {
        guard let entry = known(request.connector),
            let status = statuses.status(request.connector, kind: entry.kind)
        else { return }
        let plan = RestartPlan(request, status: status)
        if plan.restartsConnector, entry.lifecycle.isOwned {
            execute(entry.lifecycle.restart(now: EventLoop.now()), entry)
        }
        executeTasks(entry.tasks.restart(plan.tasks), entry)
    }

    // MARK: - Statuses

    /// Puts a status: at once in standalone mode, else by way of the topic.
    ///
    /// - Parameter carefully: leave it where another worker of a later generation wrote last (Apache's `putSafe`).
    func put(_ record: StatusRecord, carefully: Bool = false) {
        guard !carefully || statuses.allows(record) else { return }
        guard let cluster else { return statuses.read(record) }
        let key = record.key
        let number = nextSerial()
        cluster.statusWrites[key] = number
        let isHere = record.status.map { $0.state != .unassigned } ?? false
        cluster.ownStatuses[key] = isHere ? record : nil
        send(record, key, number, carefully, cluster)
    }

    private func send(
        _ record: StatusRecord, _ key: String, _ number: UInt64, _ carefully: Bool, _ cluster: ClusterSession
    ) {
        cluster.statusWritesUnderWay += 1
        cluster.parts.statusLog.append([record.entry]) { error in
            self.onLoop { herder in
                guard let cluster = herder.cluster else { return }
                cluster.statusWritesUnderWay -= 1
                guard let error else {
                    if cluster.statusWrites[key] == number { cluster.statusWrites[key] = nil }
                    return herder.continueShutdown()
                }
                herder.logger.warning("A status could not be written: \(error)", [LogField("key", key)])
                _ = herder.after(EventLoop.now() &+ 1_000_000_000) { herder in
                    // One that was overtaken by a newer status, or by another worker's, is not wanted any more.
                    guard let cluster = herder.cluster, cluster.statusWrites[key] == number,
                        !carefully || herder.statuses.allows(record)
                    else {
                        return
                    }
                    herder.send(record, key, number, carefully, cluster)
                }
            }
        }
    }

    /// Records of the status topic were read.
    func readStatuses(_ records: [LogRecord]) {
        guard let cluster else { return }
        for record in records {
            guard let key = record.key, let status = StatusRecord(key: key, value: record.value) else {
                logger.warning(
                    "Passed over a record of the status topic that cannot be read",
                    [LogField("partition", "\(record.partition)"), LogField("offset", "\(record.offset)")])
                continue
            }
            statuses.read(status)
            if case .topic = status { cluster.toldTopics.remove(status.key) }
            if let entry = entries[status.connector] { touch(entry) }
            putAgain(status, cluster)
            guard cluster.isLive, status.status?.state == .unassigned,
                status.status?.workerID != settings.workerID
            else { continue }
            tell { $0.otherReleased(now: EventLoop.now()) }
        }
    }

    /// A former owner's status may come late, when brokers were away while it was written, and would stay the last word.
    private func putAgain(_ read: StatusRecord, _ cluster: ClusterSession) {
        guard let own = cluster.ownStatuses[read.key] else { return }
        guard let mine = own.status, let theirs = read.status, log.connector(read.connector) != nil else {
            cluster.ownStatuses[read.key] = nil
            return
        }
        guard theirs.workerID != settings.workerID else { return }
        // Within one generation it has one owner; the one before it stops late where a group falls back to the eager protocol.
        let isOver = theirs.state == .unassigned && theirs.generation == mine.generation
        guard isOver || theirs.generation < mine.generation else { return }
        put(own)
    }

    /// The leader removes the statuses of connectors and tasks that are not configured any more.
    func removeStaleStatuses() {
        for name in statuses.connectorNames {
            guard let state = log.connector(name) else {
                for number in statuses.taskNumbers(name) { put(.task(TaskID(connector: name, number: number), nil)) }
                for topic in statuses.topics(name) { put(.topic(topic, connector: name, nil)) }
                put(.connector(name, nil))
                continue
            }
            let count = state.taskCount ?? 0
            for number in statuses.taskNumbers(name) where number >= count {
                put(.task(TaskID(connector: name, number: number), nil))
            }
        }
    }
}
