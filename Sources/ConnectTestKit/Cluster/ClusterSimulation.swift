internal import ClusterCore
internal import ConnectModel
internal import FakeBroker
internal import KafkaClient

/// Whole workers of one cluster, three to five of them, over a network that loses, delays and cuts: their group, their config
/// and status topics, their connectors and tasks, all from one seed.
///
/// Rules that hold at every moment: two workers whose process runs, whose session gate is open and whom the coordinator
/// counts as members never run the same connector or task, save that one of them was told to stop it; one that the
/// coordinator has put out runs on for the session timeout at most (its gate is shut then); a gate is not open again before the
/// tasks that were taken away after a lost membership have stopped; no task starts that was committed behind the config offset
/// of the assignment; what a client is told as done is in the config topic, and the worker that tells has read it. And at the end, when the faults are over: within bounded time the group
/// settles, every connector and task that is configured runs exactly once and nothing else does, the last status of each is its
/// holder's, few statuses were written since, numbers of connectors and
/// of tasks differ by one at most between workers, the last wish of a client for each connector that was told as done holds where no
/// other can have overtaken it, tasks are those of the newest configuration; where nothing went wrong,
/// within three rounds of the last change.
package final class ClusterSimulation {
    static let millisecond: UInt64 = 1_000_000
    static let groupID = "cluster"
    static let sessionTimeout = 2_000 * millisecond
    static let heartbeat = 500 * millisecond
    /// As many are printed of a seed that fails.
    private static let lastEvents = 30
    /// Statuses that may be written once nothing fails any more: workers that contradict one another write without end.
    static let statusLimit: Int64 = 400
    /// Rounds that a change may cost where nothing fails, and the end of a delay that a member left behind before it.
    static let roundLimit: (change: Int32, delay: Int32) = (3, 2)
    /// How long the end may take, in the simulated world: failed offers of task configurations wait long between attempts.
    static let settlingTime = 120_000 * millisecond

    let seed: UInt64
    let isTraced: Bool
    let sabotage: ClusterSabotage?
    var random: SeededRandom
    var queue = EventQueue<Event>()
    var now: UInt64 = 1_000_000_000
    var isHealed = false
    let healingTime: UInt64
    let hasFaults: Bool
    let lossRate: Int
    let delaySetting: Int32
    let modes: [ConnectProtocolMode]

    var coordinator = 0
    var coordinatorUpAt: UInt64 = 0
    var coordinatorLoadedAt: UInt64 = 0
    var group = GroupModel(groupID: ClusterSimulation.groupID, initialDelay: 50 * ClusterSimulation.millisecond)
    var groupTimer: UInt64 = .max
    var calls: [UInt64: GroupCall] = [:]
    var lastTicket: UInt64 = 0
    /// By its number; the present life of each.
    var workers: [SimulatedWorker?] = []
    var lives: [Int] = []
    var config = SimulatedTopic<ConfigLogRecord>()
    var statuses = SimulatedTopic<StatusRecord>()
    /// The end of the status topic when the faults were over.
    var statusesBeforeHealing: Int64 = 0
    /// What the config topic says, records that were compacted away among it.
    var truth = ConfigLogMachine()
    /// All that was ever written to it.
    var history: [(offset: Int64, record: ConfigLogRecord)] = []
    var wishes = SortedTable<String, WishLedger>()
    /// How far the wall clock is from the monotonic one, in milliseconds.
    var clockOffset: Int64 = 1_700_000_000_000
    var configVersion = 0
    var changesUnderWay = 0
    /// The generation after which rounds count as caused by the last change.
    var changedInGeneration: Int32 = 0
    var lastGeneration: Int32 = 0
    var changes = 0
    /// What had come to be when all was settled last, and before the changes whose rounds are counted.
    var settled: (generation: Int32, changes: Int) = (0, 0)
    var counted: (generation: Int32, changes: Int) = (0, 0)
    var digest = Digest()
    var trace: [String] = []
    var failure: String?
    var steps = 0
    /// How many last wishes were looked at in the end.
    var judged = 0

    /// Something that happens: in a worker's process, which may stand still or be gone, or in the world.
    struct Event {
        let worker: SimulatedWorker?
        let job: () -> Void
    }

    /// Plays one seed to its end.
    package static func run(
        seed: UInt64, sabotage: ClusterSabotage? = nil, isTraced: Bool = false
    ) -> SimulationOutcome {
        let simulation = ClusterSimulation(seed: seed, sabotage: sabotage, isTraced: isTraced)
        simulation.play()
        if let failure = simulation.failure, !isTraced {
            // Once more, to tell what came before.
            let told = run(seed: seed, sabotage: sabotage, isTraced: true)
            simulation.failure = ([failure] + told.trace.suffix(lastEvents)).joined(separator: "\n    ")
        }
        // Events and waiters hold on to the simulation that holds them.
        simulation.queue = EventQueue()
        for worker in simulation.workers { worker.map(simulation.discard) }
        simulation.calls = [:]
        return SimulationOutcome(
            seed: seed, digest: simulation.digest, failure: simulation.failure, trace: simulation.trace,
            steps: simulation.steps, judged: simulation.judged)
    }

    init(seed: UInt64, sabotage: ClusterSabotage?, isTraced: Bool) {
        self.seed = seed
        self.isTraced = isTraced
        self.sabotage = sabotage
        random = SeededRandom(seed: seed)
        hasFaults = random.below(4) > 0
        lossRate = hasFaults ? random.below(4) * 10 : 0
        delaySetting = random.below(2) == 0 ? 0 : Int32(500 + random.below(2_500))
        healingTime = now + UInt64(4_000 + random.below(6_000)) * Self.millisecond
        let count = 3 + random.below(3)
        let mode = ConnectProtocolMode.allCases[[0, 1, 2, 2][random.below(4)]]
        let isMixed = random.below(5) == 0
        var modes: [ConnectProtocolMode] = []
        for _ in 0..<count { modes.append(isMixed ? ConnectProtocolMode.allCases[random.below(3)] : mode) }
        self.modes = modes
        workers = Array(repeating: nil, count: count)
        lives = Array(repeating: 0, count: count)
        plan()
    }

    var wallMilliseconds: Int64 { Int64(now / Self.millisecond) + clockOffset }

    // MARK: - Time

    /// Some milliseconds from now.
    func delay(_ least: Int, _ most: Int) -> UInt64 {
        now + UInt64(least * 1000 + random.below((most - least) * 1000 + 1)) * 1000
    }

    /// Whether something goes wrong now that does so that many times in a thousand.
    func strikes(_ perMille: Int) -> Bool {
        guard hasFaults, perMille > 0 else { return false }
        return random.below(1000) < perMille && !isHealed
    }

    /// In the world.
    func at(_ time: UInt64, _ job: @escaping () -> Void) { queue.push(Event(worker: nil, job: job), at: time) }

    /// In a worker's process: not before it runs, and never when it is gone.
    func at(_ time: UInt64, on worker: SimulatedWorker, _ job: @escaping () -> Void) {
        queue.push(Event(worker: worker, job: job), at: max(time, now))
    }

    func note(_ text: @autoclosure () -> String) {
        guard isTraced else { return }
        trace.append("\(now / 1000) µs  \(text())")
    }

    func break_(_ rule: String) {
        if failure == nil { failure = rule }
        note("BROKEN: \(rule)")
    }

    // MARK: - The run

    private func play() {
        while failure == nil, let (time, event) = queue.pop() {
            now = max(now, time)
            steps += 1
            guard now < healingTime + Self.settlingTime, steps < 400_000 else {
                break_("the cluster does not settle: \(problem ?? "it does not stay so"); \(standing)")
                break
            }
            guard let worker = event.worker else {
                event.job()
                continue
            }
            guard worker.isAlive else { continue }
            if now < worker.stalledUntil {
                queue.push(event, at: worker.stalledUntil)
                continue
            }
            event.job()
            if worker.isAlive { turnEnded(worker) }
            digest.add(now)
            digest.add(worker.number)
            checkOverlap(worker)
            if !hasFaults { countRounds() }
            if isHealed, problem == nil { return finished() }
        }
    }

    /// Each time that all is settled where nothing goes wrong: rounds that follow without another change count with those before.
    private func countRounds() {
        guard settled != (group.generation, changes), problem == nil else { return }
        if changes > settled.changes { counted = settled }
        settled = (group.generation, changes)
        let rounds = group.generation - counted.generation
        let most = Self.roundLimit.change * Int32(max(1, changes - counted.changes))
        guard rounds > most + (delaySetting > 0 ? Self.roundLimit.delay : 0) else { return }
        break_("it took \(rounds) rounds to settle after \(changes - counted.changes) changes; \(standing)")
    }

    private func finished() {
        note("settled in generation \(group.generation)")
        digest.add(Int(group.generation))
        let told = statuses.end - statusesBeforeHealing
        judged = keptWishes
        if let unkeptWish { break_(unkeptWish) }
        if told > Self.statusLimit { break_("\(told) statuses were written after the faults") }
        // A change costs rounds of its own, and a fault the rounds of leaving and coming back.
        if group.generation > Int32(20 + 8 * changes) {
            break_("\(group.generation) rounds for \(changes) changes")
        }
    }

    /// Lets go of what holds on to the simulation.
    func discard(_ worker: SimulatedWorker) {
        worker.isAlive = false
        worker.requests = [:]
        worker.endWaiters = []
        worker.appends = []
        worker.leaving = []
    }

    /// A client, a fault, or a worker that came or went changed something that has to lead to rounds of the group.
    func changed() {
        changes += 1
        changedInGeneration = group.generation
        if case .preparing = group.state { changedInGeneration += 1 }
    }
}
