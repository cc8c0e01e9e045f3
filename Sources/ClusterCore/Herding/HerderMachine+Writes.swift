package import ConnectModel

// What is written to the config topic. What the leader writes about one connector is written in turn: each decision is made
// by what the one before has written.
extension HerderMachine {
    /// A write about a connector that waits for those before it.
    struct Turn: Sendable {
        let change: Change
        let owner: Owner

        /// What is to be written, by what the log says when the turn has come.
        enum Change: Sendable {
            /// No tasks, and the state STOPPED.
            case stop
            case tasks([ConfigMap])
            /// Neither a configuration nor a target state.
            case delete
        }

        /// Who waits for it.
        enum Owner: Sendable {
            case request(Ticket)
            /// The connector's own offer of task configurations.
            case offer
            /// Nobody: the leader found a stopped connector with tasks.
            case repair
        }
    }

    /// Writes something about a connector once everything that was written about it before has been read back, or was given
    /// up.
    ///
    /// Without this, task configurations that come while a stop is being written would be stored behind it, and the stopped
    /// connector would have tasks again; a stop that comes while a deletion is being written, and the next connector of that name
    /// would be born STOPPED. Java's worker waits for each write on the thread that makes the decisions.
    mutating func write(_ change: Turn.Change, about name: String, for owner: Turn.Owner, at now: Moment) {
        turns[name, default: []].append(Turn(change: change, owner: owner))
        if turns[name]?.count == 1 { takeTurns(of: name, at: now) }
    }

    /// Starts the first write that is not refused.
    private mutating func takeTurns(of name: String, at now: Moment) {
        while let turn = turns[name]?.first {
            switch records(of: turn, about: name) {
            case .success(let records): return act(.write(records, .turn(name)))
            case .failure(let error): end(turn, of: name, error, at: now)
            }
        }
        turns[name] = nil
    }

    private mutating func end(_ turn: Turn, of name: String, _ error: ConnectError?, at now: Moment) {
        // First of all, so that what follows takes its place behind those that wait.
        switch turn.owner {
        case .request(let ticket): act(.answer(ticket, error.map { .refused(Self.told($0)) } ?? .done))
        case .offer: offerEnded(name, error, at: now)
        case .repair: repairEnded(name, error, at: now)
        }
        turns[name]?.removeFirst()
    }

    /// Status 413: the worker that handed the task configurations in learns that they never fit.
    static let tooLarge = 413

    private static func told(_ error: ConnectError) -> ConnectError {
        guard error.code == .recordTooLarge else { return error }
        return ConnectError(error.code, error.message, detail: error.detail, status: tooLarge)
    }

    /// The records of a change, or why it is refused by now.
    private func records(of turn: Turn, about name: String) -> Result<[ConfigLogRecord], ConnectError> {
        guard member.map(Self.mayLead) ?? true else {
            return .failure(ConnectError(.requestConflict, "Another worker leads the group by now"))
        }
        switch turn.change {
        case .stop:
            guard known(name) != nil else {
                return .failure(ConnectError(.connectorUnknown, "Unknown connector \(name)"))
            }
            return .success(Self.stopRecords(of: name))
        case .tasks(let configs):
            guard let state = log.connector(name) else {
                return .failure(ConnectError(.connectorUnknown, "Connector \(name) not found"))
            }
            guard state.targetState != .stopped || configs.isEmpty else {
                return .failure(
                    ConnectError(
                        .requestMalformed,
                        "Cannot submit non-empty set of task configs for stopped connector \(name)"))
            }
            if case .repair = turn.owner, !needsRepair(name) {
                return .failure(ConnectError(.requestConflict, "Connector \(name) was resumed meanwhile"))
            }
            return .success(Self.records(configs, of: name))
        case .delete:
            guard known(name) != nil else {
                return .failure(ConnectError(.connectorUnknown, "Connector \(name) not found"))
            }
            return .success(Self.removalRecords(of: name))
        }
    }

    /// Whether the turn of what was asked of the leader may come. A round that was carried out, or is being carried out, may have
    /// made another worker the leader, and a worker that has lost its membership does not know who has led since. While a
    /// round is only on its way, the leader of the last one is still a member, and nobody else has led.
    private static func mayLead(_ member: WorkerMachine) -> Bool {
        !member.memberID.isEmpty && !member.isInDoubt && member.held?.leaderID == member.memberID
    }

    // MARK: - Repair

    /// Whether a stopped connector has tasks: a former leader wrote them before it read of the stop.
    func needsRepair(_ name: String) -> Bool {
        guard let state = log.connector(name) else { return false }
        return state.targetState == .stopped && state.taskCount ?? 0 > 0
    }

    /// The leader takes the tasks of a stopped connector out of the log again. In a turn of its own, so that a stop or a
    /// resumption that is being written comes before it.
    mutating func repair(_ name: String, at now: Moment) { write(.tasks([]), about: name, for: .repair, at: now) }

    private mutating func repairEnded(_ name: String, _ error: ConnectError?, at now: Moment) {
        guard error != nil, needsRepair(name) else { return }
        repairs.append((now.time &+ Self.repairPause, name))
    }

    /// Nanoseconds from a repair that failed to the next.
    private static let repairPause: UInt64 = 1_000_000_000

    /// Looks again at those whose repair failed.
    mutating func retryRepairs(at now: Moment) {
        for repair in repairs where repair.at <= now.time { noteCommitted(repair.connector) }
        repairs.removeAll { $0.at <= now.time }
    }

    static func stopRecords(of name: String) -> [ConfigLogRecord] {
        [.commit(name, tasks: 0), .targetState(name, .stopped)]
    }

    static func removalRecords(of name: String) -> [ConfigLogRecord] {
        [.connector(name, nil), .targetState(name, nil)]
    }

    /// The records that put task configurations into force.
    static func records(_ configs: [ConfigMap], of name: String) -> [ConfigLogRecord] {
        let tasks = configs.enumerated().map { number, config in
            ConfigLogRecord.task(TaskID(connector: name, number: Int32(clamping: number)), config)
        }
        return tasks + [.commit(name, tasks: Int32(clamping: configs.count))]
    }

    /// A write was read back, or failed.
    package mutating func written(_ write: Write, error: ConnectError?, at now: Moment) -> [Action] {
        acting { machine in
            switch write {
            case .sessionKey: machine.sessionKeyWritten(error, at: now)
            case .request(let ticket, let answer):
                machine.act(.answer(ticket, error.map { .refused($0) } ?? answer))
            case .turn(let name):
                guard let turn = machine.turns[name]?.first else { return }
                machine.end(turn, of: name, error, at: now)
                machine.takeTurns(of: name, at: now)
            }
        }
    }
}
