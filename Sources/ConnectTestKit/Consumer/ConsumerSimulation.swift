internal import FakeBroker
internal import KafkaClient
internal import KafkaProtocol

/// One to three consumers of one group, with their applications, against a modelled cluster over a network that loses,
/// delays and cuts, all from one seed.
///
/// Rules that hold at every moment: an application sees the records of a partition in order and without a gap from where
/// it was told to start, which is never beyond what was committed; nothing is committed that no application has seen; two
/// applications hold one partition only while one of them is no member any more. And at the end, when the faults are
/// over: the group settles, each partition is held once, and everything is seen and committed.
package struct ConsumerSimulation {
    /// A request under way.
    struct Call {
        /// Which request, with the token of its machine.
        enum Kind {
            case join(token: UInt64, JoinGroupRequest)
            case sync(token: UInt64, SyncGroupRequest)
            case heartbeat(token: UInt64, HeartbeatRequest)
            case leave(token: UInt64, LeaveGroupRequest)
            case commit(token: UInt64, OffsetCommitRequest)
            case committed(token: UInt64, OffsetFetchRequest)
            case fetch(token: UInt64, FetchPlan)
            case offsets(token: UInt64, [OffsetQuestion])
            case epochs(token: UInt64, [EpochQuestion])
        }

        let number: UInt64
        let member: Int
        let life: Int
        /// The broker it goes to, -1 for the coordinator, whoever that is on arrival.
        var node: Int32
        let kind: Kind
    }

    /// What comes back for a call.
    enum Answer {
        case group(GroupModel.Reply)
        /// The coordinator has moved away.
        case moved(Int16)
        case fetch(FetchModel.Answer)
        case offsets([ListedOffset])
        case epochs([EpochEnd])
        case fault
    }

    /// What happens in the world.
    enum Event {
        case produce(Int)
        case replicate(Int, Int64)
        case elect(Int)
        case sessionsDropped(Int32)
        case coordinatorMoves
        case arrived(UInt64)
        case answered(UInt64, Answer)
        case parked(UInt64)
        case metadata(member: Int, life: Int, leaders: [(Int32, Int32)])
        case groupTimer
        case timer(member: Int, life: Int)
        case lane(member: Int, life: Int)
        case commitTick(member: Int, life: Int)
        case start(Int)
        case close(Int)
        case crash(Int)
        case stall(Int)
        case stallLane(Int)
        case heal
    }

    /// A consumer process.
    struct Member {
        var life = 0
        var isAlive = false
        var isClosing = false
        var machine = ConsumerMachine(settings: ConsumerMachine.Settings(), seed: 0)
        var saboteur = ConsumerSaboteur(nil)
        var lane = SimulatedLane()
        var leaders: [(Int32, Int32)] = []
        var coordinator: Int32?
        var timerAt: UInt64 = .max
        var stalledUntil: UInt64 = 0
        /// Requests to the coordinator arrive in the order in which they were sent.
        var lastArrival: UInt64 = 0
    }

    static let millisecond: UInt64 = 1_000_000
    static let groupID = "group"

    let seed: UInt64
    let isTraced: Bool
    let sabotage: ConsumerSabotage?
    var random: SeededRandom
    var queue = EventQueue<Event>()
    var now: UInt64 = 0
    var isHealed = false
    let healingTime: UInt64
    let isCooperative: Bool
    let usesTopicIDs: Bool
    let lossRate: Int

    let slots: [TopicPartition]
    var partitions: [PartitionModel] = []
    var brokers: [FetchModel] = []
    var group = GroupModel(groupID: ConsumerSimulation.groupID, initialDelay: 50 * ConsumerSimulation.millisecond)
    var groupTimerAt: UInt64 = .max
    var coordinator: Int32 = 0
    var coordinatorReadyAt: UInt64 = 0
    var calls: [UInt64: Call] = [:]
    var tickets: [UInt64: UInt64] = [:]
    var nextNumber: UInt64 = 1
    /// Fetches that wait for data, in the order of their coming.
    var waiting: [(call: UInt64, node: Int32, order: FetchModel.Order)] = []
    /// Up to where the records of each partition were seen by an application without a gap.
    var seen: [Int64] = []
    var members: [Member] = []
    var remaining: [Int] = []
    var payload = 0
    var digest = Digest()
    var trace: [String] = []
    var failure: String?
    var steps = 0

    /// Plays one seed to its end.
    package static func run(
        seed: UInt64, sabotage: ConsumerSabotage? = nil, isTraced: Bool = false
    ) -> SimulationOutcome {
        var simulation = ConsumerSimulation(seed: seed, sabotage: sabotage, isTraced: isTraced)
        simulation.play()
        return SimulationOutcome(
            seed: seed, digest: simulation.digest, failure: simulation.failure, trace: simulation.trace,
            steps: simulation.steps)
    }

    init(seed: UInt64, sabotage: ConsumerSabotage?, isTraced: Bool) {
        self.seed = seed
        self.isTraced = isTraced
        self.sabotage = sabotage
        random = SeededRandom(seed: seed)
        isCooperative = random.below(2) == 0
        usesTopicIDs = random.below(2) == 0
        lossRate = random.below(4) * 12
        healingTime = UInt64(3_000 + random.below(5_000)) * Self.millisecond
        let nodes = 1 + random.below(3)
        var slots: [TopicPartition] = []
        for topic in ["a", "b"] {
            for number in 0..<(1 + random.below(3)) { slots.append(TopicPartition(topic, Int32(number))) }
        }
        self.slots = slots
        for number in 0..<nodes { brokers.append(FetchModel(node: Int32(number))) }
        for slot in slots.indices {
            partitions.append(PartitionModel(leader: Int32(slot % nodes)))
            seen.append(0)
            remaining.append(3 + random.below(12))
            queue.push(.produce(slot), at: delay(0, 800))
        }
        members = Array(repeating: Member(), count: 1 + random.below(3))
        for member in members.indices { queue.push(.start(member), at: delay(0, member == 0 ? 100 : 2_000)) }
        queue.push(.heal, at: healingTime)
        scheduleFaults()
    }

    private mutating func scheduleFaults() {
        guard lossRate > 0 else { return }
        func some(_ most: Int, _ random: inout SeededRandom) -> Range<Int> { 0..<random.below(most + 1) }
        for _ in some(3, &random) { queue.push(.elect(random.below(slots.count)), at: faultTime()) }
        for _ in some(1, &random) { queue.push(.coordinatorMoves, at: faultTime()) }
        for _ in some(2, &random) { queue.push(.sessionsDropped(Int32(random.below(brokers.count))), at: faultTime()) }
        for _ in some(1, &random) { queue.push(.close(random.below(members.count)), at: faultTime()) }
        for _ in some(1, &random) { queue.push(.crash(random.below(members.count)), at: faultTime()) }
        for _ in some(1, &random) { queue.push(.stall(random.below(members.count)), at: faultTime()) }
        for _ in some(1, &random) { queue.push(.stallLane(random.below(members.count)), at: faultTime()) }
    }

    private mutating func faultTime() -> UInt64 {
        UInt64(200 + random.below(Int(healingTime / Self.millisecond) - 200)) * Self.millisecond
    }

    /// Some milliseconds from now.
    mutating func delay(_ least: Int, _ most: Int) -> UInt64 {
        now + UInt64(least * 1000 + random.below((most - least) * 1000 + 1)) * 1000
    }

    /// Whether something goes wrong now that does so that many times in a thousand.
    mutating func strikes(_ perMille: Int) -> Bool {
        let roll = random.below(1000)
        return !isHealed && roll < perMille
    }

    mutating func note(_ text: @autoclosure () -> String) {
        guard isTraced else { return }
        trace.append("\(now / 1000) µs  \(text())")
    }

    mutating func break_(_ rule: String) {
        if failure == nil { failure = rule }
        note("BROKEN: \(rule)")
    }

    // MARK: - The run

    private mutating func play() {
        let limit = healingTime + 60_000 * Self.millisecond
        while failure == nil, let (time, event) = queue.pop() {
            now = max(now, time)
            steps += 1
            guard now < limit, steps < 100_000 else {
                break_("the group does not settle: \(standing)")
                break
            }
            handle(event)
            if isHealed, isSettled { break }
        }
    }

    private var standing: String {
        var text = "group \(group.state), generation \(group.generation)"
        for (number, member) in members.enumerated() where member.isAlive {
            let held = member.lane.held.map { "\($0.id)@\($0.next)/\($0.committed)" }.joined(separator: " ")
            text += "; member \(number) \(String(describing: member.machine.groupState)) holds \(held)"
        }
        for (slot, id) in slots.enumerated() {
            let committed = group.committedOffset(id.topic, id.partition) ?? -1
            text += "; \(id) ends at \(partitions[slot].endOffset), replicated \(partitions[slot].highWatermark)"
            text += ", seen \(seen[slot]), committed \(committed), to come \(remaining[slot])"
        }
        return text
    }

    /// Whether everything that was produced is seen and committed, and each partition is held by one application.
    private var isSettled: Bool {
        guard group.state == .stable else { return false }
        for slot in slots.indices {
            guard remaining[slot] == 0, partitions[slot].highWatermark == partitions[slot].endOffset,
                seen[slot] == partitions[slot].endOffset,
                group.committedOffset(slots[slot].topic, slots[slot].partition) == partitions[slot].endOffset
            else { return false }
            var holders = 0
            for member in members where member.isAlive {
                holders += member.lane.held.contains { $0.slot == slot } ? 1 : 0
            }
            guard holders == 1 else { return false }
        }
        return true
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .produce(let slot): produce(slot)
        case .replicate(let slot, let offset):
            partitions[slot].replicate(to: offset)
            wakeFetches()
        case .elect(let slot):
            let node = Int32(random.below(brokers.count))
            let id = slots[slot]
            note("node \(node) leads \(id)")
            partitions[slot].elect(node)
            wakeFetches()
        case .sessionsDropped(let node): brokers[Int(node)].dropSessions()
        case .coordinatorMoves: moveCoordinator()
        case .arrived(let number): arrived(number)
        case .answered(let number, let answer): answered(number, answer)
        case .parked(let number): unpark(number)
        case .metadata(let member, let life, let leaders): metadataCame(member, life, leaders)
        case .groupTimer:
            groupTimerAt = .max
            group.advance(to: now)
            answerGroup()
        case .timer(let member, let life):
            guard isAlive(member, life), !isStalled(member, event) else { return }
            members[member].timerAt = .max
            carryOut(member, members[member].machine.advance(to: instant))
        case .lane(let member, let life):
            guard isAlive(member, life), !isStalled(member, event), !isLaneStalled(member, event) else { return }
            members[member].lane.isScheduled = false
            runLane(member)
        case .commitTick(let member, let life):
            guard isAlive(member, life), !isStalled(member, event), !isLaneStalled(member, event) else { return }
            commitTick(member)
            queue.push(event, at: now + 300 * Self.millisecond)
        case .start(let member): start(member)
        case .close(let member): if !isHealed { close(member) }
        case .crash(let member): if !isHealed { crash(member) }
        case .stall(let member):
            guard !isHealed else { return }
            members[member].stalledUntil = delay(500, 6_000)
            note("member \(member) stands still")
        case .stallLane(let member):
            guard !isHealed else { return }
            members[member].lane.stalledUntil = delay(500, 6_000)
            note("the application of member \(member) stands still")
        case .heal:
            isHealed = true
            for member in members.indices where !members[member].isAlive { queue.push(.start(member), at: now) }
        }
    }

    var instant: Instant { Instant(monotonic: now, wall: Int64(now / Self.millisecond)) }

    func isAlive(_ member: Int, _ life: Int) -> Bool { members[member].isAlive && members[member].life == life }

    /// Whether the process stands still; the event then waits.
    mutating func isStalled(_ member: Int, _ event: Event) -> Bool {
        guard now < members[member].stalledUntil else { return false }
        queue.push(event, at: members[member].stalledUntil)
        return true
    }

    private mutating func isLaneStalled(_ member: Int, _ event: Event) -> Bool {
        guard now < members[member].lane.stalledUntil else { return false }
        queue.push(event, at: members[member].lane.stalledUntil)
        return true
    }

    // MARK: - The cluster

    private mutating func produce(_ slot: Int) {
        guard remaining[slot] > 0 else { return }
        if partitions[slot].leader >= 0 {
            remaining[slot] -= 1
            payload += 1
            let batch = ModelBatch(
                recordCount: Int32(1 + random.below(5)), producerID: -1, producerEpoch: -1, baseSequence: -1,
                payload: payload)
            _ = partitions[slot].append(batch)
            queue.push(.replicate(slot, partitions[slot].endOffset), at: delay(0, 30))
        }
        // What an election cut off is not made up for, but the last batch must not be lost to it.
        if remaining[slot] > 0 { queue.push(.produce(slot), at: delay(0, 400)) }
    }

    private mutating func moveCoordinator() {
        coordinator = Int32(random.below(brokers.count))
        coordinatorReadyAt = delay(0, 300)
        let node = coordinator
        note("node \(node) coordinates")
        group.moved(now: now)
        answerGroup()
    }

    func slot(of id: TopicPartition) -> Int? { slots.firstIndex(of: id) }
}
