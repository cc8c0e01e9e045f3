internal import EventLoop
internal import KafkaProtocol
internal import Logging

/// Carries out what a ``LogTail`` decides: a consumer that reads, the administrator's questions for ends, and a writer
/// beside them. Confined to the cluster's loop.
final class TopicLogDriver {
    /// Compressed bytes that are read in one turn of the loop, so that others get theirs.
    private static let turnBytes = 1 << 20

    private let cluster: KafkaCluster
    private let loop: EventLoop
    private let topic: String
    private let clients: TopicLog.Clients
    private let admin: Admin
    private let writer: LogWriter
    private let decompressor = Decompressor(pool: RecordBufferPool(keptBytes: 1 << 20))
    private let log = Logger("kafka.client.log")
    private var tail: LogTail
    /// How many partitions the topic was seen to have.
    private var partitionCount = 0
    private var reader: Consumer?
    /// Grows with each reader: what an older one still has to say does not count.
    private var generation = 0
    private var observer: (([TopicLog.Record]) -> Void)?
    private var starting: ((Result<Int, ClientError>) -> Void)?
    private var dones: [UInt64: (ClientError?) -> Void] = [:]
    private var lastID: UInt64 = 0
    private var metadataObserver: KafkaCluster.ObserverID?
    private var timer: (id: TimerID, due: UInt64)?
    private var isClosed = false

    init(cluster: KafkaCluster, topic: String, clients: TopicLog.Clients) throws(ClientError) {
        var settings = clients
        var properties = clients.consumer.properties
        // No group, whatever the worker's own is; what is gone from the log is no reason to stop, or to skip the rest.
        properties["group.id"] = nil
        properties["group.instance.id"] = nil
        properties["enable.auto.commit"] = "false"
        properties["auto.offset.reset"] = "earliest"
        properties["allow.auto.create.topics"] = clients.createsTopic ? "true" : "false"
        settings.consumer = try ClientSettings(properties, role: .consumer)
        // Its problems are told now and not by a reader that cannot be made.
        _ = try ConsumerSettings(settings.consumer)
        self.clients = settings
        self.cluster = cluster
        self.topic = topic
        loop = cluster.loop
        admin = Admin(cluster: cluster, settings: settings.consumer)
        writer = LogWriter(cluster: cluster, topic: topic, clients: settings)
        tail = LogTail(backoff: settings.consumer.retryBackoff, seed: EventLoop.now())
    }

    // MARK: - Calls

    func start(
        _ observer: @escaping @Sendable ([TopicLog.Record]) -> Void,
        done: @escaping @Sendable (Result<Int, ClientError>) -> Void
    ) {
        guard !isClosed, self.observer == nil else { return done(.failure(KafkaCluster.closedError)) }
        self.observer = observer
        starting = done
        metadataObserver = cluster.observeMetadata { [weak self] in self?.metadataChanged($0) }
        cluster.addInterest(topics: [topic], allowsCreation: clients.createsTopic)
        metadataChanged(cluster.metadata)
        wantEnd { [weak self] error in
            guard let self else { return }
            startEnded(error.map { .failure($0) } ?? .success(partitionCount))
        }
    }

    func append(
        _ entries: [TopicLog.Entry], inSession: Bool, _ done: @escaping @Sendable (ClientError?) -> Void
    ) {
        writer.append(entries, inSession: inSession, done)
    }

    func readToEnd(afterOwnWrites: Bool, _ done: @escaping @Sendable (ClientError?) -> Void) {
        guard !isClosed else { return done(KafkaCluster.closedError) }
        guard afterOwnWrites else { return wantEnd(done) }
        writer.whenSettled { [weak self] in
            guard let self, !isClosed else { return done(KafkaCluster.closedError) }
            wantEnd(done)
        }
    }

    func close(_ done: @escaping @Sendable () -> Void) {
        guard !isClosed else { return done() }
        isClosed = true
        // Whoever observes may hold this log.
        observer = nil
        if let timer { loop.cancel(timer.id) }
        timer = nil
        if let metadataObserver {
            cluster.removeObserver(metadataObserver)
            cluster.removeInterest(topics: [topic], allowsCreation: clients.createsTopic)
        }
        writer.close()
        // In the order in which they were asked for.
        let unanswered = dones.sorted { $0.key < $1.key }.map(\.value)
        dones = [:]
        for done in unanswered { done(KafkaCluster.closedError) }
        guard let reader else { return done() }
        self.reader = nil
        reader.close(completion: done)
    }

    private func wantEnd(_ done: @escaping (ClientError?) -> Void) {
        lastID += 1
        dones[lastID] = done
        tail.endWanted(lastID)
        carryOut()
    }

    private func startEnded(_ result: Result<Int, ClientError>) {
        let done = starting
        starting = nil
        done?(result)
    }

    // MARK: - The machine's wishes

    private func carryOut() {
        guard !isClosed else { return }
        for action in tail.step(now: EventLoop.now()) { carryOut(action) }
        schedule()
    }

