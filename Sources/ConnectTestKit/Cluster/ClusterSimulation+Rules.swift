internal import ClusterCore
internal import ConnectModel
internal import FakeBroker
internal import KafkaClient

// The rules.
extension ClusterSimulation {
    // MARK: - At every moment

    /// Whether what runs in the worker can have an effect: its process runs, and its gate is open.
    private func isEffective(_ worker: SimulatedWorker) -> Bool {
        worker.isAlive && now >= worker.stalledUntil && now < worker.gate
    }

    /// Looks whether others run what this worker runs.
    func checkOverlap(_ worker: SimulatedWorker) {
        guard worker.hasChanged else { return }
        worker.hasChanged = false
        guard isEffective(worker) else { return }
        // What a task has not sent yet would go out behind what its successor wrote. Connectors write nothing.
        if let run = worker.running.first(where: { $0.item.number >= 0 && $0.isStopping && $0.isInDoubt }) {
            break_("\(run.item) was taken from \(worker.name) after a lost membership and may still write")
        }
        for other in workers.compactMap(\.self) where other !== worker && isEffective(other) {
            for run in worker.running where !run.isStopping {
                // Members wait for what they gave up to stop before they offer themselves, so that a task never meets its
                // successor; a connector only where its end takes longer than it may.
                guard
                    other.running.contains(where: {
                        $0.item == run.item && (!$0.isStopping || (run.item.number >= 0 && !modes.contains(.eager)))
                    })
                else { continue }
                // One whose start is under way cannot be stopped before that has returned.
                if run.item.number < 0,
                    [worker, other].contains(where: {
                        $0.machine.connectors[run.item.connector]?.lifecycle.isOwned == false
                    })
                {
                    continue
                }
                overlaps(run.item, worker, other)
            }
        }
    }

    private func overlaps(_ item: SimulatedItem, _ worker: SimulatedWorker, _ other: SimulatedWorker) {
        note("\(item) runs on \(worker.name) and \(other.name)")
        // One that was put out of the group and does not know it runs on until its gate shuts.
        for one in [worker, other] {
            guard let expelled = one.wasExpelledAt else { continue }
            guard one.gate <= expelled + Self.sessionTimeout else {
                return break_("\(one.name) is no member and may write beyond its session: \(item)")
            }
            return
        }
        // A group that falls back to the eager protocol deals everything out while it still runs.
        let behind = [worker, other].contains { $0.machine.member?.generation != group.generation }
        if behind, modes.contains(.eager), modes.contains(where: { $0 != .eager }) { return }
        break_("\(item) runs on \(worker.name) and \(other.name), both members")
    }

    // MARK: - At the end

    /// What is not yet as it has to be; nil when all is.
    var problem: String? {
        guard changesUnderWay == 0 else { return "clients wait" }
        guard group.state == .stable else { return "the group is \(group.state)" }
        let alive = workers.compactMap(\.self)
        for worker in alive {
            guard !worker.isShuttingDown else { return "\(worker.name) shuts down" }
            guard worker.isReady, let member = worker.machine.member, member.isSettled, member.nextDeadline == nil,
                worker.group.state == .stable, worker.group.generation == group.generation,
                worker.requests.isEmpty, !worker.machine.isOffering, worker.pending == 0,
                worker.configPosition == config.end, worker.machine.log.offset == truth.offset
            else { return "\(worker.name) is at work" }
        }
        guard alive.count == group.members.count else { return "the group has members that are gone" }
        return misplaced(alive) ?? unbalanced(alive) ?? mistold(alive)
    }

