internal import ClusterCore
internal import ConnectModel
internal import KafkaClient

// What clients ask for, and what workers ask one another.
extension ClusterSimulation {
    /// Carries a command out; `elsewhere` is called with where it belongs when that is not here.
    func perform(_ worker: SimulatedWorker, _ wish: ClusterWish, elsewhere: @escaping (String?) -> Void) {
        guard !worker.isShuttingDown else { return end(wish, .nothing) }
        let command = wish.command
        let request: HerderMachine.Request
        switch command {
        case .put(let name, let config, let initial):
            // Changes of one connector are stored one after the other.
            guard !worker.changing.contains(name) else { return end(wish, .nothing) }
            worker.changing.append(name)
            request = .store(name, config, initialState: initial, mustBeNew: false, version: nil)
        case .delete(let name): request = .delete(name)
        case .target(let name, let state): request = .target(name, state)
        case .stop(let name): request = .stop(name)
        case .restart(let restart): request = .restart(restart, .source)
        case .restartTask(let task): request = .restartTask(task)
        }
        let offset = config.end
        ask(worker, request) { [unowned self] answer in
            if case .put(let name, _, _) = command { worker.changing.removeAll { $0 == name } }
            switch answer {
            case .elsewhere(let url): elsewhere(url)
            case .done, .stored:
                checkDone(worker, command, since: offset)
                end(wish, .acknowledged)
                if worker.saboteur.plants(.lateRepeat) { repeatLate(command) }
            case .refused(let error): end(wish, Self.isUnwritten(error) ? .nothing : .unknown)
            case .leads, .accepted, .underWay, .ending, .restarting: break
            }
        }
    }

    /// Whether nothing can have been written of what was refused so.
    private static func isUnwritten(_ error: ConnectError) -> Bool {
        [.connectorUnknown, .connectorExists, .requestConflict].contains(error.code)
    }

    /// `POST /connectors/NAME/tasks` at the leader.
    func hand(_ worker: SimulatedWorker, _ configs: [ConfigMap], of name: String, to url: String) {
        var isDone = false
        let answer: (Bool) -> Void = { [unowned self] isTaken in
            at(delay(0, 5), on: worker) { [unowned self] in
                toHerder(worker) { [unowned self] in
                    guard !isDone else { return }
                    isDone = true
                    feed(worker) { $0.handed(name, error: isTaken ? nil : Self.notWritten, at: $1) }
                }
            }
        }
        at(now + 5_000 * Self.millisecond) { answer(false) }
        let key = worker.machine.log.sessionKey
        guard !strikes(lossRate), let leader = self.worker(at: url) else { return answer(false) }
        let isAnswerLost = strikes(lossRate)
        at(delay(0, strikes(30) ? 2_000 : 5), on: leader) { [unowned self] in
            guard !leader.isShuttingDown else { return answer(false) }
            let isSigned = (leader.machine.member?.protocolVersion ?? 0) >= 2
            guard !isSigned || leader.machine.log.sessionKey == key else { return answer(false) }
            ask(leader, .tasks(name, configs)) { end in
                if !isAnswerLost || end != .done { answer(end == .done) }
            }
        }
    }
}
