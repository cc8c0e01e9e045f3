import ClusterCore
import ConnectModel
import EventLoop
import Logging

// Membership of the cluster, between the group and the machine.
extension Herder {
    /// Reads the three topics to their ends and joins the group; `done` is called once the first round is settled.
    ///
    /// A topic that cannot be used ends the worker: `failed` is called with the reason.
    func joinCluster(
        _ cluster: ClusterSession, failed: @escaping @Sendable (ConnectError) -> Void,
        _ done: @escaping @Sendable (isolated Herder) -> Void
    ) {
        cluster.whenJoined = done
        cluster.whenFailed = failed
        let stage = beginStage("reading the internal topics")
        let parts = cluster.parts
        let opened: @Sendable (ConnectError?) -> Void = { error in
            self.onLoop { herder in
                if let error { return failed(error) }
                guard let cluster = herder.cluster else { return }
                cluster.openLogs += 1
                guard cluster.openLogs == 3 else { return }
                herder.endStage(stage)
                herder.beginMembership(cluster)
            }
        }
        parts.openOffsets(opened)
        parts.statusLog.start({ records in self.onLoop { $0.readStatuses(records) } }, done: opened)
        parts.configLog.start({ records in self.onLoop { $0.readConfig(records) } }, done: opened)
    }

    private func beginMembership(_ cluster: ClusterSession) {
        guard shutdown == nil else { return }
        cluster.stage = beginStage("joining the cluster \(cluster.parts.membership.url)")
        feed { $0.topicsRead(at: $1) }
    }

    private func group(_ event: WorkerGroupEvent) {
        switch event {
        case .failed(let error): cluster?.whenFailed?(error)
        case .elected(let generation, _, _, let members):
            logger.info(
                "This worker leads the group",
                [LogField("generation", "\(generation)"), LogField("members", "\(members.count)")])
        case .coordinatorLost(let sessionEnds): cluster?.sessionEnds = sessionEnds
        case .assigned:
            // What a lost membership held, and is taken away now, may have run elsewhere since: what it has not sent is not sent.
            if machine.member?.isInDoubt == true { cluster?.isInDoubt = true }
        case .preparing, .membershipLost, .coordinatorFound: break
        }
        feed { $0.group(event, at: $1) }
        switch event {
        case .coordinatorLost:
            hurryTasks()
            cluster?.sessionEnds = .max
        case .assigned where cluster?.isInDoubt == true: hurryTasks()
        case .preparing, .elected, .assigned, .membershipLost, .coordinatorFound, .failed: break
        }
        touch()
    }

    func carryOut(_ action: WorkerMachine.Action) {
        guard let cluster else { return }
        switch action {
        case .awaitQuiet:
            if cluster.stage == nil { cluster.stage = beginStage("ensuring membership in the cluster") }
        case .offer(let offers): cluster.parts.group.prepared(offers)
        case .assign(let assignments): cluster.parts.group.assign(assignments)
        case .readToEnd(let attempt): readConfigToEnd(attempt, cluster)
        case .carriedOut(let generation, let memberID):
            cluster.isInDoubt = false
            cluster.parts.group.carriedOut(generation: generation, memberID: memberID)
        case .rejoin(let reason):
            logger.info("Asking for a rebalance: \(reason)")
            cluster.parts.group.rejoin(reason: reason)
        case .leave(let reason): cluster.parts.group.leave(reason: reason) {}
        case .join:
            cluster.hasJoined = true
            cluster.parts.group.join { event in self.onLoop { $0.group(event) } }
        case .heartbeat: cluster.parts.group.heartbeatNow()
        case .settled: settled(cluster)
        case .warn(let text): logger.warning(text)
        case .run, .lead: break
        }
    }

    private func settled(_ cluster: ClusterSession) {
        endStage(cluster.stage)
        cluster.stage = nil
        touch()
        let member = machine.member
        // Before anything is sent or written that was decided by this round.
        cluster.parts.group.settled(generation: member?.generation ?? -1)
        cluster.parts.peers.groupSettled(member?.answering ?? [])
        logger.info(
            "The group is settled",
            [
                LogField("generation", "\(member?.generation ?? -1)"), LogField("leader", member?.leaderURL ?? ""),
                LogField("connectors", "\(machine.work.set.connectorCount)"),
                LogField("tasks", "\(machine.work.set.taskCount)"),
            ])
        guard let done = cluster.whenJoined else { return }
        cluster.whenJoined = nil
        done(self)
    }

    private func readConfigToEnd(_ attempt: UInt64, _ cluster: ClusterSession) {
        let stage = beginStage("reading to the end of the config topic")
        cluster.parts.configLog.readToEnd(afterOwnWrites: false) { error in
            self.onLoop { herder in
                herder.endStage(stage)
                herder.feed { $0.readToEnd(attempt: attempt, error: error, at: $1) }
            }
        }
    }

    /// After every event: the machine may go on with a round that waits, and its next deadline may be another one.
    func clusterTurnEnded() {
        guard let cluster else { return }
        feed { $0.turnEnded(at: $1) }
        if shutdown == nil { noteAbsence(cluster) }
        let wanted = machine.nextDeadline
        guard wanted != cluster.timer?.at else { return }
        if let timer = cluster.timer { cancel(timer.id) }
        cluster.timer = wanted.map { at in
            let id = after(at) { herder in
                herder.cluster?.timer = nil
                herder.feed { $0.advance(at: $1) }
            }
            return (id, at)
        }
    }

    /// Keeps the stage that says what is between the worker and its group.
    private func noteAbsence(_ cluster: ClusterSession) {
        let reason = machine.member?.absence
        guard reason != cluster.absence?.stage.description else { return }
        endStage(cluster.absence?.token)
        cluster.absence = nil
        if let reason {
            let token = beginStage(reason)
            cluster.absence = stages.current.map { (token, $0) }
        }
        touch()
    }

    /// How REST sees the cluster; nil in standalone mode.
    var clusterView: ClusterView? {
        guard let member = machine.member else { return nil }
        return ClusterView(
            leaderURL: member.leaderURL, isLeader: member.isLeader, protocolVersion: member.protocolVersion,
            sessionKey: log.sessionKey)
    }

    /// Runs `body` if this worker leads, else answers where the leader is.
    func asLeader(_ reply: @escaping ReplyHandler, _ body: @escaping @Sendable (isolated Herder) -> Void) {
        ask(.leadership) { herder, answer in
            if case .elsewhere(let url) = answer {
                herder.answer(reply, .success(.elsewhere(url: url)))
            } else {
                body(herder)
            }
        }
    }

    /// The leader hands requests on that are signed with this key.
    func makeSessionKey() {
        guard let cluster else { return }
        feed { machine, now in
            let key = Result { () throws(ConnectError) in try cluster.parts.makeSessionKey(now.wall) }
            return machine.madeSessionKey(key, at: now)
        }
    }

    /// Hands a connector's task configurations to the leader.
    func hand(_ configs: [ConfigMap], of name: String, to url: String) {
        cluster?.parts.peers.putTaskConfigs(configs, of: name, leader: url, key: log.sessionKey) { error in
            self.onLoop { herder in herder.feed { $0.handed(name, error: error, at: $1) } }
        }
    }
}
