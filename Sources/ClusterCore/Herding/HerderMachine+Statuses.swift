package import ConnectModel

// Statuses of connectors and tasks, and the topics that they use.
extension HerderMachine {
    // MARK: - Writing

    mutating func report(_ state: InstanceState, _ error: ConnectError?, _ name: String) {
        put(.connector(name, status(state, error, name)), carefully: state == .failed || state == .unassigned)
    }

    mutating func report(_ number: Int32, _ state: InstanceState, _ error: ConnectError?, _ name: String) {
        let task = TaskID(connector: name, number: number)
        put(.task(task, status(state, error, name)), carefully: state == .failed || state == .unassigned)
    }

    private func status(_ state: InstanceState, _ error: ConnectError?, _ name: String) -> InstanceStatus {
        InstanceStatus(
            state: state, trace: error.map(settings.trace), workerID: settings.workerID,
            generation: member?.generation ?? 0, version: connectors[name]?.version)
    }

    /// Puts a status: at once with a worker alone, else by way of the topic.
    ///
    /// - Parameter carefully: leave it where another worker of a later generation wrote last (Apache's `putSafe`).
    private mutating func put(_ record: StatusRecord, carefully: Bool = false) {
        guard isInCluster else { return statuses.read(record) }
        let isAllowed = !carefully || statuses.allows(record)
        if let write = teller.say(record, isCareful: carefully, isAllowed: isAllowed) { act(.writeStatus(write)) }
    }

    /// A status was acknowledged, or could not be written.
    package mutating func statusWritten(_ write: StatusWrite, error: ConnectError?, at now: Moment) -> [Action] {
        acting { machine in
            machine.teller.ended(write, isAcknowledged: error == nil, now: now.time)
            if let error { machine.act(.tell(.statusNotWritten(key: write.record.key, error))) }
            machine.checkEnd()
        }
    }

    mutating func retryStatuses(at now: Moment) {
        for due in teller.takeDue(now: now.time) {
            let record = renewed(due)
            if let write = teller.repeated(due, as: record) { act(.writeStatus(write)) }
        }
        checkEnd()
    }

    /// The record of a write that failed as it is to be written now; nil where it is not wanted any more: what is not this
    /// worker's any more others tell, and a removal is none of what was configured again.
    private func renewed(_ write: StatusWrite) -> StatusRecord? {
        let record = write.record
        guard let status = record.status else { return isConfigured(record) ? nil : record }
        guard isConfigured(record), status.state == .unassigned || isOurs(record) else { return nil }
        let now = status.state == .unassigned ? record : ofNow(record)
        return write.isCareful && !statuses.allows(now) ? nil : now
    }

    /// A task used a topic: written once for each connector.
    package mutating func used(topic: String, by task: TaskID, at now: Moment) -> [Action] {
        guard known(task.connector) != nil, !statuses.uses(topic, connector: task.connector) else { return [] }
        let use = StatusRecord.TopicUse(task: task.number, discoveredAt: now.wall)
        let record = StatusRecord.topic(topic, connector: task.connector, use)
        if isInCluster, !toldTopics.insert(record.exactKey).inserted { return [] }
        return acting { machine in
            machine.put(record)
            machine.act(.changed(task.connector))
        }
    }

    /// The topics that a connector has used are forgotten.
    package mutating func resetTopics(of name: String) -> [Action] {
        acting { machine in
            if machine.isInCluster {
                for topic in machine.statuses.topics(name) { machine.put(.topic(topic, connector: name, nil)) }
            } else {
                machine.statuses.resetTopics(name)
                machine.act(.topicsForgotten(name))
            }
            machine.act(.changed(name))
        }
    }

    /// The leader removes the statuses of connectors and tasks that are not configured any more.
    mutating func removeStaleStatuses() {
        removals = RemovedStatuses()
        for name in statuses.connectorNames {
            guard let state = log.connector(name) else {
                for number in statuses.taskNumbers(name) { put(.task(TaskID(connector: name, number: number), nil)) }
                for topic in statuses.topics(name) { put(.topic(topic, connector: name, nil)) }
                put(.connector(name, nil))
                continue
            }
            guard let count = state.certainTaskCount else { continue }
            for number in statuses.taskNumbers(name) where number >= count {
                put(.task(TaskID(connector: name, number: number), nil))
            }
        }
    }

    /// The group has come to a generation: what was said in later ones was said in an earlier life of the group.
    mutating func forgetGenerations(after generation: Int32) {
        statuses.reached(generation)
    }

    // MARK: - Reading

    /// A record of the status topic was read.
    package mutating func read(_ record: StatusRecord, at now: Moment) -> [Action] {
        acting { machine in
            machine.statuses.read(record)
            if case .topic(_, let name, let use) = record {
                machine.toldTopics.remove(record.exactKey)
                if use == nil, machine.isLive { machine.act(.topicsForgotten(name)) }
            }
            if machine.connectors[record.connector] != nil { machine.act(.changed(record.connector)) }
            machine.putAgain(record, at: now)
            machine.removeIfStale(record)
            guard machine.isLive, record.status?.state == .unassigned,
                record.status?.workerID != machine.settings.workerID
            else { return }
            machine.tell(at: now) { $0.otherReleased(now: now.time) }
        }
    }

