internal import ClusterCore
internal import ConnectModel

// What clients were told, and what has to be true then.
extension ClusterSimulation {
    /// A client asks for something.
    func begin(_ wish: ClusterWish) {
        guard let name = wish.command.wished else { return }
        wishes[name, default: WishLedger()].begin(wish) { $0.isOver(at: now) }
    }

    /// A client was answered, or never will be.
    func end(_ wish: ClusterWish, _ end: WishLedger.End) {
        guard let name = wish.command.wished else { return }
        wishes[name, default: WishLedger()].end(wish, end)
    }

    /// A fault that can be planted: what was done is done again some time later.
    func repeatLate(_ command: ClusterCommand) {
        guard command.wished != nil else { return }
        changesUnderWay += 1
        at(delay(500, 3_000)) { [unowned self] in
            changesUnderWay -= 1
            note("\(command) is written once more")
            for record in command.records { appendConfig(record) }
        }
    }

    /// A worker answers that something is done: it is in the config topic, behind the request, and the worker has read it.
    ///
    /// - Parameter offset: the topic's end when the worker was asked.
    func checkDone(_ worker: SimulatedWorker, _ command: ClusterCommand, since offset: Int64) {
        for record in command.records {
            let written = history.first { $0.offset >= offset && $0.record == record }
            guard let written else { return break_("\(worker.name) tells \(command) as done without \(record.key)") }
            guard command.isReadBack, worker.machine.log.offset <= written.offset else { continue }
            return break_(
                "\(worker.name) tells \(command) as done and has read to \(worker.machine.log.offset), not \(written.offset)"
            )
        }
    }

    /// How many wishes that were told as done have to be so still.
    var keptWishes: Int { wishes.entries.count { $0.value.kept != nil } }

    /// A wish that was told as done, and is not, though nobody has wished for anything else since; nil where there is none.
    var unkeptWish: String? {
        for (name, ledger) in wishes.entries {
            guard let command = ledger.kept, !isKept(command, in: truth.connector(name)) else { continue }
            let state = truth.connector(name)
            let found = state.map { "version \($0.config?["version"] ?? "") \($0.targetState?.rawValue ?? "")" }
            return "\(command) was told as done, and there is \(found ?? "nothing")"
        }
        return nil
    }

    private func isKept(_ command: ClusterCommand, in state: ConnectorConfigState?) -> Bool {
        switch command {
        case .put(_, let config, let initial):
            state?.config == config && (initial == nil || state?.targetState == initial)
        case .delete: state == nil
        // By who has not read of its end, a connector that is gone can be asked for anything.
        case .target(_, let target): state == nil || state?.targetState == target
        case .stop: state?.targetState == .stopped
        case .restart, .restartTask: true
        }
    }
}

extension ClusterCommand {
    /// The connector of which the config topic says something else once it is done; nil for a restart.
    var wished: String? {
        switch self {
        case .put(let name, _, _), .delete(let name), .target(let name, _), .stop(let name): name
        case .restart, .restartTask: nil
        }
    }

    /// What it writes, each of it.
    fileprivate var records: [ConfigLogRecord] {
        switch self {
        case .put(let name, let config, let initial):
            (initial.map { [.targetState(name, $0)] } ?? []) + [.connector(name, config)]
        case .delete(let name): [.connector(name, nil), .targetState(name, nil)]
        case .target(let name, let state): [.targetState(name, state)]
        case .stop(let name): [.commit(name, tasks: 0), .targetState(name, .stopped)]
        case .restart, .restartTask: []
        }
    }

    /// Whether its answer waits until it was read back; what any worker may write is answered once it is acknowledged.
    fileprivate var isReadBack: Bool { if case .target = self { false } else { true } }
}
