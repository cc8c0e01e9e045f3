import ClusterCore
import ConnectModel
import EventLoop
import Logging

// Membership of the cluster: rounds, and what follows from them for connectors and tasks.
extension Herder {
    /// Reads the three topics to their ends and joins the group; `done` is called once the first round is settled.
    ///
    /// A topic that cannot be used ends the worker: `failed` is called with the reason.
    func joinCluster(
        _ cluster: ClusterSession, failed: @escaping @Sendable (ConnectError) -> Void,
        _ done: @escaping @Sendable (isolated Herder) -> Void
    ) {
        cluster.whenJoined = done
        let stage = beginStage("reading the internal topics")
        let parts = cluster.parts
        let opened: @Sendable (ConnectError?) -> Void = { error in
            self.onLoop { herder in
                if let error { return failed(error) }
                guard let cluster = herder.cluster else { return }
                cluster.openLogs += 1
                guard cluster.openLogs == 3 else { return }
                herder.endStage(stage)
                herder.beginMembership(cluster, failed)
            }
        }
        parts.openOffsets(opened)
        parts.statusLog.start({ records in self.onLoop { $0.readStatuses(records) } }, done: opened)
        parts.configLog.start({ records in self.onLoop { $0.readConfig(records) } }, done: opened)
    }

    private func beginMembership(_ cluster: ClusterSession, _ failed: @escaping @Sendable (ConnectError) -> Void) {
        guard shutdown == nil else { return }
        cluster.isLive = true
        for name in log.connectorNames { adopt(name) }
        if let key = log.sessionKey { cluster.rotation.read(key) }
        cluster.stage = beginStage("joining the cluster \(cluster.parts.membership.url)")
        cluster.parts.group.join { event in
            self.onLoop { herder in
                if case .failed(let error) = event { return failed(error) }
                herder.membership(event)
            }
        }
        cluster.hasJoined = true
    }

    private func membership(_ event: WorkerGroupEvent) {
        let offset = log.offset
        let now = EventLoop.now()
        switch event {
        case .preparing: tell { $0.preparing(configOffset: offset) }
        case .elected(let generation, let memberID, let protocolName, let members):
            logger.info(
                "This worker leads the group",
                [LogField("generation", "\(generation)"), LogField("members", "\(members.count)")])
            let election = WorkerMachine.Election(
                generation: generation, memberID: memberID, protocolName: protocolName, members: members)
            let work = assignableWork()
            tell { $0.elected(election, work: work, wallMilliseconds: EventLoop.wallMilliseconds()) }
        case .assigned(let generation, let memberID, _, let protocolName, let bytes):
            let answer = WorkerMachine.Answer(
                generation: generation, memberID: memberID, protocolName: protocolName, bytes: bytes)
            tell { $0.assigned(answer, configOffset: offset, now: now) }
        case .membershipLost: tell { $0.membershipLost() }
        case .coordinatorLost(let sessionEnds):
            cluster?.sessionEnds = sessionEnds
            tell { $0.coordinatorLost(configOffset: offset) }
            hurryTasks()
            cluster?.sessionEnds = .max
        case .coordinatorFound: tell { $0.coordinatorFound() }
        case .failed: break
        }
        touch()
    }

    /// Feeds the machine of the membership and carries out what it wants.
    func tell(_ event: (inout WorkerMachine) -> [WorkerMachine.Action]) {
        guard let cluster, shutdown == nil else { return }
        for action in event(&cluster.machine) { carryOut(action, cluster) }
        noteAbsence(cluster)
    }

    /// Keeps the stage that says what is between the worker and its group.
    private func noteAbsence(_ cluster: ClusterSession) {
        let reason = cluster.machine.absence
        guard reason != cluster.absence?.stage.description else { return }
        endStage(cluster.absence?.token)
        cluster.absence = nil
        if let reason {
            let token = beginStage(reason)
            cluster.absence = stages.current.map { (token, $0) }
        }
        touch()
    }

