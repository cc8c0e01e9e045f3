/// All decisions of a producer: which batch goes to which broker when, with which sequence, and what each answer means.
///
/// Pure: it is told what happened and when, and leaves what must be done in `actions`, to be carried out in order. It holds
/// no bytes, opens nothing, reads no clock. Partitions and batches are numbers that the driver gives out. After
/// `kafka-client.md` §7; sources of the rules: KIP-98, KIP-360, KIP-794, KIP-951 and Java's Sender and TransactionManager.
///
/// A batch goes queued → on the wire → acknowledged, failed, or queued again in front of all later ones. Its sequence is
/// given when it is first sent and then stays, with its bytes, through every retry; only when a batch is known to be
/// missing from the log for good does the partition start anew under a higher epoch.
package struct ProducerMachine {
    /// The part of the settings that decides anything here.
    package struct Configuration: Sendable {
        package var isIdempotent = true
        /// A broker's refusal is an error instead of a fallback.
        package var isIdempotenceRequired = false
        package var maxInFlight = 5
        package var maxRequestSize = 1_048_576
        package var retries = Int(Int32.max)
        package var retryBackoff = Backoff(initial: 100_000_000, maximum: 1_000_000_000)
        package var deliveryTimeout: UInt64 = 120_000_000_000

        package init() {}
    }

    /// How far we are with the producer id.
    enum Identity: Equatable {
        /// None is wanted.
        case disabled
        /// To be asked for when there is something to send.
        case needed
        case requested
        case waiting(until: UInt64)
        case ready(ProducerIdentity)
    }

    struct Node {
        let id: Int32
        var isReady = false
        var isConnectAsked = false
        var inFlight = 0
        var throttledUntil: UInt64 = 0
        /// Place in `active` where the next request begins, so that no partition starves.
        var rotation = 0
    }

    struct InFlight {
        let request: Int
        let node: Int32
        let parts: [ProduceCommand.Part]
    }

    var configuration: Configuration
    var identity: Identity
    var identityFailures = 0
    var partitions: [ProducerPartition] = []
    /// Slots with batches, in the order in which they became so.
    var active: [Int] = []
    /// Ascending by id.
    var nodes: [Node] = []
    var inFlight: [InFlight] = []
    var random: SeededRandom
    var lastRequest = 0
    /// Batches that were given to the machine and not completed.
    package internal(set) var outstanding = 0
    var failure: ProducerFailure?
    /// Nothing may be sent for now; batches queue.
    package internal(set) var isHeld = false
    var isClosing = false
    var isClosedReported = false

    /// What to do, in order. The driver takes them after each call.
    package internal(set) var actions: [ProducerAction] = []

    package init(configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        identity = configuration.isIdempotent ? .needed : .disabled
        random = SeededRandom(seed: seed)
    }

    /// Hands the actions over and forgets them.
    package mutating func takeActions() -> [ProducerAction] {
        var taken: [ProducerAction] = []
        swap(&taken, &actions)
        return taken
    }

    /// Whether batches of a partition wait to be sent, behind others or for a leader.
    package func hasQueued(slot: Int) -> Bool {
        slot < partitions.count && partitions[slot].entries.count > partitions[slot].wireCount
    }

    // MARK: - What happened

    /// The lane sealed a batch.
    package mutating func batchSealed(_ batch: ProducerBatch, now: UInt64) {
        outstanding += 1
        ensurePartition(batch.slot)
        if let refused = failure ?? refusal(of: batch.slot) ?? (isClosing ? ProducerFailure(.closed) : nil) {
            complete(batch.id, .failed(refused))
            return
        }
        partitions[batch.slot].append(batch, deadline: adding(configuration.deliveryTimeout, to: batch.createdAt))
        if !partitions[batch.slot].isActive {
            partitions[batch.slot].isActive = true
            active.append(batch.slot)
        }
        if partitions[batch.slot].leader < 0 { actions.append(.refreshMetadata(slot: batch.slot)) }
        requestIdentityIfNeeded(now: now)
        send(now: now)
    }

    /// Metadata names a leader (-1: none at the moment). The same leader again is harmless.
    package mutating func leaderChanged(slot: Int, node: Int32, epoch: Int32, now: UInt64) {
        ensurePartition(slot)
        partitions[slot].goneUntil = nil
        setLeader(slot: slot, node: node, epoch: epoch)
        if node < 0, partitions[slot].entries.count > 0 { actions.append(.refreshMetadata(slot: slot)) }
        send(now: now)
    }

    /// The topic was made anew under the same name: its log knows nothing of us.
    package mutating func topicRecreated(slot: Int, now: UInt64) {
        ensurePartition(slot)
        partitions[slot].leaderEpoch = -1
        partitions[slot].window = 1
        send(now: now)
    }

    /// The topic has no such partition any more: it was made anew with fewer. What is queued for it waits until `deadline`, lest
    /// a broker was asked that is behind, and fails then.
    package mutating func partitionGone(slot: Int, until deadline: UInt64) {
        ensurePartition(slot)
        guard partitions[slot].goneUntil == nil else { return }
        partitions[slot].goneUntil = deadline
        partitions[slot].leader = -1
        partitions[slot].leaderEpoch = -1
        if partitions[slot].entries.count > 0 { actions.append(.refreshMetadata(slot: slot)) }
    }

    /// Metadata refuses the topic for good (17, 29): what is queued fails, until a leader is named again.
    package mutating func topicRefused(slot: Int, errorCode: Int16, now: UInt64) {
        ensurePartition(slot)
        partitions[slot].refusal = errorCode
        let failure = ProducerFailure(.broker, errorCode: errorCode)
        while let index = partitions[slot].firstQueued() { giveUp(slot, index, failure) }
        settle(slot, now: now)
        send(now: now)
    }

    /// A node can take requests.
    package mutating func nodeReady(_ id: Int32, now: UInt64) {
        let place = ensureNode(id)
        nodes[place].isReady = true
        nodes[place].isConnectAsked = false
        send(now: now)
    }

    /// A node cannot take requests any more; requests on their way to it are reported one by one.
    package mutating func nodeUnready(_ id: Int32, now: UInt64) {
        let place = ensureNode(id)
        nodes[place].isReady = false
        nodes[place].isConnectAsked = false
        send(now: now)
    }

    /// A connection was asked for to a node that the metadata does not name: it is asked for again with the next event, at
    /// the latest with the next metadata.
    package mutating func nodeUnknown(_ id: Int32) {
        nodes[ensureNode(id)].isConnectAsked = false
    }

    /// A broker asked for silence (KIP-219).
    package mutating func nodeThrottled(_ id: Int32, until: UInt64, now: UInt64) {
        let place = ensureNode(id)
        nodes[place].throttledUntil = max(nodes[place].throttledUntil, until)
        send(now: now)
    }

    /// Whether a batch is still to be cut: it may have been given up between the action and its turn.
    package func awaitsSplit(_ batch: Int, slot: Int) -> Bool {
        guard partitions.indices.contains(slot), let index = partitions[slot].index(of: batch) else { return false }
        return partitions[slot][index].place == .splitting
    }

    /// The driver cut a batch that was too large. An empty list, or the batch alone, means that it cannot be cut.
    package mutating func batchSplit(_ batch: Int, slot: Int, into parts: [ProducerBatch], now: UInt64) {
        guard let index = partitions.indices.contains(slot) ? partitions[slot].index(of: batch) : nil else { return }
        guard parts.count > 1 else {
            return splitFailed(batch, slot: slot, ProducerFailure(.tooLarge, errorCode: 10), now: now)
        }
        outstanding += parts.count - 1
        partitions[slot].replace(at: index, with: parts)
        send(now: now)
    }

    /// The driver could not cut a batch that was too large.
    package mutating func splitFailed(_ batch: Int, slot: Int, _ reason: ProducerFailure, now: UInt64) {
        guard let index = partitions.indices.contains(slot) ? partitions[slot].index(of: batch) : nil else { return }
        giveUp(slot, index, reason)
        settle(slot, now: now)
        send(now: now)
    }

    /// Time has come to `nextDeadline`.
    package mutating func timePassed(now: UInt64) {
        expire(now: now)
        requestIdentityIfNeeded(now: now)
        send(now: now)
    }

    /// Takes no more batches; `.closed` follows once all are answered.
    package mutating func close(now: UInt64) {
        guard !isClosing else { return }
        isClosing = true
        reportClosed()
    }

    /// Gives up everything that is not answered; `.closed` follows.
    package mutating func abort(now: UInt64) {
        isClosing = true
        failAll(ProducerFailure(.closed))
        reportClosed()
    }

    /// When `timePassed` must be called at the latest; nil when nothing waits for time.
    package func nextDeadline(now: UInt64) -> UInt64? {
        var earliest = UInt64.max
        if outstanding > 0, case .waiting(let until) = identity { earliest = min(earliest, until) }
        for slot in active {
            guard let first = firstLive(slot) else { continue }
            earliest = min(earliest, first.deadline)
            if let gone = partitions[slot].goneUntil, partitions[slot].firstQueued() != nil {
                earliest = min(earliest, gone)
            }
            let backoff = partitions[slot].backoffUntil
            if backoff > now { earliest = min(earliest, backoff) }
            if let place = nodeIndex(partitions[slot].leader), nodes[place].throttledUntil > now {
                earliest = min(earliest, nodes[place].throttledUntil)
            }
        }
        return earliest == .max ? nil : earliest
    }

    // MARK: - Bookkeeping

    mutating func ensurePartition(_ slot: Int) {
        while partitions.count <= slot { partitions.append(ProducerPartition()) }
    }

    func nodeIndex(_ id: Int32) -> Int? {
        nodes.firstIndex { $0.id == id }
    }

    mutating func ensureNode(_ id: Int32) -> Int {
        if let place = nodeIndex(id) { return place }
        let place = nodes.firstIndex { $0.id > id } ?? nodes.count
        nodes.insert(Node(id: id), at: place)
        return place
    }

    mutating func setLeader(slot: Int, node: Int32, epoch: Int32) {
        guard epoch < 0 || epoch >= partitions[slot].leaderEpoch else { return }
        if node >= 0 { partitions[slot].refusal = 0 }
        guard node != partitions[slot].leader || epoch != partitions[slot].leaderEpoch else { return }
        partitions[slot].leader = node
        partitions[slot].leaderEpoch = epoch
        partitions[slot].backoffUntil = 0
        if node >= 0 { _ = ensureNode(node) }
    }

    func refusal(of slot: Int) -> ProducerFailure? {
        let code = partitions[slot].refusal
        return code == 0 ? nil : ProducerFailure(.broker, errorCode: code)
    }

    func firstLive(_ slot: Int) -> ProducerPartition.Entry? {
        for index in 0..<partitions[slot].entries.count where !partitions[slot][index].isAbandoned {
            return partitions[slot][index]
        }
        return nil
    }

    mutating func complete(_ batch: Int, _ outcome: BatchOutcome) {
        outstanding -= 1
        actions.append(.complete(batch: batch, outcome))
        reportClosed()
    }

    private mutating func reportClosed() {
        guard isClosing, outstanding == 0, !isClosedReported else { return }
        isClosedReported = true
        actions.append(.closed)
    }

    mutating func failAll(_ reason: ProducerFailure) {
        failure = failure ?? reason
        for slot in active {
            for index in 0..<partitions[slot].entries.count where !partitions[slot][index].isAbandoned {
                complete(partitions[slot][index].batch.id, .failed(reason))
            }
            partitions[slot].removeAll()
            partitions[slot].isActive = false
        }
        active.removeAll()
    }
}
