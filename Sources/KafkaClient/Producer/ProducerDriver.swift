internal import EventLoop
internal import KafkaProtocol
internal import Logging

/// The loop's side of a producer: carries out what its machine decides. Confined to the cluster's loop.
final class ProducerDriver {

    private let cluster: KafkaCluster
    private let loop: EventLoop
    private let settings: ClientSettings
    private let mailbox: ProducerMailbox
    private let pool: RecordBufferPool
    private let log = Logger("kafka.client.producer")
    private var machine: ProducerMachine
    private var slots = ProducerSlots()
    /// Batches that the machine has, by the number that it knows them by.
    private var parcels: [Int: ProducerParcel] = [:]
    private var lastBatch = 0
    private var completed: [ProducerParcel] = []
    private var compressor: Compressor?
    private var observers: [KafkaCluster.ObserverID] = []
    private var timer: TimerID?
    private var timerAt: UInt64 = .max
    /// When the lane is reminded last of the time.
    private var remindedAt: UInt64 = 0
    /// Between questions for metadata in the name of one record.
    private var lanePause: RetryPause
    /// Beginning of the oldest batch that lingers with us.
    private var firstOpen: UInt64?
    /// Batches have lingered long enough and wait for room behind others of their partitions.
    private var holdsDue = false
    private var isShutDown = false

    /// Topics that metadata is not asked for, by their numbers: gone, without a record that waits for them.
    private var unwanted: Set<Int32> = []
    /// Whether asking for a topic may have the broker create it.
    private let createsTopics: Bool
    /// Told of each topic that the cluster has no more, once with every news of the cluster.
    private let topicIsMissing: (String) -> Void

    init(
        cluster: KafkaCluster, settings: ClientSettings, createsTopics: Bool,
        topicIsMissing: @escaping (String) -> Void, mailbox: ProducerMailbox, pool: RecordBufferPool
    ) {
        self.createsTopics = createsTopics
        self.topicIsMissing = topicIsMissing
        self.cluster = cluster
        self.settings = settings
        self.mailbox = mailbox
        self.pool = pool
        loop = cluster.loop
        machine = ProducerMachine(configuration: ProducerMachine.Configuration(settings), seed: EventLoop.now())
        lanePause = RetryPause(settings.retryBackoff, seed: EventLoop.now())
        compressor = settings.producer.makeCompressor()
    }

    func start() {
        observers.append(cluster.observeMetadata { [weak self] in self?.metadataChanged($0) })
        observers.append(
            cluster.observeNodes { [weak self] node, state in
                guard let self else { return }
                let now = EventLoop.now()
                switch state {
                case .ready: self.machine.nodeReady(node, now: now)
                case .lost: self.machine.nodeUnready(node, now: now)
                case .silent(let until): self.machine.nodeThrottled(node, until: until, now: now)
                }
                self.carryOut()
            })
    }

    /// Drops everything; nothing is told to the lane any more.
    func shutDown() {
        guard !isShutDown else { return }
        isShutDown = true
        mailbox.setLoopCall(nil)
        machine.abort(now: EventLoop.now())
        parcels.removeAll()
        for observer in observers { cluster.removeObserver(observer) }
        let wanted = slots.topics.indices.filter { !unwanted.contains(Int32($0)) }.map { slots.topics[$0] }
        if !wanted.isEmpty { cluster.removeInterest(topics: wanted, allowsCreation: createsTopics) }
        if let timer { loop.cancel(timer) }
        timer = nil
        _ = mailbox.takeForLoop()
        _ = mailbox.takeOpen()
    }

    // MARK: - From the lane

    func lanePutSomething() {
        guard !isShutDown else { return }
        let left = mailbox.takeForLoop()
        guard !left.isClosed else { return shutDown() }
        if !left.topics.isEmpty { add(left.topics) }
        firstOpen = left.firstOpen
        if let deadline = left.wantsMetadataUntil { refreshForLane(until: deadline) }
        for parcel in left.sealed { hand(parcel) }
        carryOut()
    }

    private func add(_ names: [String]) {
        slots.add(topics: names, cluster.metadata)
        cluster.addInterest(topics: names, allowsCreation: createsTopics)
        // A topic that does not turn up in time is refused by the lane, which must look at the clock then.
        remind(at: adding(settings.producer.maxBlock, to: EventLoop.now()))
    }