    private func carryOut(_ action: WorkerMachine.Action, _ cluster: ClusterSession) {
        switch action {
        case .run(let work, let offset): run(work, offset, cluster)
        case .awaitQuiet:
            cluster.awaitsQuiet = true
            if cluster.stage == nil { cluster.stage = beginStage("ensuring membership in the cluster") }
        case .offer(let offers): cluster.parts.group.prepared(offers)
        case .assign(let assignments): cluster.parts.group.assign(assignments)
        case .readToEnd(let attempt): readConfigToEnd(attempt, cluster)
        case .rejoin(let reason):
            logger.info("Asking for a rebalance: \(reason)")
            cluster.parts.group.rejoin(reason: reason)
        case .leave(let reason): cluster.parts.group.leave(reason: reason) {}
        case .join:
            cluster.parts.group.join { event in self.onLoop { $0.membership(event) } }
        case .heartbeat: cluster.parts.group.heartbeatNow()
        case .lead: removeStaleStatuses()
        case .settled: settled(cluster)
        case .warn(let text): logger.warning(text)
        }
    }

    private func settled(_ cluster: ClusterSession) {
        endStage(cluster.stage)
        cluster.stage = nil
        touch()
        logger.info(
            "The group is settled",
            [
                LogField("generation", "\(cluster.machine.generation)"),
                LogField("leader", cluster.machine.leaderURL ?? ""),
                LogField("connectors", "\(cluster.machine.work.connectorCount)"),
                LogField("tasks", "\(cluster.machine.work.taskCount)"),
            ])
        if let done = cluster.whenJoined {
            cluster.whenJoined = nil
            done(self)
        }
        let waiters = cluster.waiters
        cluster.waiters = []
        for waiter in waiters { waiter(self, leadership(cluster)) }
        checkSessionKey(cluster)
    }

    /// What the config log wants to run.
    private func assignableWork() -> AssignableWork {
        AssignableWork(
            configOffset: log.offset,
            connectors: log.connectorNames.map { name in
                let state = log.connector(name)
                let isUsable = state?.isInconsistent == false
                return AssignableWork.Connector(name: name, taskCount: isUsable ? state?.taskCount ?? 0 : 0)
            })
    }

    private func readConfigToEnd(_ attempt: UInt64, _ cluster: ClusterSession) {
        let stage = beginStage("reading to the end of the config topic")
        cluster.parts.configLog.readToEnd { error in
            self.onLoop { herder in
                herder.endStage(stage)
                let offset = herder.log.offset
                herder.tell { $0.readToEnd(attempt: attempt, error: error, configOffset: offset, now: EventLoop.now()) }
            }
        }
    }

    // MARK: - Ownership

    /// Lets every connector and task know whether it runs here.
    private func run(_ work: WorkSet, _ offset: Int64, _ cluster: ClusterSession) {
        cluster.work = (work, offset)
        for entry in entries.values { applyOwnership(entry, cluster) }
    }

    func applyOwnership(_ entry: ConnectorEntry, _ cluster: ClusterSession) {
        let state = log.connector(entry.name)
        let isMine = state != nil && cluster.work.set.contains(connector: entry.name)
        let steps = entry.lifecycle.own(isMine, now: EventLoop.now())
        if !steps.isEmpty { execute(steps, entry) }
        // Of tasks that were committed after the assignment was made it says nothing: those of them that run already were
        // given by a later one.
        let isKnown = state.map { $0.committedOffset <= cluster.work.offset } ?? false
        let count = Int32(clamping: state?.taskConfigs.count ?? 0)
        let mine = (0..<count).filter { number in
            cluster.work.set.contains(TaskID(connector: entry.name, number: number))
                && (isKnown || entry.tasks.owns(number))
        }
        let taskSteps = entry.tasks.own(mine)
        if !taskSteps.isEmpty { executeTasks(taskSteps, entry) }
        dropIfReleased(entry)
    }

    /// A connector that was deleted is forgotten once nothing of it is left.
    func dropIfReleased(_ entry: ConnectorEntry) {
        guard cluster != nil, shutdown == nil, log.connector(entry.name) == nil, entry.lifecycle.isReleased,
            entry.tasks.isQuiet, entry.live.isEmpty, entry.runs.isEmpty
        else { return }
        entries[entry.name] = nil
        touch()
    }

