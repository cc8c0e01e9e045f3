internal import EventLoop
internal import KafkaProtocol
internal import Logging

/// Runs a ``GroupMachine`` and its ``CoordinatorWatch`` on the loop: carries their wishes out over the cluster and brings the
/// answers back. Confined to the loop of its cluster.
final class GroupMembershipDriver {
    private let cluster: KafkaCluster
    private let settings: GroupMembershipSettings
    private let gate: SessionGate?
    private let log = Logger("kafka.client.group")
    /// A broker holds JoinGroup and SyncGroup back until all members have come, and answers what is behind them on the same
    /// connection later still: what must be answered at once has a connection of its own.
    private lazy var roundChannel = cluster.makeChannel()
    private lazy var beatChannel = cluster.makeChannel()
    private var machine: GroupMachine
    private var watch: CoordinatorWatch
    private var observer: (@Sendable (GroupMembership.Event) -> Void)?
    private var isObserving = false
    /// The coordinator answered since a connection to it was lost last.
    private var isConnectionUp = false
    private var pending: [GroupMachine.Action] = []
    private var isCarryingOut = false
    /// The round that ended last, and of which the owner may say that it was carried out; nil without a membership.
    private var round: (generation: Int32, memberID: String)?
    private var leaving: [@Sendable () -> Void] = []
    private var joinsAfterLeave = false
    private var timer: TimerID?
    private var timerAt: UInt64 = .max

    init(cluster: KafkaCluster, settings: GroupMembershipSettings, gate: SessionGate?) {
        self.cluster = cluster
        self.settings = settings
        self.gate = gate
        machine = GroupMachine(settings: settings.machine, seed: EventLoop.now())
        watch = CoordinatorWatch(patience: settings.heartbeatInterval, sessionTimeout: settings.sessionTimeout)
    }

    // MARK: - The owner's wishes

    func join(_ observer: @escaping @Sendable (GroupMembership.Event) -> Void) {
        self.observer = observer
        observeConnections()
        joinsAfterLeave = !leaving.isEmpty
        guard !joinsAfterLeave else { return }
        tell { machine, now in machine.start(now: now) }
    }

    func heartbeatNow() {
        tell { machine, now in machine.heartbeatNow(now: now) }
    }

    /// A word of an older round says nothing of what the present one took away.
    func carriedOut(generation: Int32, memberID: String) {
        guard let round, round == (generation, memberID), watch.carriedOut() else { return }
        heartbeatNow()
    }

    func settled(generation: Int32) {
        if round?.generation == generation { gate?.renew() }
    }

    func leave(reason: String, _ done: @escaping @Sendable () -> Void) {
        leaving.append(done)
        joinsAfterLeave = false
        endSession()
        tell { machine, now in machine.leave(reason: reason, now: now) }
    }

    /// Feeds the machine one event and carries out what it wants.
    func tell(_ event: (inout GroupMachine, UInt64) -> [GroupMachine.Action]) {
        pending += event(&machine, EventLoop.now())
        // An action may bring another event at once (a request that cannot be sent): its actions come behind these.
        guard !isCarryingOut else { return }
        isCarryingOut = true
        while !pending.isEmpty {
            let due = pending
            pending = []
            for action in due { carryOut(action) }
        }
        isCarryingOut = false
        schedule()
    }

    // MARK: - Actions

    private func carryOut(_ action: GroupMachine.Action) {
        switch action {
        case .send(let request): send(request)
        case .forgetCoordinator: cluster.invalidateCoordinator(group: settings.groupID)
        case .prepareJoin: observer?(.preparing)
        case .computeAssignment(let election): observer?(.elected(election))
        case .assignmentKept: break  // comes to static members only
        case .assigned(let answer):
            round = (answer.generation, answer.memberID)
            log.info(
                "a round of the group ended",
                fields + [
                    LogField("generation", answer.generation), LogField("member", answer.memberID),
                    LogField("leader", answer.leaderID), LogField("protocol", answer.protocolName),
                ])
            observer?(.assigned(answer))
        case .membershipLost:
            round = nil
            watch.expelled()
            gate?.shut()
            log.warning("the membership in the group was lost", fields)
            observer?(.membershipLost)
        case .pollIntervalExceeded: break  // no poll is ever owed here
        case .left: left()
        case .failed(let code, let text):
            watch.stop()
            let error = ClientError(consumer: code, text, nil)
            log.error("the group cannot be joined: \(error.message)", fields)
            observer?(.failed(error))
        }
    }

    private var fields: [LogField] { [LogField("group", settings.groupID)] }

    private func left() {
        endSession()
        let done = leaving
        leaving = []
        for job in done { job() }
        guard joinsAfterLeave else { return }
        joinsAfterLeave = false
        tell { machine, now in machine.start(now: now) }
    }

    private func endSession() {
        round = nil
        watch.stop()
        gate?.shut()
    }

    // MARK: - Requests

