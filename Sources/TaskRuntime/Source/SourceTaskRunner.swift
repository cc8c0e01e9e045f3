import ConnectModel
import EventLoop
import Logging
import RecordPipeline
import Synchronization

/// Moves the records of one source task: poll, convert, hand to the sender, count acknowledgements, store offsets.
///
/// Confined to the task's lane; nothing here waits for Kafka. A step goes on until there is nothing to do: the sender is
/// full, the plugin has no data, the task is paused. What is left of a batch stays where it is, which is the back
/// pressure, and the sender's wake brings the next step.
///
/// Source: Apache's `AbstractWorkerSourceTask`, `WorkerSourceTask`, `SourceTaskOffsetCommitter`.
final class SourceTaskRunner: TaskRunner {
    /// What a runner is made from.
    struct Parts: Sendable {
        let specification: TaskSpecification
        let settings: TaskSettings
        let worker: TaskRuntimeSettings
        let catalog: any PluginCatalog
        let kafka: any KafkaPorts
        let offsets: any OffsetStore
        /// Monotonic nanoseconds; tests set their own.
        var now: @Sendable () -> UInt64 = { EventLoop.now() }
        var log = Logger("connect.task.source")
    }

    enum Advance {
        case progressed
        /// Nothing to do before this time or a wake.
        case waiting(UInt64?)
    }

    /// After so many turns of its loop a step ends, for requests and other lanes.
    private static let turnsPerStep = 32
    /// How old the last hand-over has to be for one before a poll. What was handed over is sealed when it has lingered, full or
    /// not: a source that flows is to fill its batches, and one whose polls are short is not to wait for that. A poll that
    /// takes longer is the deputy's.
    private static let handOverInterval: UInt64 = 25_000_000
    /// How long a call of the plugin may keep records from being handed over.
    static let handOverPatience: UInt64 = 5_000_000
    /// How long such a call may keep the answer to a write of offsets from being read.
    static let answerPatience: UInt64 = 100_000_000

    let parts: Parts
    let control: TaskControl
    let context: SourceTaskContext
    let commits: SourceCommits
    let deputy: LaneDeputy
    let reports: RecordReports

    // Made by start.
    var port: (any SourceTaskPort)?
    var sender: (any RecordSender)?
    private var pipeline: SourcePipeline?
    private(set) var isPluginStarted = false

    var ledger = OffsetLedger()
    let batch = SourceBatch()
    var chunk = SourceChunk()
    /// The plugin's batch is out: its records are being read.
    private(set) var isBatchLent = false
    private var nextRecord = 0
    private var topicNumbers: [Int32] = []
    /// Topics by the sender's number that nobody was told of yet; nil for the others.
    private var untoldTopics: [String?] = []
    private var untoldCount = 0
    private var knownTopicNumbers: Set<Int32> = []
    /// Of topics by the sender's number, where errors are logged.
    private var topicNames: [Int32: String] = [:]
    private var partitionNumbers: [Int32] = []
    private var mappedGeneration: UInt64?

    /// Records were appended that the sender's loop cannot see yet: their linger has not begun.
    var isHandOverDue = false
    private var handedOverAt: UInt64 = 0
    /// Acknowledgements, and a commit, that the plugin is still to be told of.
    var owedAcknowledgements = AcknowledgedRecords()
    var owesCommit = false

    /// A failure that Kafka told of a record sent before, to be raised at the next turn.
    var sendFailure: ConnectError?
    private var recordFailure: RecordFailure?
    private var retry: RetryBackoff
    private var convertNotBefore: UInt64 = 0
    private var pollBackoff = CallBackoff()
    private var idlePause = IdlePause()
    var warnings = RepeatLimiter()
    var watch = SendWatch()
    private var pollNotBefore: UInt64 = 0
    private var random = SystemRandomNumberGenerator()
    var finishing = Finishing.notYet
    let text = OffsetText()

    init(_ parts: Parts, control: TaskControl, deputy: LaneDeputy) {
        self.parts = parts
        self.control = control
        self.deputy = deputy
        reports = RecordReports(control.task, parts.settings, parts.log)
        retry = RetryBackoff(
            timeout: parts.settings.retryTimeout, maximumDelay: parts.settings.maximumRetryDelay)
        context = SourceTaskContext(
            task: parts.specification.id, offsets: parts.offsets,
            isWanted: { [weak control] in control?.isWanted ?? false },
            wake: { [weak control] in control?.wake() },
            fail: { [weak control] in control?.fail($0) })
        commits = SourceCommits(
            connector: parts.specification.id.connector, store: parts.offsets,
            interval: parts.worker.offsetFlushInterval, timeout: parts.worker.offsetFlushTimeout,
            wake: { [weak control] in control?.wake() })
    }

    var log: Logger { parts.log }

    func now() -> UInt64 { parts.now() }

    var logFields: [LogField] {
        [.connector(control.task.connector), .task(control.task.description)]
    }

    // MARK: Start

