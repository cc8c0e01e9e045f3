import ConnectModel
import EventLoop
import Logging
import RecordPipeline
import Synchronization

/// Moves the records of one sink task: events of the consumer, convert, put, commit.
///
/// Confined to the task's lane; nothing here waits for Kafka. At most one run of records, of one partition, is lent by
/// the receiver at a time: it is given back when the plugin has taken it, and not asked for before, which is the back
/// pressure.
///
/// Source: Apache's `WorkerSinkTask`, `WorkerSinkTaskContext`.
final class SinkTaskRunner: TaskRunner {
    /// What a runner is made from.
    struct Parts: Sendable {
        let specification: TaskSpecification
        let settings: TaskSettings
        let worker: TaskRuntimeSettings
        let catalog: any PluginCatalog
        let kafka: any KafkaPorts
        var log = SinkTaskRunner.log
    }

    enum Advance {
        case progressed
        /// Nothing to do before this time or a wake.
        case waiting(UInt64?)
    }

    /// Records that the receiver has lent.
    struct Lent {
        let partition: TopicPartition
        /// The first record that is not dealt with.
        var next = 0
        /// How many of them are in the pipeline's batch, waiting for the plugin to take it.
        var converted = 0
    }

    static let log = Logger("connect.task.sink")
    /// After so many turns of its loop a step ends, for requests and other lanes.
    private static let turnsPerStep = 32

    let parts: Parts
    let control: TaskControl
    let context: SinkTaskContext
    private let reports: RecordReports

    // Made by start.
    var port: (any SinkTaskPort)?
    var receiver: (any RecordReceiver)?
    private var pipeline: SinkPipeline?
    private(set) var isPluginStarted = false

    private let table = IncomingTable(capacity: TaskSettings.chunkLength)
    private var lent: Lent?
    /// The plugin has not taken the batch: everything is paused until it has.
    private(set) var isRedelivering = false
    /// What the plugin asked for: it holds for the records that come after a rewind, too.
    private var putNotBefore: UInt64 = 0
    /// When the record that failed in the pipeline is tried again.
    private var convertNotBefore: UInt64 = 0
    private var isEmptyPutDue = false
    private var emptyPutAt: UInt64 = .max
    private var isConnectorPaused = false
    private var putBackoff = CallBackoff()
    var warnings = RepeatLimiter()
    private var retry: RetryBackoff
    private var recordFailure: RecordFailure?
    private var random = SystemRandomNumberGenerator()
    private var knownTopics: Set<String> = []

    var offsets = SinkOffsets()
    var commitState = SinkCommitState()
    var finishing = Finishing.notYet
    let hasLeft = LeaveFlag()

    /// Set by the consumer's thread once it has left its group.
    final class LeaveFlag: Sendable {
        private let flag = Atomic<Bool>(false)

        var isSet: Bool { flag.load(ordering: .acquiring) }

        func set() { flag.store(true, ordering: .releasing) }
    }

    init(_ parts: Parts, control: TaskControl) {
        self.parts = parts
        self.control = control
        retry = RetryBackoff(
            timeout: parts.settings.retryTimeout, maximumDelay: parts.settings.maximumRetryDelay)
        let reports = RecordReports(control.task, parts.settings, parts.log)
        self.reports = reports
        context = SinkTaskContext(
            task: control.task, tolerance: parts.settings.tolerance, logsErrors: parts.settings.logsErrors,
            reportBad: { error, index, batch in reports.put(error, index, of: batch) },
            wake: { [weak control] in control?.wake() }, fail: { [weak control] in control?.fail($0) })
    }

    var logFields: [LogField] {
        [.connector(control.task.connector), .task(control.task.description)]
    }

    // MARK: Start

    func start() throws(ConnectError) {
        pipeline = try parts.settings.makeSinkPipeline()
        let port = try parts.catalog.makeSinkTask(parts.specification.plugin, services: context)
        self.port = port
        control.watch(SinkTaskWatch(port))
        // Making the plugin's task may have taken too long for everybody else.
        if control.hasEnded { return }
        let receiver = try parts.kafka.makeReceiver(
            task: control.task, config: parts.specification.connectorConfig, wake: { [weak control] in control?.wake() }
        )
        self.receiver = receiver
        control.whenAbandoned(receiver.closer)
        if control.hasEnded { return }
        try port.start(parts.specification.taskConfig)
        isPluginStarted = true
        commitState.nextCommit = EventLoop.now().addingSaturating(parts.worker.offsetFlushInterval)
        commitState.nextEmptyPut = commitState.nextCommit
    }

    // MARK: The loop

    func step(isPaused: Bool) throws(ConnectError) -> Pace {
        guard let port, let receiver, let pipeline else { return .woken }
        for _ in 0..<Self.turnsPerStep {
            if let pace = control.interruption { return pace }
            let now = EventLoop.now()
            takeCommits(receiver)
            if commitState.closing != nil {
                guard settleRevocation(receiver, now) else { return .until(commitState.deadline) }
            }
            follow(isPaused: isPaused, receiver)
            // The commit may have taken so long that the partitions are another's.
            if commitIfDue(port, receiver, now), let pace = control.interruption { return pace }
            try applyWishes(receiver)
            switch try advance(port, receiver, pipeline, now) {
            case .progressed: continue
            case .waiting(let time): return .until(min(commitState.nextDeadline, time ?? .max))
            }
        }
        return .again
    }

