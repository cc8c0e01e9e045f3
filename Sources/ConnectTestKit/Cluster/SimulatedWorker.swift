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
}

/// What a simulated worker keeps of one connector, as the herder's `ConnectorEntry`.
final class SimulatedEntry {
    struct TaskRun {
        let incarnation: UInt64
        var hasHandle = false
        var isPaused: Bool
        var mustStop = false
    }

    let name: String
    var lifecycle: ConnectorLifecycle
    var tasks: TaskSetLifecycle
    var configuration: UInt64 = 0
    var taskGeneration: UInt64 = 0
    /// Instances of the connector that there are.
    var live: [UInt64] = []
    var runs = SortedTable<Int32, TaskRun>()
    var offer: (configs: [ConfigMap], differs: Bool)?
    var isOffering = false
    var nextOffer: [ConfigMap]?
    var refusedOffers = 0
    var connectorHasEnded = false
    var tasksHaveEnded = false

    init(_ name: String, serial: UInt64) {
        self.name = name
        lifecycle = ConnectorLifecycle(name, firstInstance: serial << 32, isOwned: false)
        tasks = TaskSetLifecycle(name, firstIncarnation: serial << 32, ownsAll: false)
    }

    var isQuiet: Bool { (lifecycle.isOwned || lifecycle.isReleased) && tasks.isQuiet }
    var hasEnded: Bool { connectorHasEnded && tasksHaveEnded }
}

/// A worker's process: its machines, and what of the herder and of the membership's driver holds them together.
final class SimulatedWorker {
    /// Something that waits until no round is under way; told whether this worker leads, else where the leader is.
    typealias Waiter = (_ leads: Bool, _ url: String?) -> Void

    /// A write about a connector that waits for those before it.
    struct ConnectorWrite {
        let make: () -> [ConfigLogRecord]?
        let done: (Bool) -> Void
    }

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
    var leaving: [() -> Void] = []
    var joinsAfterLeave = false
    var groupTimer: UInt64 = .max
    /// Requests arrive in the order in which they were sent: rounds and heartbeats each on a connection of their own.
    var lastArrival: [UInt64] = [0, 0]

    // The herder.
    var machine: WorkerMachine
    var log = ConfigLogMachine()
    var statuses: StatusTable
    var entries = SortedTable<String, SimulatedEntry>()
    var rotation: SessionKeyRotation
    var isLive = false
    var work: (set: WorkSet, offset: Int64) = (WorkSet(), -1)
    var awaitsQuiet = false
    var waiters: [Waiter] = []
    var isReady = false
    var isShuttingDown = false
    var hasFinishedShutdown = false
    var statusWritesUnderWay = 0
    var machineTimer: UInt64 = .max
    var keyTimer: UInt64 = 0
    var changing: [String] = []
    var connectorWrites = SortedTable<String, [ConnectorWrite]>()
    var serial: UInt64 = 0
    /// Things that will still happen here by themselves: nothing has settled before.
    var pending = 0

    // Its readers.
    var configPosition: Int64 = 0
    var statusPosition: Int64 = 0
    var isFetching = [false, false]
    var endWaiters: [(target: Int64, done: () -> Void)] = []
    var lastHop: [UInt64] = [0, 0]
    var lastAppend: UInt64 = 0
    var lag: Int

    // What the rules look at.
    var running: [SimulatedRun] = []
    var hasChanged = false
    var wasExpelledAt: UInt64?
    var saboteur: ClusterSaboteur

    init(
        number: Int, life: Int, mode: ConnectProtocolMode, settings: GroupMachine.Settings,
        membership: WorkerMachine.Settings, rotation: SessionKeyRotation, seed: UInt64, lag: Int,
        sabotage: ClusterSabotage?
    ) {
        self.number = number
        self.life = life
        self.mode = mode
        group = GroupMachine(settings: settings, seed: seed)
        watch = CoordinatorWatch(patience: settings.heartbeatInterval, sessionTimeout: settings.sessionTimeout)
        machine = WorkerMachine(settings: membership)
        statuses = StatusTable(workerID: "w\(number).\(life)")
        self.rotation = rotation
        self.lag = lag
        saboteur = ClusterSaboteur(sabotage)
    }

    var name: String { "w\(number).\(life)" }
}