    func start() throws(ConnectError) {
        pipeline = try parts.settings.makeSourcePipeline()
        let port = try parts.catalog.makeSourceTask(parts.specification.plugin, services: context)
        self.port = port
        control.watch(SourceTaskWatch(port))
        // Making the plugin's task may have taken too long for everybody else.
        if control.hasEnded { return }
        let sender = try parts.kafka.makeSender(
            task: control.task, config: parts.specification.connectorConfig, wake: { [weak control] in control?.wake() }
        )
        self.sender = sender
        control.whenAbandoned(sender.closer)
        if control.hasEnded { return }
        do throws(ConnectError) {
            try port.start(parts.specification.taskConfig)
        } catch {
            guard context.hasGivenUpReading else { throw error }
            throw ConnectError(.workerStopping, error.message)
        }
        isPluginStarted = true
        commits.begin(now: now())
        beginDeputy()
    }

    // MARK: The loop

    func step(isPaused: Bool) throws(ConnectError) -> Pace {
        guard let port, let sender, let pipeline else { return .woken }
        for _ in 0..<Self.turnsPerStep {
            let interruption = control.interruption
            // What the plugin gave is sent while it can be: it may be unable to give it again.
            if let interruption, interruption == .woken || !hasUnsent { return interruption }
            let now = self.now()
            let hasProgress = takeCompletions(sender)
            watchKafka(sender, hasProgress: hasProgress, now: now)
            if let sendFailure { throw sendFailure }
            storeOffsetsIfDue(now)
            // Meanwhile the task may have become another's, or Kafka may have refused records.
            if interruption == nil, tellPlugin(port, now) { continue }
            switch try advance(port, sender, pipeline, isPaused: isPaused, now: now) {
            case .progressed:
                continue
            case .waiting(let time):
                // Batches under construction must not wait for records that may never come.
                handOver(sender, now)
                return .until(min(commits.nextDeadline, watch.nextDeadline, time ?? .max))
            }
        }
        return .again
    }

    /// Records that the plugin gave wait to be sent.
    private var hasUnsent: Bool { chunk.unsent > 0 || isBatchLent && nextRecord < batch.records.count }

    private func advance(
        _ port: any SourceTaskPort, _ sender: any RecordSender, _ pipeline: SourcePipeline, isPaused: Bool, now: UInt64
    ) throws(ConnectError) -> Advance {
        if chunk.unsent > 0 { return try append(sender, pipeline) }
        if let recordFailure { return try settle(recordFailure, now: now) }
        if nextRecord < batch.records.count, isBatchLent {
            if now < convertNotBefore { return .waiting(convertNotBefore) }
            return try convert(sender, pipeline)
        }
        releaseBatch(port)
        if isPaused { return .waiting(nil) }
        if context.takeWake() {
            pollNotBefore = 0
            idlePause.reset()
        }
        if now < pollNotBefore { return .waiting(pollNotBefore) }
        return try poll(port, sender, now: now)
    }

    private func poll(
        _ port: any SourceTaskPort, _ sender: any RecordSender, now: UInt64
    ) throws(ConnectError) -> Advance {
        // Nor for a poll that may block for ever.
        if isHandOverDue, now &- handedOverAt >= Self.handOverInterval { handOver(sender, now) }
        switch deputy.during(until: deputyTime(now), { control.polling { port.poll(batch) } }) {
        case nil:
            // A stop or a pause: the next turn ends the step.
            return .progressed
        case .ok:
            pollBackoff.reset()
            isBatchLent = true
            nextRecord = 0
            guard batch.records.isEmpty else {
                idlePause.reset()
                return .progressed
            }
            releaseBatch(port)
            pausePolls(hint: 0, since: now)
            return .progressed
        case .wouldBlock(let hint):
            pollBackoff.reset()
            pausePolls(hint: hint, since: now)
            return .progressed
        case .retriable(let error):
            let end = self.now()
            pollNotBefore = end.addingSaturating(pollBackoff.next(atLeast: error.retryAfter))
            log.log(
                .warn, limitedBy: &warnings, kind: "poll", now: end,
                "The plugin asks for another poll later: \(error.message)",
                logFields + [.errorCode(error.code.rawValue)])
            return .progressed
        case .fatal(let error):
            throw error
        }
    }

    /// After a poll that brought nothing: an eager plugin must not keep a core busy.
    private func pausePolls(hint: UInt64, since began: UInt64) {
        let end = now()
        pollNotBefore = end.addingSaturating(idlePause.take(hint, after: end &- began))
    }