    private func advance(
        _ port: any SinkTaskPort, _ receiver: any RecordReceiver, _ pipeline: SinkPipeline, _ now: UInt64
    ) throws(ConnectError) -> Advance {
        if context.takeWake() {
            putNotBefore = 0
            isEmptyPutDue = true
            wakeCommit(now)
        }
        if let lent {
            let notBefore = max(putNotBefore, convertNotBefore)
            guard now >= notBefore else {
                // Everything is paused, so that only events come: the group goes on while the plugin does not.
                pauseForRedelivery(receiver)
                if case .progressed = try takeEvent(port, receiver, now) { return .progressed }
                return .waiting(notBefore)
            }
            if lent.converted > 0 { return try put(port, receiver, pipeline) }
            if let recordFailure { return try settle(recordFailure, receiver, now) }
            return convert(lent, receiver, pipeline)
        }
        if case .progressed = try takeEvent(port, receiver, now) { return .progressed }
        if now >= emptyPutAt { isEmptyPutDue = true }
        guard isEmptyPutDue else { return .waiting(emptyPutAt) }
        guard now >= putNotBefore else { return .waiting(putNotBefore) }
        return try putNothing(port, pipeline)
    }

    private func takeEvent(
        _ port: any SinkTaskPort, _ receiver: any RecordReceiver, _ now: UInt64
    ) throws(ConnectError) -> Advance {
        switch receiver.next(into: table) {
        case .records(let partition):
            lent = Lent(partition: partition)
            if table.count > 0, offsets.begin(partition, at: table.records[0].offset) {
                commitState.pending.removeAll { $0.partition == partition }
            }
            if control.takeForgottenTopics() { knownTopics = [] }
            if knownTopics.insert(partition.topic).inserted { control.uses(topic: partition.topic) }
        case .assigned(let positions):
            try assigned(positions, port, receiver)
        case .revoking(let partitions):
            try close(partitions, port, receiver, now: now)
        case .lost(let partitions):
            try lost(partitions, port, receiver)
        case .none:
            return .waiting(nil)
        case .failed(let error):
            throw error
        }
        return .progressed
    }

    // MARK: Records

    private func convert(_ lent: Lent, _ receiver: any RecordReceiver, _ pipeline: SinkPipeline) -> Advance {
        guard lent.next < table.count else {
            giveBack(receiver)
            return .progressed
        }
        context.lastPut = nil
        let outcome = pipeline.convert(
            UnsafeBufferPointer(rebasing: table.records[lent.next...]), of: lent.partition)
        self.lent?.converted = outcome.consumed
        recordFailure = outcome.fatal
        if outcome.consumed > 0 { retry.reset() }
        for failure in outcome.dropped {
            reports.sink(
                failure.error, stage: failure.stage.rawValue, lent.partition, table.records[lent.next + failure.index])
        }
        return .progressed
    }

    /// A record failed in the pipeline and nothing tolerates it: tries again, gives the record up, or fails the task.
    private func settle(
        _ failure: RecordFailure, _ receiver: any RecordReceiver, _ now: UInt64
    ) throws(ConnectError) -> Advance {
        guard let lent else { throw failure.error }
        guard failure.error.code.errorClass == .retriable else {
            throw ConnectError(
                failure.error.code, failure.error.message,
                detail: "In the record at offset \(table.records[lent.next].offset) of \(lent.partition), "
                    + "at stage \(failure.stage.rawValue)" + (failure.error.detail.map { "\n\($0)" } ?? ""))
        }
        recordFailure = nil
        if let delay = retry.delayAfterFailure(now: now, random: random.next()) {
            convertNotBefore = now.addingSaturating(delay)
            pauseForRedelivery(receiver)
            return .progressed
        }
        // As in Apache: a record whose time to retry is over is skipped, whatever the tolerance. Those before it are put.
        reports.sink(failure.error, stage: failure.stage.rawValue, lent.partition, table.records[lent.next])
        retry.reset()
        offsets.put(lent.partition, upTo: table.records[lent.next].offset &+ 1)
        self.lent?.next += 1
        return .progressed
    }

