package import ConnectModel

/// What a herder decides: which events lead to which steps, for one worker alone and for one of a cluster.
///
/// Pure: events in, actions out. The herder and the simulator of clusters drive it alike: they execute the actions at once and
/// in order, call ``turnEnded(at:)`` after each turn of their loop, and ``advance(at:)`` when ``nextDeadline`` has come. It
/// holds what the config log and the status topic say, the machine of the membership and those of every connector and its
/// tasks; what plugins, topics and peers have to do is told to the driver, which answers with an event later, never at once.
///
/// A worker alone keeps log and statuses in memory: what it writes is read at once, and it owns everything.
package struct HerderMachine: Sendable {
    /// Names a request of the driver until its ``Action/answer(_:_:)``. Never used twice.
    package typealias Ticket = UInt64

    /// When an event happens.
    package struct Moment: Sendable, Equatable {
        /// Monotonic nanoseconds.
        package let time: UInt64
        /// Milliseconds since 1970.
        package let wall: Int64

        /// A moment by both clocks.
        package init(time: UInt64, wall: Int64) {
            self.time = time
            self.wall = wall
        }
    }

    /// What of the worker's configuration concerns its decisions.
    package struct Settings: Sendable {
        /// `host:port` that statuses carry.
        package var workerID: String
        package var patience: ConnectorLifecycle.Patience
        /// nil for a worker alone.
        package var membership: WorkerMachine.Settings?
        package var rotation: SessionKeyRotation?
        /// Any number, another one in each worker: by it differ pauses of workers that would else disturb each other again.
        package var seed: UInt64
        /// The trace that a status shows of an error.
        package var trace: @Sendable (ConnectError) -> String
        /// The version of the plugin that a connector's configuration names; nil where there is none.
        package var version: @Sendable (ConfigMap) -> String?

        /// Settings of a herder.
        package init(
            workerID: String, patience: ConnectorLifecycle.Patience = .standard,
            membership: WorkerMachine.Settings? = nil,
            rotation: SessionKeyRotation? = nil,
            seed: UInt64 = 0,
            trace: @escaping @Sendable (ConnectError) -> String = { $0.trace },
            version: @escaping @Sendable (ConfigMap) -> String? = { _ in nil }
        ) {
            self.workerID = workerID
            self.patience = patience
            self.membership = membership
            self.rotation = rotation
            self.seed = seed
            self.trace = trace
            self.version = version
        }
    }

    /// What the driver does next.
    package enum Action: Sendable, Equatable {
        /// What the membership wants. `run` and `lead` are carried out here already, and told for the log; the rest concerns
        /// the group.
        case membership(WorkerMachine.Action)
        /// A step of a connector's life; a status among them is written already, and told for the log.
        case connector(String, ConnectorLifecycle.Action)
        /// The same for its tasks.
        case tasks(String, TaskSetLifecycle.Action)
        /// The log has a configuration of the connector, for the first time or another one.
        case configured(String)
        /// The configuration of the connector is gone, and its end has begun.
        case removing(String)
        /// Something of the connector is to be shown anew.
        case changed(String)
        /// The topics that the connector has used are known no more: its tasks tell of those that they go on to use.
        case topicsForgotten(String)
        /// Connector and tasks have come to their end.
        case ended(String)
        /// Nothing is left of a connector that was removed.
        case forgotten(String)
        /// After ``HerderMachine/end(at:)``: nothing is left, and everything was told.
        case allEnded
        /// Append the records to the config topic and read to its end, then call ``HerderMachine/written(_:error:at:)``.
        case write([ConfigLogRecord], Write)
        /// Append the records to the config topic, and answer the request once that is acknowledged.
        case announce([ConfigLogRecord], Ticket)
        /// Append the record to the status topic, then call ``HerderMachine/statusWritten(_:error:at:)``.
        case writeStatus(StatusWrite)
        /// Hand the task configurations to the leader, then call ``HerderMachine/handed(_:error:at:)``.
        case handToLeader([ConfigMap], connector: String, url: String)
        /// Make a key for requests between workers and call ``HerderMachine/madeSessionKey(_:at:)``.
        case makeSessionKey
        case setLoggerLevel(namespace: String, level: String)
        case answer(Ticket, Answer)
        /// Something to tell the operator.
        case tell(Notice)
    }

    /// Something to tell the operator.
    package enum Notice: Sendable, Equatable {
        /// A record of the config log was passed over.
        case passedOver(key: String, reason: String)
        /// The leader did not take the connector's task configurations.
        case offerRefused(String, ConnectError)
        /// Somebody else commits other task configurations of the connector than it gives here, again and again.
        case othersCommit(String)
        case statusNotWritten(key: String, ConnectError)
        case sessionKeyNotWritten(ConnectError)
        case sessionKeyNotMade(ConnectError)
    }

    /// Which write to the config topic came to its end.
    package enum Write: Sendable, Equatable {
        case sessionKey
        /// The one whose turn it is of those about a connector.
        case turn(String)
        /// That of a request, which is answered so when it goes well.
        case request(Ticket, Answer)
    }

    let settings: Settings
    package internal(set) var log = ConfigLogMachine()
    package internal(set) var statuses: StatusTable
    /// The membership; nil for a worker alone.
    package internal(set) var member: WorkerMachine?
    /// By name, from the first configuration until nothing is left.
    package internal(set) var connectors = SortedTable<String, ConnectorMachine>()
    /// What this worker runs, and how much of the config log that was made from.
    package internal(set) var work: (set: WorkSet, offset: Int64) = (WorkSet(), -1)
    /// False while the config topic is read for the first time.
    var isLive: Bool
    /// The worker stops.
    package internal(set) var isEnding = false
    /// The group waits for what was given up to stop.
    var awaitsQuiet = false
    /// An assignment was carried out but for what it took away, which stops.
    var awaitsRelease = false
    var waiters: [Waiter] = []
    /// Writes about each connector, the first of them under way.
    var turns = SortedTable<String, [Turn]>()
    var rotation: SessionKeyRotation?
    /// When to look at the session key again.
    var keyDeadline: UInt64?
    /// Connectors of which task configurations were committed, to be compared with what they gave and what is wanted of them.
    var committed: [String] = []
    /// Stopped connectors with tasks that could not be taken out of the log, and are looked at again.
    var repairs: [(at: UInt64, connector: String)] = []
    /// Connectors that are asked for their task configurations again.
    var offerRetries: [(at: UInt64, connector: String)] = []
    /// Connectors whose commits were overtaken by their configurations, and are repeated then.
    var confirmations: [(at: UInt64, connector: String)] = []
    /// What this worker says of what it runs.
    var teller = StatusTeller()
    /// What this worker has removed as the leader.
    var removals = RemovedStatuses()
    /// How long a round waits for statuses of what was given up.
    var releaseDeadline: UInt64?
    /// Topics that were told to the status topic and not read back yet.
    var toldTopics: Set<ExactText> = []
    var serial: UInt64 = 0
    private var actions: [Action] = []

    /// A herder that knows nothing yet.
    package init(_ settings: Settings) {
        self.settings = settings
        statuses = StatusTable(workerID: settings.workerID)
        member = settings.membership.map { WorkerMachine(settings: $0) }
        rotation = settings.rotation
        isLive = settings.membership == nil
    }

    /// Whether this is a worker of a cluster.
    var isInCluster: Bool { member != nil }

    /// What is known of a connector that has a configuration.
    package func known(_ name: String) -> ConnectorMachine? {
        log.connector(name) == nil ? nil : connectors[name]
    }

    /// When ``advance(at:)`` is due; nil when only an event can change something.
    package var nextDeadline: UInt64? {
        let ofCluster =
            isEnding ? [] : [member?.nextDeadline, keyDeadline] + [repairs, confirmations].map { $0.map(\.at).min() }
        let release = awaitsQuiet && !isEnding ? releaseDeadline : nil
        let retries = [offerRetries.map(\.at).min(), teller.nextRetry, release]
        return (ofCluster + retries).compactMap(\.self).min()
    }

    /// Whether task configurations are on their way to a leader, or will be offered again.
    package var isOffering: Bool {
        !offerRetries.isEmpty || !confirmations.isEmpty || connectors.entries.contains { $0.value.offers.isUnderWay }
    }

    // MARK: - Doing

    /// Notes an action for the driver.
    mutating func act(_ action: Action) { actions.append(action) }

    /// What an event leads to.
    mutating func acting(_ event: (inout HerderMachine) -> Void) -> [Action] {
        event(&self)
        defer { actions = [] }
        return actions
    }

    /// A number that was not given before.
    mutating func nextSerial() -> UInt64 {
        serial += 1
        return serial
    }

    // MARK: - Time

    /// Time has passed.
    package mutating func advance(at now: Moment) -> [Action] {
        acting { machine in
            if !machine.isEnding {
                let offset = machine.log.offset
                machine.tell(at: now) { $0.advance(to: now.time, configOffset: offset) }
                if let deadline = machine.keyDeadline, now.time >= deadline { machine.checkSessionKey(at: now) }
                machine.retryRepairs(at: now)
                machine.confirmDue(at: now)
            }
            machine.retryStatuses(at: now)
            machine.retryOffers(at: now)
        }
    }

    /// The driver's loop is through with a turn: goes on with a round that waits for what was given up to stop.
    package mutating func turnEnded(at now: Moment) -> [Action] {
        guard awaitsQuiet || awaitsRelease || !committed.isEmpty else { return [] }
        return acting { machine in
            if !machine.isEnding { machine.compareCommitted(at: now) }
            guard machine.awaitsQuiet || machine.awaitsRelease else { return }
            guard machine.connectors.entries.allSatisfy({ $0.value.isQuiet || $0.value.hasEnded }) else {
                // Something stops again: a deadline that passes meanwhile would be due over and over.
                machine.releaseDeadline = nil
                return
            }
            // Also by a worker that stops: its last statuses and offsets wait for this.
            if machine.awaitsRelease, let carriedOut = machine.member?.carriedOut {
                machine.act(.membership(carriedOut))
            }
            machine.awaitsRelease = false
            guard machine.awaitsQuiet, !machine.isEnding, machine.hasToldReleases(at: now) else { return }
            machine.releaseDeadline = nil
            machine.awaitsQuiet = false
            let work = machine.assignableWork
            machine.tell(at: now) { $0.keep(work.all, configOffset: work.configOffset) }
            machine.tell(at: now) { $0.quiet(configOffset: work.configOffset) }
        }
    }

    /// Whether what was given up is told to have stopped. A next owner's RUNNING is to stand behind the UNASSIGNED of this one
    /// (`KafkaStatusBackingStore.flush` in `RebalanceListener.onRevoked`); but a status topic that does not answer holds up no
    /// round for longer than a second.
    private mutating func hasToldReleases(at now: Moment) -> Bool {
        guard teller.releasesUnderWay > 0 else { return true }
        guard let deadline = releaseDeadline else {
            releaseDeadline = now.time &+ Self.releasePatience
            return false
        }
        return now.time >= deadline
    }

    private static let releasePatience: UInt64 = 1_000_000_000

    // MARK: - The end

    /// The worker stops: everything here comes to its end, then ``Action/allEnded`` follows.
    package mutating func end(at now: Moment) -> [Action] {
        guard !isEnding else { return [] }
        return acting { machine in
            machine.isEnding = true
            for name in machine.connectors.keys {
                machine.steerTasks(name, at: now) { $0.end(.unassigned) }
                machine.steer(name, at: now) { $0.end(.unassigned, now: now.time) }
            }
            machine.checkEnd()
        }
    }

    /// Whether the end is through. What was stopped is to be seen as stopped by those who take over.
    mutating func checkEnd() {
        guard isEnding, teller.isDone,
            connectors.entries.allSatisfy({ $0.value.hasEnded })
        else { return }
        act(.allEnded)
    }
}