    private func carryOut(_ action: LogTail.Action) {
        guard !isClosed else { return }
        switch action {
        case .read(let positions): read(positions)
        case .askEnds(let token, let count): askEnds(token, count)
        case .reached(let ids): for id in ids { dones.removeValue(forKey: id)?(nil) }
        case .failed(let ids, let error): for id in ids { dones.removeValue(forKey: id)?(error) }
        case .madeAnew:
            guard let tell = clients.whenMadeAnew else {
                return log.warning("A log was made anew or cut, and is read again", [LogField("topic", topic)])
            }
            tell()
        }
    }

    private func schedule() {
        guard !isClosed else { return }
        let due = tail.nextDeadline
        guard due != timer?.due else { return }
        if let timer { loop.cancel(timer.id) }
        timer = nil
        guard let due else { return }
        let id = loop.schedule(at: due) { [weak self] in
            guard let self else { return }
            timer = nil
            carryOut()
        }
        timer = (id, due)
    }

    private func askEnds(_ token: UInt64, _ count: Int) {
        let partitions = (0..<Int32(clamping: count)).map { TopicPartition(topic, $0) }
        admin.listOffsets(partitions, at: .end) { [weak self] result in
            guard let self, !isClosed else { return }
            if case .failure(let error) = result {
                log.warning("The end of a log cannot be found: \(error.message)", [LogField("topic", topic)])
            }
            let ends = result.map { $0.map(\.offset) }
            for action in tail.endsAnswered(token: token, ends, now: EventLoop.now()) { carryOut(action) }
            carryOut()
        }
    }

    private func metadataChanged(_ snapshot: MetadataSnapshot) {
        guard !isClosed, let known = snapshot.topic(topic) else { return }
        if starting != nil, known.errorCode == 17 || known.errorCode == 29 {
            return startEnded(
                .failure(ClientError(brokerCode: known.errorCode, nil, "topic \(topic) cannot be read and written")))
        }
        guard known.errorCode == 0 else { return }
        let count = known.partitions.count
        tail.topicSeen(
            id: known.id, partitionCount: clients.usesFirstPartitionOnly ? min(count, 1) : count, now: EventLoop.now())
        noteCount(count)
        carryOut()
    }

    private func noteCount(_ count: Int) {
        defer { partitionCount = count }
        guard clients.usesFirstPartitionOnly, count > 1, count != partitionCount, starting == nil else { return }
        log.error(
            "A topic that must have one partition was given more: only the first is read and written, and no worker will "
                + "start with it. Copy the first to a new topic of one partition",
            [LogField("topic", topic), LogField("partitions", count)])
    }

    // MARK: - Reading

    private func read(_ positions: [Int64?]) {
        generation += 1
        reader?.close {}
        reader = nil
        let generation = generation
        let this = Confined(self, to: loop)
        let loop = loop
        do throws(ClientError) {
            let made = try Consumer(
                cluster: cluster, settings: clients.consumer,
                wake: { loop.execute { this.value.poll(generation) } })
            reader = made
            made.assign(
                positions.enumerated().map { (TopicPartition(topic, Int32(clamping: $0.offset)), $0.element) })
        } catch {
            failed(error)
        }
    }

    /// Takes one thing and comes back for the next.
    private func poll(_ generation: Int) {
        guard generation == self.generation, !isClosed, let event = reader?.poll(maxBytes: Self.turnBytes) else {
            return
        }
        switch event {
        case .records(let chunk): take(chunk)
        case .assigned(let beginnings):
            for beginning in beginnings { tail.began(beginning.partition.partition, at: beginning.offset) }
        case .failed(let error, _): failed(error)
        case .revoking, .lost: break  // come to members of groups only
        }
        carryOut()
        let this = Confined(self, to: loop)
        loop.execute { this.value.poll(generation) }
    }

    private func take(_ chunk: FetchedChunk) {
        let span = LogSpan(chunk, decompressor)
        decompressor.trim()
        if !span.records.isEmpty { observer?(span.records) }
        tail.goesOn(chunk.partition.partition, at: chunk.offset)
        tail.read(chunk.partition.partition, upTo: span.next)
        guard let damage = span.damage else { return }
        let isPassedOver = tail.damaged(
            chunk.partition.partition, at: span.next, behind: damage.behind, now: EventLoop.now())
        // Until the next reader comes nothing more may be read, or the place would be passed over by chance.
        generation += 1
        reader?.close {}
        reader = nil
        log.error(
            isPassedOver
                ? "A damaged batch of a log is passed over; what it held is lost: \(damage.error)"
                : "A batch of a log is damaged and is read again: \(damage.error)",
            [
                LogField("partition", "\(chunk.partition)"), LogField("offset", "\(span.next)"),
                LogField("next", "\(damage.behind)"),
            ])
    }

    private func failed(_ error: ClientError) {
        log.error(
            "A log cannot be read at the moment: \(error.message)", [LogField("topic", topic)])
        tail.readerFailed(now: EventLoop.now())
    }
}
