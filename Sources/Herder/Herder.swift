import ClusterCore
package import ConnectModel
import EventLoop
import Logging
import Synchronization

/// The one who looks after connectors and their tasks: takes commands, keeps the config log and the status table, and carries
/// out what the machines of `ClusterCore` decide. In standalone mode log and table are kept in memory, and everything runs
/// here; in a cluster both are topics, and the group decides what runs where.
///
/// An actor on its own loop; nothing that may block runs there. Plugins are called on one lane per instance, and files,
/// offsets and references are read on one lane per connector; what comes of it returns to the loop as an event. Every event
/// is one ``turn(_:)``: what changed is published as a new picture, and only then are commands answered, so that a client who
/// has an answer reads what it says.
package actor Herder: HerderPort {
    let settings: HerderSettings
    let dependencies: HerderDependencies
    let logger = Logger("connect.herder")
    package nonisolated let catalog: any PluginCatalog
    private nonisolated let loop: EventLoop
    private nonisolated let picture: Mutex<WorkerSnapshot>
    private nonisolated let turns = Atomic<UInt64>(0)

    /// What decides. The rest of the herder tells it what happened, and carries out what it wants.
    var machine: HerderMachine
    /// Who asked the machine for something and has no answer yet.
    var requests: [HerderMachine.Ticket: Answered] = [:]
    /// What plugins and clients have to do with each connector.
    var entries = SortedTable<String, ConnectorEntry>()
    var changes = SortedTable<String, ConfigChangeQueue>()
    /// Checks under way by the class that they ask, each with at least one.
    var runningValidations = SortedTable<String, Int>()
    /// Requests for offsets without an answer yet by the connector, each with at least one.
    var offsetReads = SortedTable<String, Int>()
    var stages = StageBook()
    var phase = Phase.starting
    var clusterID: String?
    var shutdown: Shutdown?
    /// nil in standalone mode.
    let cluster: ClusterSession?
    private var lastTicket: HerderMachine.Ticket = 0
    private var isPictureStale = false
    /// A new picture will be published behind what waits for the loop now.
    private var isPictureDue = false
    private var answers: [(ReplyHandler, Result<Reply, ConnectError>)] = []

    /// Bytes of a status's trace: with room for its JSON, far below what a topic takes.
    private static let longestTrace = 32_768

    /// Where the worker is.
    enum Phase {
        case starting
        case ready
        case stopping
        case stopped
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// A herder that has nothing to do yet.
    package init(_ dependencies: HerderDependencies, settings: HerderSettings) {
        self.dependencies = dependencies
        self.settings = settings
        catalog = dependencies.catalog
        loop = dependencies.loop
        let catalog = dependencies.catalog
        machine = HerderMachine(
            HerderMachine.Settings(
                workerID: settings.workerID, patience: settings.patience,
                membership: dependencies.cluster?.membership,
                rotation: dependencies.cluster?.rotation,
                seed: .random(in: 0...UInt64.max),
                // Clients read it, and a cluster's status topic takes records of limited size.
                trace: { LogSystem.redactor.redact($0.trace).cut(to: Self.longestTrace) },
                version: { (try? catalog.resolve($0["connector.class"] ?? ""))?.version }))
        cluster = dependencies.cluster.map { ClusterSession($0) }
        let stage = Stage(description: "awaiting startup", began: EventLoop.wallMilliseconds())
        picture = Mutex(
            WorkerSnapshot(isReady: false, isStopping: false, stage: stage, kafkaClusterID: nil, connectors: []))
    }

    /// What the config log says.
    var log: ConfigLogMachine { machine.log }
    /// What is known of connectors and tasks everywhere.
    var statuses: StatusTable { machine.statuses }

    package nonisolated var snapshot: WorkerSnapshot { picture.withLock { $0 } }

    package nonisolated func submit(
        _ command: Command, _ reply: @escaping @Sendable (Result<Reply, ConnectError>) -> Void
    ) {
        onLoop { $0.perform(command, reply) }
    }

    package nonisolated func configKeys(of className: String) throws(ConnectError) -> [ConfigKeyDescription] {
        try dependencies.checking.keys(of: className)
    }

    /// How many events the loop has gone through: grows as long as the herder is alive and has something to do.
    package nonisolated var progress: UInt64 { turns.load(ordering: .relaxed) }

    /// Gives the loop something to do, so that ``progress`` grows if it is alive. For the watchdog.
    package nonisolated func probe() {
        onLoop { _ in }
    }

    // MARK: - Turns

    /// Runs an event on the loop.
    nonisolated func onLoop(_ event: @escaping @Sendable (isolated Herder) -> Void) {
        loop.execute {
            self.assumeIsolated { herder in herder.turn { event(herder) } }
        }
    }

    /// Runs an event of a timer, then.
    func after(_ deadline: UInt64, _ event: @escaping @Sendable (isolated Herder) -> Void) -> TimerID {
        loop.schedule(at: deadline) { [weak self] in
            self?.assumeIsolated { herder in herder.turn { event(herder) } }
        }
    }

    /// Takes a timer back.
    func cancel(_ timer: TimerID) { loop.cancel(timer) }

    private func turn(_ event: () -> Void) {
        event()
        clusterTurnEnded()
        // What waits behind this event may change the picture again, that of a connector with thousands of tasks thousands of
        // times: one picture will do for all of it. An answer comes with its own.
        if isPictureStale { answers.isEmpty ? publishSoon() : publish() }
        // An answer may lead to the next command, but only through the loop.
        let answers = self.answers
        self.answers = []
        for (reply, result) in answers { reply(result) }
        turns.wrappingAdd(1, ordering: .relaxed)
    }

    /// Answers once the picture is published.
    func answer(_ reply: @escaping ReplyHandler, _ result: Result<Reply, ConnectError>) {
        answers.append((reply, result))
    }

    /// Answers with an error once the picture is published.
    func refuse(_ reply: @escaping ReplyHandler, _ code: ErrorCode, _ message: String, status: Int? = nil) {
        answer(reply, .failure(ConnectError(code, message, status: status)))
    }

    /// Names a request to the machine.
    func nextTicket() -> HerderMachine.Ticket {
        lastTicket += 1
        return lastTicket
    }

    // MARK: - The picture

    /// Something of a connector changed.
    func touch(_ entry: ConnectorEntry) {
        entry.picture = nil
        isPictureStale = true
    }

    /// Something of the worker changed.
    func touch() { isPictureStale = true }

    /// Notes what the worker is doing, for a connector or as a whole.
    func beginStage(_ description: String, connector: String? = nil) -> StageBook.Token {
        isPictureStale = true
        return stages.begin(description, connector: connector, now: EventLoop.wallMilliseconds())
    }

    /// Notes that it is through.
    func endStage(_ token: StageBook.Token?) {
        guard let token else { return }
        isPictureStale = true
        stages.end(token, now: EventLoop.wallMilliseconds())
    }

    /// What REST shows of a connector now; nil for one without a configuration.
    func info(of entry: ConnectorEntry) -> ConnectorInfo? {
        guard let state = log.connector(entry.name), let config = state.config else { return nil }
        let tasks = state.taskConfigs.indices.map { TaskID(connector: entry.name, number: Int32($0)) }
        return ConnectorInfo(name: entry.name, config: config, tasks: tasks, kind: entry.kind)
    }

    private func publishSoon() {
        guard !isPictureDue else { return }
        isPictureDue = true
        loop.execute {
            self.assumeIsolated { herder in
                herder.isPictureDue = false
                if herder.isPictureStale { herder.publish() }
            }
        }
    }

    /// Shows what is the case now.
    func publish() {
        isPictureStale = false
        var connectors: [WorkerSnapshot.Connector] = []
        connectors.reserveCapacity(entries.count)
        for (_, entry) in entries.entries {
            if entry.picture == nil, let info = info(of: entry) {
                entry.picture = WorkerSnapshot.Connector(
                    info: info, status: statuses.status(entry.name, kind: entry.kind),
                    taskConfigs: log.connector(entry.name)?.taskConfigs ?? [],
                    activeTopics: statuses.topics(entry.name))
            }
            if let picture = entry.picture { connectors.append(picture) }
        }
        let isReady = if case .ready = phase { true } else { false }
        let snapshot = WorkerSnapshot(
            isReady: isReady, isStopping: shutdown != nil, stage: stages.current, kafkaClusterID: clusterID,
            connectors: connectors, cluster: clusterView, stages: stages.underWay)
        picture.withLock { $0 = snapshot }
    }
}

extension String {
    /// At most `limit` bytes of UTF-8, and a note where something was left out.
    func cut(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        // Not within a character.
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end] + "… (\(utf8.count) bytes in all)"
    }
}
