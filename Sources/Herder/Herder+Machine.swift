import ClusterCore
import ConnectModel
import EventLoop
import Logging

// Between the machine that decides and everybody else.
extension Herder {
    /// How a request to the machine is answered.
    typealias Answered = @Sendable (isolated Herder, HerderMachine.Answer) -> Void

    /// Tells the machine what happened and carries out what it wants.
    func feed(_ event: (inout HerderMachine, HerderMachine.Moment) -> [HerderMachine.Action]) {
        let now = HerderMachine.Moment(time: EventLoop.now(), wall: EventLoop.wallMilliseconds())
        for action in event(&machine, now) { carryOut(action) }
    }

    /// Something happened in the life of a connector.
    func feed(
        connector name: String, _ event: (inout ConnectorLifecycle, _ now: UInt64) -> [ConnectorLifecycle.Action]
    ) {
        feed { machine, now in machine.connector(name, at: now) { event(&$0, now.time) } }
    }

    /// Something happened to the tasks of a connector.
    func feed(tasksOf name: String, _ event: (inout TaskSetLifecycle) -> [TaskSetLifecycle.Action]) {
        feed { machine, now in machine.tasks(name, at: now, event) }
    }

    /// Asks the machine for something.
    func ask(_ request: HerderMachine.Request, _ then: @escaping Answered) {
        let ticket = nextTicket()
        requests[ticket] = then
        feed { $0.request(request, ticket, at: $1) }
    }

    func answered(_ ticket: HerderMachine.Ticket, _ answer: HerderMachine.Answer) {
        requests.removeValue(forKey: ticket)?(self, answer)
    }

    private func carryOut(_ action: HerderMachine.Action) {
        switch action {
        case .membership(let action): carryOut(action)
        case .connector(let name, let action): if let entry = entries[name] { execute(action, entry) }
        case .tasks(let name, let action): if let entry = entries[name] { execute(action, entry) }
        case .configured(let name): configured(name)
        case .removing(let name): logger.info("Removing the connector", [.connector(name)])
        case .changed(let name):
            guard let entry = entries[name] else { return }
            touch(entry)
            answerWaiters(of: entry)
        case .topicsForgotten(let name): forgetTopics(of: name)
        case .ended(let name): ended(name)
        case .forgotten(let name):
            if let entry = entries[name] { refuseWaiters(of: entry) }
            entries[name] = nil
            touch()
        case .allEnded: finishShutdown()
        case .write(let records, let write):
            self.write(records) { herder, error in herder.feed { $0.written(write, error: error, at: $1) } }
        case .announce(let records, let ticket): announce(records, ticket)
        case .writeStatus(let write): self.write(write)
        case .handToLeader(let configs, let name, let url): hand(configs, of: name, to: url)
        case .makeSessionKey: makeSessionKey()
        case .setLoggerLevel(let namespace, let level):
            guard let level = LogLevel(name: level) else { return }
            guard LogSystem.changeLevel(to: level, for: namespace, at: EventLoop.wallMilliseconds()) == nil else {
                return
            }
            logger.warning("A logger's level that was set for the cluster is left out: there are too many loggers here")
        case .answer(let ticket, let answer): answered(ticket, answer)
        case .tell(let notice): tell(notice)
        }
    }

    private func tell(_ notice: HerderMachine.Notice) {
        switch notice {
        case .passedOver(let key, let reason):
            logger.warning("Passed over a record of the config log: \(reason)", [LogField("key", key)])
        case .offerRefused(let name, let error):
            logger.warning(
                "The task configurations of the connector were not stored, and will be offered again: \(error)",
                [.connector(name), .errorCode(error.code.rawValue)])
        case .othersCommit(let name):
            logger.warning(
                "Others commit task configurations of the connector that differ from those it gives here. They are left in "
                    + "force now: does another group of workers use this config topic, or another version of the plugin?",
                [.connector(name)])
        case .statusNotWritten(let key, let error):
            logger.warning("A status could not be written: \(error)", [LogField("key", key)])
        case .sessionKeyNotWritten(let error):
            logger.error("No key for requests between workers could be written: \(error)")
        case .sessionKeyNotMade(let error):
            logger.error("No key for requests between workers can be made: \(error)")
        }
    }

    /// The log has a configuration of a connector.
    private func configured(_ name: String) {
        let entry = entry(for: name)
        // With a worker alone the class was found when the configuration was checked.
        guard cluster != nil, let config = log.connector(name)?.config else { return }
        // An unknown class has no kind; its start will say so.
        entry.plugin = try? catalog.resolve(config["connector.class"] ?? "")
    }

    /// The entry of a connector, made where there is none.
    func entry(for name: String) -> ConnectorEntry {
        if let entry = entries[name] { return entry }
        let entry = ConnectorEntry(name, pool: dependencies.pool)
        entries[name] = entry
        return entry
    }

    /// What those are told who wait for a connector that was deleted, or went to another worker.
    static let endedMeanwhile = ConnectError(
        .connectorFailed,
        "Could not begin changing connector state to STARTED as the connector has been scheduled for shutdown")

    /// Nothing of the connector is left here.
    private func ended(_ name: String) {
        guard let entry = entries[name] else { return }
        refuseWaiters(of: entry)
        if machine.connectors[name] == nil {
            entries[name] = nil
            touch()
            startNextChange(of: name)
        }
        for reply in entry.endWaiters { answer(reply, .success(.done)) }
        entry.endWaiters = []
    }

    /// What they wait for does not come any more.
    private func refuseWaiters(of entry: ConnectorEntry) {
        let waiters = entry.waiters
        entry.waiters = []
        for waiter in waiters { answer(waiter.reply, .failure(Self.endedMeanwhile)) }
    }
}