    private func remind(at deadline: UInt64) {
        guard deadline < .max, deadline != remindedAt else { return }
        remindedAt = deadline
        loop.schedule(at: adding(1_000_000, to: deadline)) { [weak self] in self?.mailbox.remind() }
    }

    /// A record is for a partition that the metadata does not name, which may be old. While it waits the pauses grow.
    private func refreshForLane(until deadline: UInt64) {
        guard deadline == remindedAt else {
            lanePause.reset()
            remind(at: deadline)
            return refreshForPartition()
        }
        loop.schedule(at: adding(lanePause.next(), to: EventLoop.now())) { [weak self] in self?.refreshForPartition() }
    }

    private func refreshForPartition() {
        guard !isShutDown else { return }
        // The record may be of any of them.
        for number in unwanted { want(number) }
        cluster.refreshMetadata(reason: "a record is for a partition that is not known")
    }

    private func hand(_ parcel: ProducerParcel) {
        guard let batch = register(parcel) else {
            parcel.batch = nil
            parcel.error = ClientError(
                .producerFailed, .fatal, "a batch is of topic number \(parcel.topic), which is not known")
            return completed.append(parcel)
        }
        machine.batchSealed(batch, now: EventLoop.now())
    }

    private func register(_ parcel: ProducerParcel) -> ProducerBatch? {
        guard let slot = slot(parcel.topic, parcel.partition) else { return nil }
        if !unwanted.isEmpty { want(parcel.topic) }
        lastBatch += 1
        parcels[lastBatch] = parcel
        return ProducerBatch(
            id: lastBatch, slot: slot, recordCount: parcel.recordCount, byteCount: parcel.byteCount,
            createdAt: parcel.createdAt)
    }

    /// The number of a partition, a new one where it is met first; nil for a topic that was not named.
    private func slot(_ topic: Int32, _ partition: Int32) -> Int? {
        if let slot = slots.number(topic, partition) { return slot }
        guard let slot = slots.add(topic, partition) else { return nil }
        tellLeader(slot, cluster.metadata, now: EventLoop.now())
        return slot
    }

    // MARK: - From the cluster

    private func metadataChanged(_ snapshot: MetadataSnapshot) {
        guard !isShutDown else { return }
        let now = EventLoop.now()
        for (number, name) in slots.topics.enumerated() {
            guard let topic = snapshot.topic(name) else { continue }
            if topic.isMissing { missing(number, name) }
            let isNew = slots.isRecreated(number, topic)
            for slot in slots.indices where slots[slot].topic == Int32(number) {
                if isNew { machine.topicRecreated(slot: slot, now: now) }
                if topic.errorCode == 17 || topic.errorCode == 29 {
                    machine.topicRefused(slot: slot, errorCode: topic.errorCode, now: now)
                }
            }
        }
        for slot in slots.indices { tellLeader(slot, snapshot, now: now) }
        mailbox.put(snapshot: snapshot)
        carryOut()
    }

    /// The cluster has not got a topic (any more). One that nothing waits for is not wanted until a record comes for it: else
    /// it would come back each time somebody deletes it.
    private func missing(_ number: Int, _ name: String) {
        guard slots.indices.contains(where: { slots[$0].topic == Int32(number) }) else { return }
        if parcels.values.contains(where: { $0.topic == Int32(number) }) { return topicIsMissing(name) }
        guard unwanted.insert(Int32(number)).inserted else { return }
        cluster.removeInterest(topics: [name], allowsCreation: createsTopics)
    }

    private func want(_ number: Int32) {
        guard unwanted.remove(number) != nil, slots.topics.indices.contains(Int(number)) else { return }
        cluster.addInterest(topics: [slots.topics[Int(number)]], allowsCreation: createsTopics)
    }

    private func tellLeader(_ slot: Int, _ snapshot: MetadataSnapshot, now: UInt64) {
        guard let topic = snapshot.topic(slots[slot].name) else { return }
        if let partition = topic.partition(slots[slot].partition) {
            machine.leaderChanged(slot: slot, node: partition.leader, epoch: partition.leaderEpoch, now: now)
        } else if topic.errorCode == 0, !topic.partitions.isEmpty {
            machine.partitionGone(slot: slot, until: adding(ProducerSettings.patienceWithPartitions, to: now))
        }
    }

    // MARK: - The machine's wishes