    /// After every event: goes on with a round that waits, and sees to the next timer.
    func clusterTurnEnded() {
        guard let cluster, shutdown == nil else { return }
        if cluster.awaitsQuiet, entries.values.allSatisfy(\.isQuiet) {
            cluster.awaitsQuiet = false
            let offset = log.offset
            tell { $0.quiet(configOffset: offset) }
        }
        let wanted = cluster.machine.nextDeadline
        guard wanted != cluster.timer?.at else { return }
        if let timer = cluster.timer { cancel(timer.id) }
        cluster.timer = wanted.map { at in
            let id = after(at) { herder in
                herder.cluster?.timer = nil
                let offset = herder.log.offset
                herder.tell { $0.advance(to: EventLoop.now(), configOffset: offset) }
            }
            return (id, at)
        }
    }

    /// How REST sees the cluster; nil in standalone mode.
    var clusterView: ClusterView? {
        guard let cluster else { return nil }
        return ClusterView(
            leaderURL: cluster.machine.leaderURL, isLeader: cluster.machine.isLeader,
            protocolVersion: cluster.machine.protocolVersion, sessionKey: log.sessionKey)
    }

    // MARK: - Leadership

    /// Calls `body` with who leads, now or once the round that is under way has ended.
    func withLeader(_ body: @escaping ClusterSession.Waiter) {
        guard let cluster else { return body(self, .here) }
        if cluster.machine.isSettled { return body(self, leadership(cluster)) }
        guard cluster.waiters.count < ClusterSession.maximumWaiters else { return body(self, .elsewhere(url: nil)) }
        cluster.waiters.append(body)
    }

    private func leadership(_ cluster: ClusterSession) -> ClusterSession.Leadership {
        cluster.machine.isLeader ? .here : .elsewhere(url: cluster.machine.leaderURL)
    }

    /// Runs `body` if this worker leads, else answers where the leader is.
    func asLeader(_ reply: @escaping ReplyHandler, _ body: @escaping @Sendable (isolated Herder) -> Void) {
        withLeader { herder, leadership in
            switch leadership {
            case .here: body(herder)
            case .elsewhere(let url): herder.answer(reply, .success(.elsewhere(url: url)))
            }
        }
    }

    // MARK: - Session keys

    /// Writes a new key where one is due, and looks again when the present one has run out.
    func checkSessionKey(_ cluster: ClusterSession) {
        let now = EventLoop.wallMilliseconds()
        let isLeader = cluster.machine.isLeader && cluster.machine.protocolVersion == 2
        if cluster.rotation.isDue(isLeader: isLeader, now: now) { return writeSessionKey(cluster, now) }
        if let timer = cluster.keyTimer { cancel(timer) }
        cluster.keyTimer = nil
        guard isLeader, let expiry = cluster.rotation.expiry else { return }
        let wait = UInt64(min(max(expiry - now, 1000), 86_400_000)) * 1_000_000
        cluster.keyTimer = after(EventLoop.now() &+ wait) { herder in
            guard let cluster = herder.cluster, herder.shutdown == nil else { return }
            herder.checkSessionKey(cluster)
        }
    }

    private func writeSessionKey(_ cluster: ClusterSession, _ now: Int64) {
        do throws(ConnectError) {
            let key = try cluster.parts.makeSessionKey(now)
            cluster.rotation.writing()
            write([.sessionKey(key)]) { herder, error in
                guard let error, let cluster = herder.cluster else { return }
                cluster.rotation.failed()
                herder.logger.error("No key for requests between workers could be written: \(error)")
                _ = herder.after(EventLoop.now() &+ 1_000_000_000) { herder in
                    guard let cluster = herder.cluster, herder.shutdown == nil else { return }
                    herder.checkSessionKey(cluster)
                }
            }
        } catch {
            logger.error("No key for requests between workers can be made: \(error)")
        }
    }
}
