import ClusterCore
import ConnectModel

// What the leader writes about one connector, in turn: each decision is made by what the one before has written.
extension Herder {
    /// Writes records about a connector once everything that was written about it before has been read back, or was given up.
    ///
    /// Without this, task configurations that come while a stop is being written would be stored behind it, and the stopped
    /// connector would have tasks again. Java's worker waits for each write on the thread that makes the decisions.
    /// - Parameters:
    ///   - make: makes the records when their turn has come, or refuses.
    ///   - then: called once they were read back, or with the reason why not.
    func write(
        about name: String, _ make: @escaping @Sendable (isolated Herder) -> Result<[ConfigLogRecord], ConnectError>,
        _ then: @escaping @Sendable (isolated Herder, ConnectError?) -> Void
    ) {
        guard let cluster else {
            switch make(self) {
            case .success(let records): return write(records, then)
            case .failure(let error): return then(self, error)
            }
        }
        cluster.connectorWrites[name, default: []].append(.init(make: make, done: then))
        if cluster.connectorWrites[name]?.count == 1 { startWrite(about: name) }
    }

    private func startWrite(about name: String) {
        guard let cluster, let next = cluster.connectorWrites[name]?.first else { return }
        let finish: @Sendable (isolated Herder, ConnectError?) -> Void = { herder, error in
            next.done(herder, error)
            let rest = herder.cluster?.connectorWrites[name]?.dropFirst() ?? []
            herder.cluster?.connectorWrites[name] = rest.isEmpty ? nil : Array(rest)
            guard !rest.isEmpty else { return }
            // In a turn of its own: many that are refused would otherwise be as deep on the stack.
            herder.onLoop { $0.startWrite(about: name) }
        }
        // A round that ended meanwhile may have made another worker the leader.
        guard !cluster.machine.isSettled || cluster.machine.isLeader else {
            return finish(self, ConnectError(.requestConflict, "Another worker leads the group by now"))
        }
        switch next.make(self) {
        case .success(let records): write(records, finish)
        case .failure(let error): finish(self, error)
        }
    }

    /// The records that put task configurations into force; refused for a connector that is not there, and for one that was
    /// stopped unless they are none.
    func taskRecords(_ configs: [ConfigMap], of name: String) -> Result<[ConfigLogRecord], ConnectError> {
        guard let state = log.connector(name) else {
            return .failure(ConnectError(.connectorUnknown, "Connector \(name) not found"))
        }
        guard state.targetState != .stopped || configs.isEmpty else {
            return .failure(
                ConnectError(
                    .requestMalformed, "Cannot submit non-empty set of task configs for stopped connector \(name)"))
        }
        let tasks = configs.enumerated().map { number, config in
            ConfigLogRecord.task(TaskID(connector: name, number: Int32(clamping: number)), config)
        }
        return .success(tasks + [.commit(name, tasks: Int32(clamping: configs.count))])
    }
}