    /// A status was removed; with a connector's, those of its tasks are forgotten too.
    ///
    /// It is told again after a pause, once for all removals in it: where the leader has read of a deletion and this worker has
    /// not, each removal would bring a status, and each status a removal.
    private mutating func putBack(_ removal: StatusRecord, at now: Moment) {
        var keys = [removal.exactKey]
        if case .connector(let name, _) = removal {
            let tasks = work.set.taskNumbers(of: name)
            keys += tasks.map { StatusRecord.task(TaskID(connector: name, number: $0), nil).exactKey }
        }
        for key in keys {
            guard let own = teller.word(key) else { continue }
            guard isConfigured(own), isOurs(own) else {
                teller.forget(key)
                continue
            }
            teller.sayAgainLater(own, now: now.time)
        }
    }

    /// A status that was on its way while its connector or its task was removed would stay for ever.
    private mutating func removeIfStale(_ read: StatusRecord) {
        guard !isEnding, let member, member.isLeader, let removal = staleness(of: read), removals.note(read)
        else { return }
        put(removal)
    }

    /// The removal of a status that the config log has nothing of; nil where it has, and for a removal.
    private func staleness(of read: StatusRecord) -> StatusRecord? {
        let isKnown = log.connector(read.connector) != nil
        return switch read {
        case .connector(let name, _?): isKnown ? nil : .connector(name, nil)
        // As in `removeStaleStatuses`; a worker that runs it would put it back.
        case .task(let task, _?): isConfigured(read) ? nil : .task(task, nil)
        case .topic(let topic, let name, _?): isKnown ? nil : .topic(topic, connector: name, nil)
        case .connector(_, nil), .task(_, nil), .topic(_, _, nil): nil
        }
    }

    /// Whether the config log has what a status is about. Topics may be forgotten at any time.
    private func isConfigured(_ record: StatusRecord) -> Bool {
        guard let state = log.connector(record.connector) else { return false }
        switch record {
        case .connector: return true
        case .task(let task, _): return state.certainTaskCount.map { task.number < $0 } ?? true
        case .topic: return false
        }
    }

    /// A former owner's status may come late, when brokers were away while it was written, and would stay the last word; so
    /// may the removal of the status of something that was configured again meanwhile.
    private mutating func putAgain(_ read: StatusRecord, at now: Moment) {
        guard read.status != nil else { return putBack(read, at: now) }
        guard let own = teller.word(read.exactKey) else { return }
        guard let theirs = read.status, log.connector(read.connector) != nil, isOurs(own) else {
            return teller.forget(read.exactKey)
        }
        if isOutdated(theirs) { put(ofNow(own)) }
    }

    /// Whether another worker told of what this one owns now, before it was this one's: as a former owner, which may have stood
    /// still meanwhile; or as one in between, while this one was taken for lost. Within one generation it has one owner, and the
    /// one before it stops late where a group falls back to the eager protocol.
    private func isOutdated(_ theirs: InstanceStatus) -> Bool {
        guard theirs.workerID != settings.workerID, let generation = member?.generation else { return false }
        return theirs.generation < generation || theirs.generation == generation && theirs.state == .unassigned
    }

    /// A round has ended: what others told before this worker had heard of it is answered now.
    mutating func tellOwnAgain() {
        for key in teller.keys(where: isCovered) {
            if let own = teller.word(key) { put(ofNow(own)) }
        }
    }

    private func isCovered(_ own: StatusRecord) -> Bool {
        guard isOurs(own) else { return false }
        return switch own {
        case .connector(let name, _): statuses.connector(name).map(isOutdated) ?? false
        case .task(let task, _): statuses.task(task).map(isOutdated) ?? false
        case .topic: false
        }
    }

    /// Other work is this worker's now: what it said of what it had before is no word about what comes again later.
    mutating func forgetWordsOfOthers() {
        let kept = work.set
        teller.keep { Self.is($0, in: kept) }
    }

    /// Whether the present assignment gives this worker what a status is about.
    private func isOurs(_ record: StatusRecord) -> Bool { Self.is(record, in: work.set) }

    private static func `is`(_ record: StatusRecord, in work: WorkSet) -> Bool {
        switch record {
        case .connector(let name, _): work.contains(connector: name)
        case .task(let task, _): work.contains(task)
        case .topic: false
        }
    }

    /// The same in the present generation.
    private func ofNow(_ record: StatusRecord) -> StatusRecord {
        guard var status = record.status else { return record }
        status.generation = member?.generation ?? status.generation
        return switch record {
        case .connector(let name, _): .connector(name, status)
        case .task(let task, _): .task(task, status)
        case .topic: record
        }
    }
}

extension StatusRecord {
    var exactKey: ExactText { ExactText(key) }
}
