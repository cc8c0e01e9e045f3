internal import EventLoop

/// Lets a gate outlive its writers.
private final class WeakWriter {
    weak var writer: LogWriter?
    init(_ writer: LogWriter) { self.writer = writer }
}

/// Writes to one topic through a producer whose lane is the loop. Confined to the loop.
///
/// A producer that broke is replaced; what it had not confirmed fails. Beside what the producer holds, as much again may wait
/// for it; what is beyond that fails at once, lest brokers that are away for hours cost all memory. What a lost session of the
/// worker has left unwritten fails too: others may have written newer things since.
final class LogWriter {
    private struct Request {
        let number: Int32
        let entries: [TopicLog.Entry]
        /// How many of them the producer has.
        var taken = 0

        /// Bytes of those that it has not.
        var bytes: Int { entries[taken...].reduce(0) { $0 + $1.byteCount } }
    }

    private let cluster: KafkaCluster
    private let topic: String
    private let clients: TopicLog.Clients
    private var producer: Producer?
    private var topicNumber: Int32 = 0
    private var appends = LogAppends()
    /// What the producer has no room or no metadata for, the first perhaps in part.
    private var waiting: [Request] = []
    private var waitingBytes = 0
    private var dones: [Int32: (ClientError?) -> Void] = [:]
    private var settled: [UInt64: () -> Void] = [:]
    private var lastWait: UInt64 = 0
    private var isClosed = false

    init(cluster: KafkaCluster, topic: String, clients: TopicLog.Clients) {
        self.cluster = cluster
        self.topic = topic
        self.clients = clients
        let this = Confined(WeakWriter(self), to: cluster.loop)
        let loop = cluster.loop
        cluster.gate?.onLoss { loop.execute { this.value.writer?.sessionLost() } }
    }

    func append(_ entries: [TopicLog.Entry], inSession: Bool, _ done: @escaping (ClientError?) -> Void) {
        guard !isClosed else { return done(KafkaCluster.closedError) }
        guard !entries.isEmpty else { return done(nil) }
        // Else it would wait for the next session, and be written behind what others have written since.
        if inSession, cluster.gate?.isOver == true { return done(lostSession) }
        if clients.failsWithoutSession, let gate = cluster.gate, !gate.allows(EventLoop.now()) {
            return done(
                ClientError(
                    .noBroker, .retriable,
                    "nothing is written to topic \(topic) while the worker's session may have run out"))
        }
        let limit = clients.producer.producer.bufferMemory
        guard waiting.isEmpty || waitingBytes < limit else { return done(Self.full(topic, limit)) }
        let number = appends.begin(recordCount: entries.count)
        dones[number] = done
        let request = Request(number: number, entries: entries)
        waitingBytes += request.bytes
        waiting.append(request)
        pump()
    }

    private static func full(_ topic: String, _ limit: Int) -> ClientError {
        ClientError(
            .bufferFull, .retriable,
            "\(limit) bytes (buffer.memory) wait to be written to topic \(topic) already: its brokers do not answer, or too "
                + "slowly")
    }

    /// Calls `body` once every append that was given before has ended.
    func whenSettled(_ body: @escaping () -> Void) {
        lastWait += 1
        settled[lastWait] = body
        appends.wait(lastWait)
        tellSettled()
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        producer?.close()
        producer = nil
        waiting = []
        waitingBytes = 0
        fail(appends.unfinished, KafkaCluster.closedError)
        tellSettled()
    }

    // MARK: - To the producer and back

    private func pump() {
        guard !isClosed else { return }
        drain()
        send()
        tellSettled()
    }

    private func drain() {
        producer?.lane.drain { completion in
            finish(
                appends.completed(completion.segment, recordCount: Int(completion.count), error: completion.error))
        }
    }

    private func send() {
        var isSecondTry = false
        while let request = waiting.first {
            let lane = currentProducer().lane
            let entry = request.entries[request.taken]
            switch append(entry, request.number, lane) {
            case .appended:
                waiting[0].taken += 1
                waitingBytes -= entry.byteCount
                if waiting[0].taken == request.entries.count { waiting.removeFirst() }
                isSecondTry = false
            case .full, .needsMetadata:
                lane.flush()
                return
            case .refused:
                fail([request.number], lane.lastError ?? KafkaCluster.closedError)
            case .failed:
                let error = lane.lastError ?? KafkaCluster.closedError
                replaceProducer(error)
                // The failure is an older one's, so an append of which the old producer has nothing may still succeed.
                if isSecondTry { fail([request.number], error) }
                isSecondTry = true
            }
        }
        producer?.lane.flush()
    }

    private func append(_ entry: TopicLog.Entry, _ number: Int32, _ lane: ProducerLane) -> ProducerLane.AppendResult {
        entry.key.withUnsafeBytes { key in
            func append(_ value: UnsafeRawPointer?, _ length: Int32) -> ProducerLane.AppendResult {
                lane.append(
                    topic: topicNumber, partition: clients.usesFirstPartitionOnly ? 0 : -1, key: key.baseAddress,
                    keyLength: Int32(clamping: key.count),
                    value: value, valueLength: length, timestamp: EventLoop.wallMilliseconds(), segment: number)
            }
            guard let value = entry.value else { return append(nil, -1) }
            return value.withUnsafeBytes { append($0.baseAddress, Int32(clamping: $0.count)) }
        }
    }

    private func currentProducer() -> Producer {
        if let producer { return producer }
        let this = Confined(self, to: cluster.loop)
        let loop = cluster.loop
        let made = Producer(
            cluster: cluster, settings: clients.producer, createsTopics: clients.createsTopic,
            wake: { loop.execute { this.value.pump() } })
        topicNumber = made.lane.topicIndex(for: topic)
        producer = made
        return made
    }

    private func replaceProducer(_ error: ClientError) {
        drain()
        producer?.close()
        producer = nil
        let untouched = waiting.filter { $0.taken == 0 }.map(\.number)
        fail(appends.unfinished.filter { !untouched.contains($0) }, error)
    }

    /// Fails what may not have been written yet.
    private func sessionLost() {
        guard !isClosed, !appends.unfinished.isEmpty else { return }
        drain()
        // At once: the next session may open the gate in this very turn.
        producer?.closeOnLoop()
        producer = nil
        waiting = []
        waitingBytes = 0
        fail(appends.unfinished, lostSession)
        tellSettled()
    }

    private var lostSession: ClientError {
        ClientError(
            .noBroker, .retriable,
            "the worker's session with its group was lost before topic \(topic) had acknowledged the record")
    }

    // MARK: - Ends

    private func fail(_ numbers: [Int32], _ error: ClientError) {
        for number in numbers { finish(appends.completed(number, recordCount: 0, error: error)) }
    }

    private func finish(_ end: LogAppends.End?) {
        guard let end else { return }
        if end.error != nil, let at = waiting.firstIndex(where: { $0.number == end.append }) {
            waitingBytes -= waiting.remove(at: at).bytes
        }
        dones.removeValue(forKey: end.append)?(end.error)
    }

    private func tellSettled() {
        for id in appends.takePassed() { settled.removeValue(forKey: id)?() }
    }
}