    private func convert(_ sender: any RecordSender, _ pipeline: SourcePipeline) throws(ConnectError) -> Advance {
        if control.takeForgottenTopics() {
            knownTopicNumbers = []
            mappedGeneration = nil
        }
        if mappedGeneration != batch.tableGeneration { mapTables(sender) }
        guard ledger.hasRoom(for: partitionNumbers.count) else { return .waiting(nil) }
        let range = nextRecord..<min(nextRecord + pipeline.capacity, batch.records.count)
        chunk.open(range, of: batch, partitionNumbers: partitionNumbers, in: &ledger)
        let outcome = pipeline.convert(batch, range, topicNumbers: topicNumbers, segments: chunk.segments)
        nextRecord += outcome.consumed
        recordFailure = outcome.fatal
        if outcome.consumed > 0 { retry.reset() }
        try chunk.seal(outcome, of: batch, in: &ledger, text)
        for failure in outcome.dropped {
            report(failure.error, stage: failure.stage.rawValue, range.lowerBound + failure.index)
        }
        return .progressed
    }

    /// A record failed in the pipeline and nothing tolerates it: tries again, gives the record up, or fails the task.
    private func settle(_ failure: RecordFailure, now: UInt64) throws(ConnectError) -> Advance {
        guard failure.error.code.errorClass == .retriable else { throw failure.error }
        recordFailure = nil
        if let delay = retry.delayAfterFailure(now: now, random: random.next()) {
            convertNotBefore = now.addingSaturating(delay)
            return .progressed
        }
        // As in Apache: a record whose time to retry is over is skipped, whatever the tolerance.
        report(failure.error, stage: failure.stage.rawValue, nextRecord)
        retry.reset()
        let range = nextRecord..<nextRecord + 1
        chunk.open(range, of: batch, partitionNumbers: partitionNumbers, in: &ledger)
        nextRecord += 1
        try chunk.drop(range, of: batch, in: &ledger, text)
        return .progressed
    }

    private func append(_ sender: any RecordSender, _ pipeline: SourcePipeline) throws(ConnectError) -> Advance {
        let rest = UnsafeBufferPointer(rebasing: pipeline.outgoing[chunk.sent...])
        switch sender.append(rest) {
        case .took(let count):
            isHandOverDue = true
            chunk.sent += min(max(count, 0), rest.count)
            return chunk.unsent > 0 ? .waiting(nil) : .progressed
        case .refused(let after, let error):
            isHandOverDue = true
            chunk.sent += min(max(after, 0), rest.count - 1)
            guard parts.settings.tolerance == .all else { throw error }
            report(error, stage: "KAFKA_PRODUCE", chunk.firstUnsent)
            chunk.dropNext(pipeline.outgoing[chunk.sent].segment, in: &ledger)
            return .progressed
        case .failed(let error):
            throw error
        }
    }

    func handOver(_ sender: any RecordSender, _ now: UInt64) {
        sender.handOver()
        isHandOverDue = false
        handedOverAt = now
    }

    func releaseBatch(_ port: any SourceTaskPort) {
        guard isBatchLent else { return }
        isBatchLent = false
        nextRecord = 0
        port.release(batch)
    }

    private func mapTables(_ sender: any RecordSender) {
        let old = partitionNumbers
        partitionNumbers = batch.sourcePartitions.map { ledger.pin($0) }
        for number in old { ledger.unpin(number) }
        topicNumbers = batch.topics.map { topic in
            let number = sender.topicNumber(for: topic)
            if parts.settings.logsErrors { topicNames[number] = topic }
            if knownTopicNumbers.insert(number).inserted, number >= 0 {
                while untoldTopics.count <= Int(number) { untoldTopics.append(nil) }
                if untoldTopics[Int(number)] == nil { untoldCount += 1 }
                untoldTopics[Int(number)] = topic
            }
            return number
        }
        chunk.prepare(partitions: partitionNumbers.count)
        mappedGeneration = batch.tableGeneration
    }

    // MARK: What comes back

    /// - Returns: whether there was anything.
    @discardableResult
    func takeCompletions(_ sender: any RecordSender) -> Bool {
        // Out of the class for the time of the loop, where there is any: each completion would be checked for exclusive access.
        var taken: OffsetLedger?
        let failsOnError = parts.settings.tolerance == .none
        var hasProgress = false
        sender.drain { completion in
            hasProgress = true
            if taken == nil {
                var ledger = OffsetLedger()
                swap(&ledger, &self.ledger)
                taken = ledger
            }
            if let error = completion.error {
                if failsOnError {
                    sendFailure = sendFailure ?? error
                    return
                }
                for _ in 0..<max(completion.count, 0) {
                    reports.sent(
                        error, topic: topicNames[completion.topic], taken?.key(ofSegment: completion.segment))
                }
                taken?.dropUnplaced(completion.segment, completion.count)
                return
            }
            if untoldCount > 0 { tell(completion.topic) }
            taken?.settle(completion.segment, completion.count)
        }
        if let settled = taken.take() { ledger = settled }
        owedAcknowledgements.append(ledger.takeAcknowledged())
        return hasProgress
    }

    /// Kafka has a record of this topic.
    private func tell(_ topic: Int32) {
        let index = Int(topic)
        guard untoldTopics.indices.contains(index), let name = untoldTopics[index] else { return }
        untoldTopics[index] = nil
        untoldCount -= 1
        control.uses(topic: name)
    }
}