    private func carryOut() {
        guard !isShutDown else { return }
        carryOutActions()
        if holdsDue {
            sealLingering(now: EventLoop.now())
            carryOutActions()
        }
        if !completed.isEmpty {
            var parcels: [ProducerParcel] = []
            swap(&parcels, &completed)
            mailbox.put(completed: parcels)
        }
        schedule()
    }

    private func carryOutActions() {
        var actions = machine.takeActions()
        while !actions.isEmpty, !isShutDown {
            for action in actions { carryOut(action) }
            actions = machine.takeActions()
        }
    }

    private func carryOut(_ action: ProducerAction) {
        switch action {
        case .send(let command): send(command)
        case .requestProducerID: requestProducerID()
        case .connect(let node): connect(node)
        case .refreshMetadata(let slot):
            cluster.refreshMetadata(reason: "the leader of \(slots[slot].name)-\(slots[slot].partition) is in doubt")
        case .complete(let batch, let outcome): complete(batch, outcome)
        case .split(let batch): split(batch)
        case .idempotenceDisabled(let code):
            log.warning(
                "the broker refuses an idempotent producer; going on without, one request at a time: retries may"
                    + " double records. Grant IDEMPOTENT_WRITE, or set enable.idempotence=false to silence this",
                [.errorCode("\(ErrorCode(rawValue: code))")])
        case .epochRaised(let slot, let identity):
            log.info(
                "sequences start anew under a higher epoch",
                [
                    LogField("topic", slots[slot].name), LogField("partition", slots[slot].partition),
                    LogField("epoch", identity.epoch),
                ])
        case .failed(let reason): mailbox.put(failure: error(reason, topic: nil, partition: nil))
        case .closed: break
        }
    }

    private func connect(_ node: Int32) {
        if cluster.isConnected(node: node) {
            machine.nodeReady(node, now: EventLoop.now())
        } else if !cluster.connect(node: node) {
            machine.nodeUnknown(node)
        }
    }

    private func requestProducerID() {
        var request = InitProducerIdRequest()
        request.transactionalId = nil
        request.transactionTimeoutMs = .max
        let options = KafkaCluster.RequestOptions(deadline: nil, clientID: settings.clientID)
        cluster.request(request, to: .leastLoaded, options: options) { [weak self] result in
            guard let self, !self.isShutDown else { return }
            let now = EventLoop.now()
            switch result {
            case .success(let answer) where answer.response.errorCode == 0:
                self.machine.producerIDReceived(
                    ProducerIdentity(id: answer.response.producerId, epoch: answer.response.producerEpoch), now: now)
            case .success(let answer):
                self.machine.producerIDFailed(
                    errorCode: answer.response.errorCode, isUnsupported: false, now: now)
            case .failure(let error):
                self.machine.producerIDFailed(
                    errorCode: nil, isUnsupported: error.code == .unsupportedVersion, now: now)
            }
            self.carryOut()
        }
    }

    private func complete(_ number: Int, _ outcome: BatchOutcome) {
        guard let parcel = parcels.removeValue(forKey: number) else { return }
        parcel.batch = nil
        switch outcome {
        case .acknowledged(let offset, _): parcel.baseOffset = offset
        case .failed(let reason):
            let name = slots.topics[Int(parcel.topic)]
            parcel.error = error(reason, topic: name, partition: parcel.partition)
        }
        completed.append(parcel)
    }

    private func split(_ number: Int) {
        guard let parcel = parcels[number], let batch = parcel.batch,
            let slot = slot(parcel.topic, parcel.partition), machine.awaitsSplit(number, slot: slot)
        else { return }
        switch BatchSplitter(pool: pool, compressor: compressor).cut(parcel, batch) {
        case .failure(let reason): machine.splitFailed(number, slot: slot, reason, now: EventLoop.now())
        case .success(let parts):
            parcels[number] = nil
            machine.batchSplit(number, slot: slot, into: parts.compactMap { register($0) }, now: EventLoop.now())
        }
    }

    private func error(_ reason: ProducerFailure, topic: String?, partition: Int32?) -> ClientError {
        ProducerErrors.explain(reason, topic: topic, partition: partition, settings: settings.producer)
    }

    // MARK: - Produce