    private func send(_ request: GroupRequest) {
        let token = request.token
        let now = EventLoop.now()
        watch.sent(request, now: now)
        var options = KafkaCluster.RequestOptions(
            deadline: adding(request.timeout, to: now), channel: beatChannel, clientID: settings.clientID)
        let coordinator = KafkaCluster.Destination.groupCoordinator(settings.groupID)
        switch request.body {
        case .join(let join):
            options.channel = roundChannel
            cluster.request(join.wire, to: coordinator, options: options) { [weak self] result in
                let result = Self.answer(result) { GroupJoinAnswer($0) }
                self?.answered(token, CoordinatorWatch.Verdict(result)) { machine, now in
                    machine.joinAnswered(token: token, result, now: now)
                }
            }
        case .sync(let sync):
            options.channel = roundChannel
            cluster.request(sync.wire, to: coordinator, options: options) { [weak self] result in
                let result = Self.answer(result) { GroupSyncAnswer($0) }
                self?.answered(token, CoordinatorWatch.Verdict(result)) { machine, now in
                    machine.syncAnswered(token: token, result, now: now)
                }
            }
        case .heartbeat(let beat):
            cluster.request(beat.wire, to: coordinator, options: options) { [weak self] result in
                let result = Self.answer(result) { ErrorCode(rawValue: $0.errorCode) }
                self?.answered(token, CoordinatorWatch.Verdict(result)) { machine, now in
                    machine.heartbeatAnswered(token: token, result, now: now)
                }
                self?.beatAgainIfAwaited()
            }
        case .leave(let leave):
            cluster.request(leave.wire, to: coordinator, options: options) { [weak self] _ in
                self?.tell { machine, now in machine.leaveAnswered(token: token, now: now) }
            }
        }
    }

    private static func answer<Wire, Value>(
        _ result: Result<KafkaCluster.Answer<Wire>, ClientError>, _ read: (Wire) -> Value
    ) -> Result<Value, RequestFault> {
        switch result {
        case .success(let whole): .success(read(whole.response))
        case .failure(let error): .failure(RequestFault(error))
        }
    }

    /// The watch hears of an answer before the machine, so that a coordinator is found before it assigns.
    private func answered(
        _ token: UInt64, _ verdict: CoordinatorWatch.Verdict,
        _ event: (inout GroupMachine, UInt64) -> [GroupMachine.Action]
    ) {
        guard !cluster.isClosed else { return shutDown() }
        let now = EventLoop.now()
        report(watch.answered(token: token, verdict, now: now))
        if verdict != .absent { isConnectionUp = true }
        if verdict == .member { gate?.open(until: watch.aliveUntil, now: now) }
        tell(event)
    }

    /// An answer that was under way while the process was stopped opens nothing: another heartbeat does.
    private func beatAgainIfAwaited() {
        guard let gate, gate.isAwaited, !gate.allows(EventLoop.now()) else { return }
        heartbeatNow()
    }

    private func report(_ change: CoordinatorWatch.Change?) {
        switch change {
        case .lost?:
            log.warning("nobody answers for the group", fields)
            observer?(.coordinatorLost(sessionEnds: watch.aliveUntil))
        case .found?:
            log.info("the group's coordinator answers again", fields)
            observer?(.coordinatorFound)
        case nil: break
        }
    }

    /// A broken connection is news at once, not at the next heartbeat only.
    private func observeConnections() {
        guard !isObserving else { return }
        isObserving = true
        for channel in [roundChannel, beatChannel] {
            cluster.observeCoordinatorLosses(channel) { [weak self] in self?.connectionLost() }
        }
    }

    private func connectionLost() {
        // Attempts that fail one after the other are no news.
        guard isConnectionUp, machine.heartbeatsRun else { return }
        isConnectionUp = false
        watch.connectionLost(now: EventLoop.now())
        heartbeatNow()
    }

    // MARK: - Time

    private func schedule() {
        guard !cluster.isClosed else { return shutDown() }
        let wanted = min(machine.nextDeadline ?? .max, watch.nextDeadline ?? .max)
        guard wanted != timerAt || timer == nil else { return }
        if let timer { cluster.loop.cancel(timer) }
        timer = nil
        timerAt = wanted
        guard wanted < .max else { return }
        timer = cluster.loop.schedule(at: wanted) { [weak self] in self?.timeCame() }
    }

    private func timeCame() {
        timer = nil
        timerAt = .max
        let isConnected = cluster.isCoordinatorConnected(group: settings.groupID, channel: roundChannel)
        report(watch.advance(to: EventLoop.now(), isConnected: isConnected))
        tell { machine, now in machine.advance(to: now) }
    }

    /// The cluster was closed: nobody can be asked any more, and the observer, who may hold this, hears nothing more.
    private func shutDown() {
        observer = nil
        if let timer { cluster.loop.cancel(timer) }
        timer = nil
        endSession()
        let done = leaving
        leaving = []
        for job in done { job() }
    }
}
