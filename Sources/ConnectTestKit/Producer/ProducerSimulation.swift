internal import FakeBroker
internal import KafkaClient

/// A producer's machine against a modelled cluster over a network that loses, delays and cuts, all from one seed.
///
/// Rules that must hold at the end of every run: each batch is completed exactly once; the log of each partition holds the
/// records of every acknowledged batch, at the offset that was reported, each record once and in the order in which the
/// application gave them. Records may stand twice only where the cluster refuses idempotence; batches may fail only in the
/// scenarios that make them fail.
package struct ProducerSimulation {
    /// What is special about a run.
    enum Scenario {
        /// Only faults that a producer gets over.
        case plain
        /// `delivery.timeout.ms` is short.
        case expiring
        /// A batch is tried a few times only.
        case impatient
        /// Brokers refuse some batches for good.
        case refusing
        /// A broker declares the producer dead.
        case fenced
        /// Brokers give no producer ids.
        case withoutIdempotence
    }

    /// A request on its way, with the batches as their headers stood when it was sent.
    struct Request {
        let number: Int
        let connection: Int
        let node: Int32
        let parts: [(slot: Int, batch: ModelBatch)]
    }

    /// What happens in the world.
    enum Event {
        case seal(slot: Int)
        case connected(node: Int32, connection: Int)
        case arrived(Request)
        case replicated(node: Int32, connection: Int, Request, answers: [ProduceAnswer], epochs: [Int32])
        case answered(Request, answers: [ProduceAnswer])
        case overdue(Request)
        case cut(node: Int32)
        case elect(slot: Int)
        case metadata(slot: Int, leader: Int32, epoch: Int32)
        case producerID(Int64)
        case producerIDFailed(Int16?)
        case throttle(node: Int32)
        case timer
        case jump
    }

    /// A client's connection to a node, with the broker's end of it.
    struct Link {
        var connection = 0
        var isOpen = false
        var waiting: [Request] = []
        /// Requests that the broker has not begun yet, in order; those of a cut connection may still be there.
        var inbox: [Request] = []
        var isBusy = false
        var lastArrival: UInt64 = 0
        var lastAnswer: UInt64 = 0
    }

    /// What the application gave.
    struct Batch {
        let slot: Int
        let firstRecord: Int
        let recordCount: Int32
        var header: ProducerStamp?
        var outcome: BatchOutcome?
        var isSplit = false
    }

    static let millisecond: UInt64 = 1_000_000

    let seed: UInt64
    let isTraced: Bool
    var random: SeededRandom
    var producer: SabotagedProducer
    var cluster: ClusterModel
    var queue = EventQueue<Event>()
    var links: [Link]
    var batches: [Batch] = []
    var nextRecord: [Int]
    var remaining: [Int]
    var now: UInt64 = 0
    var clockOffset: UInt64 = 0
    var timerAt: UInt64 = .max
    var isHealed = false
    let healingTime: UInt64
    let faultRate: Int
    let maximumRecords: Int32
    let scenario: Scenario
    var digest = Digest()
    var trace: [String] = []
    var failure: String?
    var steps = 0

    /// Plays one seed to its end.
    package static func run(seed: UInt64, sabotage: ProducerSabotage? = nil, isTraced: Bool = false)
        -> SimulationOutcome
    {
        var simulation = ProducerSimulation(seed: seed, sabotage: sabotage, isTraced: isTraced)
        simulation.play()
        return SimulationOutcome(
            seed: seed, digest: simulation.digest, failure: simulation.failure, trace: simulation.trace,
            steps: simulation.steps)
    }

    init(seed: UInt64, sabotage: ProducerSabotage?, isTraced: Bool) {
        self.seed = seed
        self.isTraced = isTraced
        random = SeededRandom(seed: seed)
        let nodeCount = 1 + random.below(3)
        let partitionCount = 1 + random.below(4)
        var configuration = ProducerMachine.Configuration()
        configuration.maxInFlight = 1 + random.below(5)
        configuration.maxRequestSize = 200 + random.below(1000)
        switch random.below(16) {
        case 0, 1: scenario = .expiring
        case 2, 3: scenario = .refusing
        case 4: scenario = .fenced
        case 5: scenario = .withoutIdempotence
        case 6, 7: scenario = .impatient
        default: scenario = .plain
        }
        if scenario == .impatient { configuration.retries = random.below(3) }
        configuration.deliveryTimeout = scenario == .expiring ? 6_000 * Self.millisecond : .max
        producer = SabotagedProducer(
            machine: ProducerMachine(configuration: configuration, seed: random.next()), sabotage: sabotage)
        cluster = ClusterModel(nodeCount: Int32(nodeCount), partitionCount: partitionCount)
        links = Array(repeating: Link(), count: nodeCount)
        nextRecord = Array(repeating: 0, count: partitionCount)
        remaining = (0..<partitionCount).map { _ in 0 }
        faultRate = random.below(5) * 4
        maximumRecords = random.below(4) == 0 ? 3 : 100
        healingTime = UInt64(5_000 + random.below(20_000)) * Self.millisecond
        for slot in remaining.indices {
            remaining[slot] = 5 + random.below(15)
            queue.push(.seal(slot: slot), at: delay(0, 50))
            queue.push(.metadata(slot: slot, leader: Int32(slot % nodeCount), epoch: 0), at: delay(0, 200))
        }
        scheduleFaults()
    }

    private mutating func scheduleFaults() {
        guard faultRate > 0 else { return }
        for _ in 0..<random.below(6) { queue.push(.elect(slot: random.below(remaining.count)), at: faultTime()) }
        for _ in 0..<random.below(6) { queue.push(.cut(node: Int32(random.below(links.count))), at: faultTime()) }
        for _ in 0..<random.below(2) { queue.push(.jump, at: faultTime()) }
        for _ in 0..<random.below(3) { queue.push(.throttle(node: Int32(random.below(links.count))), at: faultTime()) }
    }

    private mutating func faultTime() -> UInt64 { UInt64(random.below(3_000)) * Self.millisecond }

    /// Some milliseconds from now.
    mutating func delay(_ least: Int, _ most: Int) -> UInt64 {
        now + UInt64(least * 1000 + random.below((most - least) * 1000 + 1)) * 1000
    }

    /// Whether a fault of that many in a thousand, scaled by the run's own rate, strikes now.
    mutating func strikes(_ perMille: Int) -> Bool {
        let roll = random.below(1000)
        return !isHealed && roll < perMille * faultRate / 4
    }

    /// The client's clock.
    var clientNow: UInt64 { now + clockOffset }

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
        let limit = healingTime + 1_200_000 * Self.millisecond
        while failure == nil, let (time, event) = queue.pop() {
            now = max(now, time)
            if now >= healingTime { isHealed = true }
            steps += 1
            guard steps < 200_000, now < limit else {
                break_("the run does not come to an end")
                break
            }
            handle(event)
            carryOut()
            if isFinished { break }
        }
        if failure == nil { checkLogs() }
    }

    private var isFinished: Bool {
        for count in remaining where count > 0 { return false }
        return producer.machine.outstanding == 0
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .seal(let slot): seal(slot)
        case .connected(let node, let connection): connected(node, connection)
        case .arrived(let request): arrived(request)
        case .replicated(let node, let connection, let request, let answers, let epochs):
            replicated(node, connection, request, answers, epochs)
        case .answered(let request, let answers): answered(request, answers)
        case .overdue(let request): overdue(request)
        case .cut(let node): if !isHealed { cut(node) }
        case .elect(let slot): if !isHealed { elect(slot) }
        case .metadata(let slot, let leader, let epoch):
            producer.machine.leaderChanged(slot: slot, node: leader, epoch: epoch, now: clientNow)
        case .producerID(let id):
            producer.machine.producerIDReceived(ProducerIdentity(id: id, epoch: 0), now: clientNow)
        case .producerIDFailed(let code):
            producer.machine.producerIDFailed(errorCode: code, isUnsupported: false, now: clientNow)
        case .throttle(let node):
            let until = clientNow + UInt64(random.below(2000)) * Self.millisecond
            producer.machine.nodeThrottled(node, until: until, now: clientNow)
        case .timer:
            timerAt = .max
            producer.machine.timePassed(now: clientNow)
        case .jump:
            clockOffset += UInt64(random.below(60_000)) * Self.millisecond
            producer.machine.timePassed(now: clientNow)
        }
    }

    private mutating func seal(_ slot: Int) {
        guard remaining[slot] > 0 else { return }
        remaining[slot] -= 1
        let count = Int32(1 + random.below(6))
        let batch = add(slot: slot, firstRecord: nextRecord[slot], count: count)
        nextRecord[slot] += Int(count)
        note("seal \(batch.id) of partition \(slot), \(count) records")
        producer.machine.batchSealed(batch, now: clientNow)
        if remaining[slot] > 0 { queue.push(.seal(slot: slot), at: delay(0, random.below(4) == 0 ? 600 : 20)) }
    }

    mutating func add(slot: Int, firstRecord: Int, count: Int32) -> ProducerBatch {
        batches.append(Batch(slot: slot, firstRecord: firstRecord, recordCount: count))
        return ProducerBatch(
            id: batches.count - 1, slot: slot, recordCount: count, byteCount: 40 + 30 * Int(count),
            createdAt: clientNow)
    }

    // MARK: - What the machine wants

    private mutating func carryOut() {
        var actions = producer.takeActions()
        while !actions.isEmpty {
            for action in actions { carryOut(action) }
            actions = producer.takeActions()
        }
        guard let deadline = producer.machine.nextDeadline(now: clientNow) else { return }
        let wanted = max(deadline > clockOffset ? deadline - clockOffset : now, now)
        guard wanted < timerAt else { return }
        timerAt = wanted
        queue.push(.timer, at: wanted)
    }

    private mutating func carryOut(_ action: ProducerAction) {
        digest.add(clientNow)
        digest.take(action)
        note("  → \(action)")
        switch action {
        case .send(let command): send(command)
        case .requestProducerID: requestProducerID()
        case .connect(let node): connect(node)
        case .refreshMetadata(let slot): refreshMetadata(slot)
        case .complete(let batch, let outcome): complete(batch, outcome)
        case .split(let batch): split(batch)
        case .failed(let reason): if scenario != .fenced { break_("the producer failed: \(reason)") }
        case .idempotenceDisabled, .epochRaised, .closed: break
        }
    }

    private mutating func requestProducerID() {
        if scenario == .withoutIdempotence {
            queue.push(.producerIDFailed(31), at: delay(1, 50))
        } else if strikes(100) {
            queue.push(.producerIDFailed(random.below(2) == 0 ? nil : 14), at: delay(1, 500))
        } else {
            queue.push(.producerID(cluster.makeProducerID()), at: delay(1, 50))
        }
    }

    private mutating func refreshMetadata(_ slot: Int) {
        let partition = cluster.partitions[slot]
        if strikes(100) {
            queue.push(
                .metadata(slot: slot, leader: partition.leader, epoch: partition.leaderEpoch), at: delay(200, 900))
            return
        }
        queue.push(.metadata(slot: slot, leader: partition.leader, epoch: partition.leaderEpoch), at: delay(1, 100))
    }

    private mutating func complete(_ number: Int, _ outcome: BatchOutcome) {
        guard batches.indices.contains(number) else { return break_("batch \(number) was never given") }
        guard batches[number].outcome == nil, !batches[number].isSplit else {
            return break_("batch \(number) was completed twice")
        }
        batches[number].outcome = outcome
    }

    private mutating func split(_ number: Int) {
        let whole = batches[number]
        guard producer.machine.awaitsSplit(number, slot: whole.slot) else { return }
        batches[number].isSplit = true
        var parts: [ProducerBatch] = []
        var first = whole.firstRecord
        let end = whole.firstRecord + Int(whole.recordCount)
        while first < end {
            let count = Int32(min(2, end - first))
            parts.append(add(slot: whole.slot, firstRecord: first, count: count))
            first += Int(count)
        }
        producer.machine.batchSplit(number, slot: whole.slot, into: parts, now: clientNow)
    }
}