    private func misplaced(_ alive: [SimulatedWorker]) -> String? {
        var wanted: [SimulatedItem] = []
        for name in truth.connectorNames {
            guard let state = truth.connector(name) else { continue }
            if state.targetState == .started { wanted.append(SimulatedItem(connector: name, number: -1)) }
            let count = Int32(state.taskConfigs.count)
            if state.targetState == .stopped, count > 0 { return "the stopped \(name) has \(count) tasks" }
            if state.targetState == .started {
                let tasks = Int32(state.config?["tasks.max"] ?? "") ?? 0
                guard count == tasks else { return "\(name) has \(count) tasks, not \(tasks)" }
                guard state.taskConfigs.allSatisfy({ $0["version"] == state.config?["version"] }) else {
                    return "\(name) has old task configurations"
                }
                guard !state.isCommitOvertaken else { return "the tasks of \(name) were not committed again" }
            }
            for number in 0..<count { wanted.append(SimulatedItem(connector: name, number: number)) }
        }
        for item in wanted {
            let holders = alive.filter { worker in worker.running.contains { $0.item == item && !$0.isStopping } }
            if holders.isEmpty, isKnownLost(item, alive) { continue }
            guard holders.count == 1 else { return "\(item) runs on \(holders.map(\.name))" }
        }
        for worker in alive {
            for run in worker.running {
                if run.isStopping { return "\(run.item) stops on \(worker.name)" }
                if !wanted.contains(run.item), !isKept(run.item, worker) {
                    return "\(run.item) runs on \(worker.name) and nobody wants it"
                }
            }
            guard worker.running.count == Set(worker.running.map(\.item.description)).count else {
                return "\(worker.name) runs something twice"
            }
        }
        return nil
    }

    /// What the status topic says wrongly, or a task does that is to be paused or not.
    private func mistold(_ alive: [SimulatedWorker]) -> String? {
        for name in truth.connectorNames {
            guard let state = truth.connector(name),
                let owner = alive.first(where: { $0.held.contains(connector: name) })
            else { continue }
            let isPaused = state.targetState == .paused
            let wanted: InstanceState = state.targetState == .stopped ? .stopped : isPaused ? .paused : .running
            let item = SimulatedItem(connector: name, number: -1)
            guard isTold(item, wanted, by: owner) else {
                return "\(name) is to be \(wanted.rawValue) on \(owner.name), and its status is \(told(of: item))"
            }
            for number in 0..<Int32(state.taskConfigs.count) {
                let item = SimulatedItem(connector: name, number: number)
                // It is known lost where nobody runs it.
                guard let holder = alive.first(where: { worker in worker.running.contains { $0.item == item } }) else {
                    continue
                }
                guard holder.entries[name]?.runs[number]?.isPaused == isPaused else {
                    return "\(item) is \(isPaused ? "not paused" : "paused") on \(holder.name)"
                }
                guard isTold(item, isPaused ? .paused : .running, by: holder) else {
                    return "\(item) runs on \(holder.name), and its status is \(told(of: item))"
                }
            }
        }
        return forgotten(alive)
    }

    private func isTold(_ item: SimulatedItem, _ state: InstanceState, by worker: SimulatedWorker) -> Bool {
        guard let status = status(of: item) else { return false }
        return status.state == state && status.workerID == worker.name
    }

    /// A status of what is not configured, as it shows whoever reads the topic: a connector's removal takes those of its tasks
    /// along, and once that is compacted, the end of a task may show again. Of tasks without a commit in force others may know one.
    private func forgotten(_ alive: [SimulatedWorker]) -> String? {
        var table = StatusTable(workerID: "")
        for record in statuses.entries.compactMap(\.record) { table.read(record) }
        for name in table.connectorNames {
            let state = truth.connector(name)
            guard let state, state.config != nil else {
                let states = table.taskNumbers(name).map { table.task(TaskID(connector: name, number: $0))?.state }
                guard table.connector(name) == nil, states.allSatisfy({ $0 == .unassigned }) else {
                    return "\(name) is gone, and has a status"
                }
                continue
            }
            guard !state.isInconsistent, !state.isCommitOvertaken else { continue }
            guard let count = state.certainTaskCount else { continue }
            for number in table.taskNumbers(name) where number >= count {
                let item = SimulatedItem(connector: name, number: number)
                if alive.contains(where: { isKept(item, $0) }) || status(of: item)?.state == .unassigned { continue }
                if isUncertain(item, alive) { continue }
                return "\(item) is gone, and its status is \(told(of: item))"
            }
        }
        return nil
    }

