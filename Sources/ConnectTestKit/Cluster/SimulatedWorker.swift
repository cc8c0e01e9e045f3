internal import ClusterCore
internal import ConnectModel
internal import KafkaClient

/// A connector (number −1) or one of its tasks.
struct SimulatedItem: Equatable, CustomStringConvertible {
    let connector: String
    let number: Int32

    var description: String { number < 0 ? connector : "\(connector)-\(number)" }
}

/// Something that really runs in a worker's process, whatever the machines think.
struct SimulatedRun {
    let item: SimulatedItem
    /// The instance of a connector, the incarnation of a task.
    let number: UInt64
    /// It was told to stop.
    var isStopping = false
    /// A membership was lost since it began, and no assignment was carried out since.
    var isInDoubt = false
}

/// What really happens with one connector of a worker, as the herder's `ConnectorEntry`.
final class SimulatedEntry {
    struct TaskRun {
        let incarnation: UInt64
        var hasHandle = false
        var isPaused: Bool
    }

    let name: String
    /// Instances of the connector that there are.
    var live: [UInt64] = []
    var runs = SortedTable<Int32, TaskRun>()

    init(_ name: String) { self.name = name }
}

/// A worker's process: its machines, and what of the herder and of the membership's driver holds them together.
final class SimulatedWorker {
    let number: Int
    let life: Int
    let mode: ConnectProtocolMode
    var isAlive = true
    var stalledUntil: UInt64 = 0

    // The membership's driver.
    var group: GroupMachine
    var watch: CoordinatorWatch
    /// Until when its tasks may write.
    var gate: UInt64 = 0
    var coordinator: Int?
    var isConnectionUp = false
    /// The round that ended last; nil without a membership.
    var round: (generation: Int32, memberID: String)?
    var leaving: [() -> Void] = []
    var joinsAfterLeave = false
    var groupTimer: UInt64 = .max
    /// Requests arrive in the order in which they were sent: rounds and heartbeats each on a connection of their own.
    var lastArrival: [UInt64] = [0, 0]

    // The herder.
    var machine: HerderMachine
    var entries = SortedTable<String, SimulatedEntry>()
    /// Who asked the machine for something and has no answer yet. Looked up only, never walked.
    var requests: [HerderMachine.Ticket: (HerderMachine.Answer) -> Void] = [:]
    var lastTicket: HerderMachine.Ticket = 0
    var isReady = false
    var hasFinishedShutdown = false
    var machineTimer: UInt64 = .max
    /// Connectors of which a change is being stored.
    var changing: [String] = []
    /// Things that will still happen here by themselves: nothing has settled before.
    var pending = 0

    // Its readers.
    var configPosition: Int64 = 0
    var statusPosition: Int64 = 0
    var isFetching = [false, false]
    var endWaiters: [(target: Int64, done: () -> Void)] = []
    var lastHop: [UInt64] = [0, 0]
    var lastStatus: UInt64 = 0
    var lag: Int

    // Its writer to the config topic.
    var appends: [SimulatedAppend] = []
    var lastAppend: UInt64 = 0
    /// Statuses that wait for the session.
    var heldStatuses: [StatusWrite] = []
    /// As ``SessionGate/isOver``.
    var isSessionOver = false
    /// Counts the sessions that are over.
    var session = 0

    // What the rules look at.
    /// The session that gave the herder what it knows of the group, nil behind a lost one, and whether it leads by that.
    var knownSession: Int?
    var knowsToLead = false
    /// For planted faults: what was caused by the last round.
    var hasEchoed = false
    var running: [SimulatedRun] = []
    var hasChanged = false
    var wasExpelledAt: UInt64?
    var saboteur: ClusterSaboteur
    /// Of the last assignment, as the leader told it.
    var assignedOffset: Int64 = -1

    init(
        number: Int, life: Int, mode: ConnectProtocolMode, settings: GroupMachine.Settings,
        herder: HerderMachine.Settings, seed: UInt64, lag: Int, sabotage: ClusterSabotage?
    ) {
        self.number = number
        self.life = life
        self.mode = mode
        group = GroupMachine(settings: settings, seed: seed)
        watch = CoordinatorWatch(patience: settings.heartbeatInterval, sessionTimeout: settings.sessionTimeout)
        machine = HerderMachine(herder)
        self.lag = lag
        saboteur = ClusterSaboteur(sabotage)
    }

    /// Whether something runs that another worker may run too, behind a lost membership.
    var isInDoubt: Bool { running.contains(where: \.isInDoubt) }
    var name: String { "w\(number).\(life)" }
    var isShuttingDown: Bool { machine.isEnding }
    /// What the group was told that runs here.
    var held: WorkSet { machine.member?.work ?? WorkSet() }
}