    private func send(_ command: ProduceCommand) {
        if let gate = cluster.gate, !gate.allows(EventLoop.now()) { return hold(command, gate) }
        let request = ProduceWire.request(command, settings, slots) { parcels[$0]?.batch }
        var options = KafkaCluster.RequestOptions(deadline: nil, clientID: settings.clientID)
        // Version 13 names topics by id, which ties a batch to one incarnation of its topic.
        options.maximumVersion = 12
        options.expectsAnswer = settings.producer.acks != .none
        cluster.request(request, to: .node(command.node), options: options) { [weak self] result in
            self?.answered(command, result)
        }
    }

    /// Leaves a request with the machine until the session holds again.
    private func hold(_ command: ProduceCommand, _ gate: SessionGate) {
        let isFirst = !machine.isHeld
        machine.hold(request: command.request)
        guard isFirst else { return }
        log.debug("records wait until the worker's session with its group holds again")
        gate.whenOpen { [confined = Confined(self, to: loop), loop] in
            loop.execute { confined.value.gateOpened() }
        }
    }

    private func gateOpened() {
        guard !isShutDown else { return }
        machine.release(now: EventLoop.now())
        carryOut()
    }

    private func answered(
        _ command: ProduceCommand, _ result: Result<KafkaCluster.Answer<ProduceResponse>, ClientError>
    ) {
        guard !isShutDown else { return }
        let now = EventLoop.now()
        switch result {
        case .failure(let error):
            machine.produceFailed(request: command.request, ProduceWire.failure(error), now: now)
        case .success where settings.producer.acks == .none:
            let answers = command.parts.map { ProduceAnswer(slot: $0.slot, errorCode: 0) }
            machine.produceAnswered(request: command.request, answers, now: now)
        case .success(let answer):
            let endpoints = answer.response.nodeEndpoints.compactMap { MetadataSnapshot.Broker($0) }
            var answers: [ProduceAnswer] = []
            for topic in answer.response.responses {
                for partition in topic.partitionResponses {
                    guard let slot = slots.slot(of: command, topic.name, partition.index) else { continue }
                    answers.append(ProduceAnswer(slot, partition))
                    followHint(topic.name, partition, endpoints)
                }
            }
            machine.produceAnswered(request: command.request, answers, now: now)
        }
        carryOut()
    }

    /// A newer leader in an answer goes into the metadata at once, and from there to the machine.
    private func followHint(
        _ topic: String, _ partition: ProduceResponse.PartitionProduceResponse, _ endpoints: [MetadataSnapshot.Broker]
    ) {
        let hint = partition.currentLeader
        guard partition.errorCode != 0, hint.leaderId >= 0 else { return }
        loop.execute { [confined = Confined(cluster, to: loop), endpoints] in
            confined.value.updateLeader(
                topic: topic, partition: partition.index, leader: hint.leaderId, epoch: hint.leaderEpoch,
                endpoints: endpoints)
        }
    }

    // MARK: - Time

    private func schedule() {
        guard !isShutDown else { return }
        var wanted = machine.nextDeadline(now: EventLoop.now()) ?? .max
        if let firstOpen { wanted = min(wanted, adding(settings.producer.linger, to: firstOpen)) }
        guard wanted != timerAt else { return }
        if let timer { loop.cancel(timer) }
        timer = nil
        timerAt = wanted
        guard wanted < .max else { return }
        timer = loop.schedule(at: wanted) { [weak self] in self?.timeCame() }
    }

    private func timeCame() {
        timer = nil
        timerAt = .max
        let now = EventLoop.now()
        sealLingering(now: now)
        machine.timePassed(now: now)
        carryOut()
    }

    /// Seals and sends what an idle lane left here and what has lingered long enough.
    private func sealLingering(now: UInt64) {
        guard firstOpen != nil || holdsDue, now >= settings.producer.linger else { return }
        let due = mailbox.takeDue(createdBy: now - settings.producer.linger) { topic, partition in
            slots.number(topic, partition).map { machine.hasQueued(slot: $0) } ?? false
        }
        firstOpen = due.next
        holdsDue = due.isWaiting
        for open in due.batches {
            do throws(ProtocolError) {
                guard let batch = try open.builder.seal(compressor) else { continue }
                hand(
                    ProducerParcel(
                        topic: open.topic, partition: open.partition, createdAt: open.createdAt, runs: open.runs,
                        batch: batch, isFromLane: false))
            } catch {
                mailbox.put(
                    failure: ClientError(.producerFailed, .fatal, "a batch cannot be sealed: \(error)"))
            }
        }
    }
}