    /// Whether a task of a paused connector is unknown to the leader, or to its worker, and its status says so: the commit of
    /// its tasks was overtaken by a configuration and compacted (KAFKA-16838). The next one comes when the connector is resumed.
    private func isKnownLost(_ item: SimulatedItem, _ alive: [SimulatedWorker]) -> Bool {
        guard item.number >= 0, let state = truth.connector(item.connector), state.targetState == .paused,
            state.isCommitOvertaken
        else { return false }
        let leader = alive.first { $0.machine.member?.isLeader == true }
        guard leader?.machine.log.connector(item.connector)?.taskCount != nil else { return true }
        return status(of: item)?.state == .failed
    }

    /// Whether a worker knows a task from before its connector was deleted and made anew: it did not read of that in time, and a
    /// compaction took the deletion, which the new configuration had overtaken. For a paused connector nobody commits tasks;
    /// that comes when it is resumed.
    private func isKept(_ item: SimulatedItem, _ worker: SimulatedWorker) -> Bool {
        guard item.number >= 0, truth.connector(item.connector)?.targetState == .paused else { return false }
        return worker.machine.log.connector(item.connector)?.isCommitOvertaken == true
    }

    /// Whether a worker told of a task from before its connector was deleted and made anew that it knows no configuration of it, and
    /// nobody can take that back: a compaction took the deletion, and who reads the log since cannot tell whether the commit that
    /// it finds without a configuration was the removed connector's, or this one's and overtaken (KAFKA-16838). Of such a task the
    /// status is right. It goes with the next commit, which comes when the connector is resumed.
    private func isUncertain(_ item: SimulatedItem, _ alive: [SimulatedWorker]) -> Bool {
        guard truth.connector(item.connector)?.targetState == .paused, status(of: item)?.state == .failed else {
            return false
        }
        let leader = alive.first { $0.machine.member?.isLeader == true }
        return leader?.machine.log.connector(item.connector).map { $0.certainTaskCount == nil } ?? false
    }

    /// What the status topic says last of a connector or a task.
    private func status(of item: SimulatedItem) -> InstanceStatus? {
        let record: StatusRecord =
            item.number < 0
            ? .connector(item.connector, nil) : .task(TaskID(connector: item.connector, number: item.number), nil)
        return statuses.entries.last { $0.key == record.key }?.record?.status
    }

    private func told(of item: SimulatedItem) -> String {
        status(of: item).map { "\($0.state.rawValue) on \($0.workerID) in generation \($0.generation)" } ?? "unknown"
    }

    private func unbalanced(_ alive: [SimulatedWorker]) -> String? {
        let connectors = alive.map(\.held.connectorCount)
        let tasks = alive.map(\.held.taskCount)
        for (kind, counts) in [("connectors", connectors), ("tasks", tasks)] {
            if (counts.max() ?? 0) - (counts.min() ?? 0) > 1 { return "the load in \(kind) is \(counts)" }
        }
        // Connectors that do not run are somebody's too.
        for name in truth.connectorNames {
            let owners = alive.filter { $0.held.contains(connector: name) }
            guard owners.count == 1 else { return "\(name) belongs to \(owners.map(\.name))" }
        }
        return nil
    }

    /// For a failure.
    var standing: String {
        var text = "group \(group.state), generation \(group.generation), changed in \(changedInGeneration)"
        for worker in workers.compactMap(\.self) {
            let member = worker.machine.member
            text += "; \(worker.name) \(worker.group.state) \(member?.isSettled == true ? "settled" : "unsettled")"
            text += " generation \(member?.generation ?? -1) offset \(worker.machine.log.offset) of \(truth.offset)"
            text += " holds \(worker.held.summary) pending \(worker.pending)"
        }
        return text
    }
}