    private func put(
        _ port: any SinkTaskPort, _ receiver: any RecordReceiver, _ pipeline: SinkPipeline
    ) throws(ConnectError) -> Advance {
        guard let lent else { return .progressed }
        context.lastPut = pipeline.batch
        switch port.put(pipeline.batch) {
        case .ok:
            putBackoff.reset()
            emptyPutAt = wishedTime(EventLoop.now()) ?? .max
            isEmptyPutDue = false
            let end = lent.next + lent.converted
            offsets.put(lent.partition, upTo: table.records[end - 1].offset &+ 1)
            self.lent?.next = end
            self.lent?.converted = 0
            if end == table.count { giveBack(receiver) }
        case .wouldBlock(let hint):
            offerAgain(receiver, at: EventLoop.now().addingSaturating(max(hint, 1_000_000)))
        case .retriable(let error):
            let end = EventLoop.now()
            offerAgain(receiver, at: retryTime(after: error, end))
            Self.log.log(
                .warn, limitedBy: &warnings, kind: "put", now: end,
                "The plugin asks for the same records again: \(error.message)",
                logFields + [.errorCode(error.code.rawValue)])
        case .fatal(let error):
            throw error
        }
        return .progressed
    }

    private func offerAgain(_ receiver: any RecordReceiver, at time: UInt64) {
        putNotBefore = time
        pauseForRedelivery(receiver)
    }

    private func pauseForRedelivery(_ receiver: any RecordReceiver) {
        guard !isRedelivering else { return }
        isRedelivering = true
        receiver.pause(offsets.partitions)
    }

    /// A `put` without records: how a plugin that collects records gets its turn while none come.
    private func putNothing(
        _ port: any SinkTaskPort, _ pipeline: SinkPipeline
    ) throws(ConnectError) -> Advance {
        isEmptyPutDue = false
        emptyPutAt = .max
        pipeline.clear()
        let outcome = port.put(pipeline.batch)
        let end = EventLoop.now()
        switch outcome {
        case .ok:
            putBackoff.reset()
            emptyPutAt = wishedTime(end) ?? .max
        case .wouldBlock(let hint): emptyPutAt = end.addingSaturating(max(hint, 1_000_000))
        case .retriable(let error):
            emptyPutAt = retryTime(after: error, end)
            // Neither a commit nor records that come meanwhile are a reason to ask earlier.
            putNotBefore = emptyPutAt
        case .fatal(let error): throw error
        }
        return .progressed
    }

    private func wishedTime(_ now: UInt64) -> UInt64? {
        context.takeRetryTimeout().map { now.addingSaturating($0) }
    }

    /// When a `put` that failed for now may be made again.
    private func retryTime(after error: ConnectError, _ now: UInt64) -> UInt64 {
        wishedTime(now) ?? now.addingSaturating(putBackoff.next(atLeast: error.retryAfter))
    }

    private func giveBack(_ receiver: any RecordReceiver) {
        guard lent != nil else { return }
        lent = nil
        recordFailure = nil
        table.count = 0
        convertNotBefore = 0
        receiver.release()
        if isRedelivering {
            isRedelivering = false
            resumeAllowed(receiver)
        }
    }

    /// Lets go of records that are not put.
    ///
    /// - Parameter comeAgain: reading begins elsewhere, and a wait that the plugin asked for goes on. Else their partition goes,
    ///   and the wait with it.
    func dropLent(_ receiver: any RecordReceiver, of partitions: [TopicPartition]? = nil, comeAgain: Bool = false) {
        guard let lent, partitions?.contains(lent.partition) ?? true else { return }
        if !comeAgain { putNotBefore = 0 }
        giveBack(receiver)
    }

    // MARK: Pauses and seeks

    private func follow(isPaused: Bool, _ receiver: any RecordReceiver) {
        guard isPaused != isConnectorPaused else { return }
        isConnectorPaused = isPaused
        if isPaused {
            receiver.pause(offsets.partitions)
            context.requestCommit()
        } else if !isRedelivering {
            resumeAllowed(receiver)
        }
    }

    private func resumeAllowed(_ receiver: any RecordReceiver) {
        guard !isConnectorPaused else { return }
        receiver.resume(offsets.partitions.filter { !context.paused.contains($0) })
    }

    func applyWishes(_ receiver: any RecordReceiver) throws(ConnectError) {
        let (paused, resumed) = context.takePauses()
        if !paused.isEmpty { receiver.pause(paused) }
        if !resumed.isEmpty, !isConnectorPaused, !isRedelivering { receiver.resume(resumed) }
        let rewinds = context.takeRewinds()
        guard !rewinds.isEmpty else { return }
        let seeks = offsets.seek(rewinds)
        dropLent(receiver, of: seeks.map(\.partition), comeAgain: true)
        receiver.seek(seeks)
    }

    // MARK: The group

    private func assigned(
        _ positions: [TopicPartitionOffset], _ port: any SinkTaskPort, _ receiver: any RecordReceiver
    ) throws(ConnectError) {
        offsets.assign(positions)
        context.setAssignment(offsets.partitions)
        if isRedelivering || isConnectorPaused {
            receiver.pause(offsets.partitions)
        } else {
            let paused = positions.map(\.partition).filter(context.paused.contains)
            if !paused.isEmpty { receiver.pause(paused) }
        }
        isEmptyPutDue = true
        guard !positions.isEmpty else { return }
        try port.open(positions.map(\.partition))
        try applyWishes(receiver)
    }

    /// An interval has passed: the plugin gets a `put` even if there are no records.
    func emptyPutIsDue() { isEmptyPutDue = true }
}
