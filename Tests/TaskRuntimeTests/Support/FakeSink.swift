import ConnectModel
import Synchronization

/// A sink task that keeps the texts that it is given.
final class FakeSink: SinkTaskPort {
    final class Controls: Sendable {
        struct State {
            var services: (any SinkTaskServices)?
            var texts: [String] = []
            var emptyPuts = 0
            var calls: [String] = []
            /// Given in place of taking the batch, one a `put`.
            var answers: [PluginOutcome] = []
            /// The same for a `put` without records.
            var emptyAnswers: [PluginOutcome] = []
            /// What `preCommit` answers in place of what it was given.
            var preCommitAnswer: [TopicPartitionOffset]?
            var preCommitFailure: ConnectError?
            /// Hints of answers that put a commit off, one a `preCommit`.
            var notYet: [UInt64] = []
            var opened: [TopicPartition] = []
            var closed: [TopicPartition] = []
            var interrupts = 0
            /// What the plugin asks of its context in its next `put`.
            var wishes: [@Sendable (any SinkTaskServices) -> Void] = []
        }

        let state = Mutex(State())
        let blocks: (call: String, gate: Gate)?
        let underWay = Mutex<String?>(nil)
        /// Called in each `put`, on the lane.
        let onPut: (@Sendable (any SinkTaskServices, [String]) throws(ConnectError) -> Void)?

        init(
            blocks: (call: String, gate: Gate)? = nil,
            onPut: (@Sendable (any SinkTaskServices, [String]) throws(ConnectError) -> Void)? = nil
        ) {
            self.blocks = blocks
            self.onPut = onPut
        }

        /// Has the plugin ask for something, from its own lane.
        func wish(_ body: @escaping @Sendable (any SinkTaskServices) -> Void) {
            let services = state.withLock { state in
                state.wishes.append(body)
                return state.services
            }
            services?.wake()
        }

        var texts: [String] { state.withLock { $0.texts } }

        func enter(_ call: String) {
            underWay.withLock { $0 = call }
            state.withLock { $0.calls.append(call) }
            if let blocks, blocks.call == call { blocks.gate.pass() }
        }

        func leave() { underWay.withLock { $0 = nil } }
    }

    private let controls: Controls

    init(_ controls: Controls) { self.controls = controls }

    func start(_ config: ConfigMap) throws(ConnectError) {
        controls.enter("start")
        controls.leave()
    }

    func open(_ partitions: [TopicPartition]) throws(ConnectError) {
        controls.enter("open")
        controls.leave()
        controls.state.withLock { $0.opened += partitions }
    }

    func put(_ batch: SinkBatch) -> PluginOutcome {
        controls.enter("put")
        defer { controls.leave() }
        let texts = batch.records.map { $0.value.text ?? "null" }
        let (services, wishes) = controls.state.withLock { state in
            defer { state.wishes = [] }
            return (state.services, state.wishes)
        }
        if let services { for wish in wishes { wish(services) } }
        if let onPut = controls.onPut, let services {
            do throws(ConnectError) {
                try onPut(services, texts)
            } catch {
                return .fatal(error)
            }
        }
        return controls.state.withLock { state -> PluginOutcome in
            if texts.isEmpty {
                state.emptyPuts += 1
                return state.emptyAnswers.isEmpty ? .ok : state.emptyAnswers.removeFirst()
            }
            if !state.answers.isEmpty { return state.answers.removeFirst() }
            state.texts += texts
            return .ok
        }
    }

    func preCommit(_ offsets: [TopicPartitionOffset]) throws(ConnectError) -> PreCommitAnswer {
        controls.enter("preCommit")
        defer { controls.leave() }
        let (answer, failure) = controls.state.withLock { state in
            defer { state.preCommitFailure = nil }
            return (state.preCommitAnswer, state.preCommitFailure)
        }
        if let failure { throw failure }
        let hint = controls.state.withLock { $0.notYet.isEmpty ? nil : $0.notYet.removeFirst() }
        if let hint { return .notYet(retryAfter: hint) }
        return .safe(answer ?? offsets)
    }

    func close(_ partitions: [TopicPartition]) throws(ConnectError) {
        controls.enter("close")
        controls.leave()
        controls.state.withLock { $0.closed += partitions }
    }

    func stop() throws(ConnectError) {
        controls.enter("stop")
        controls.leave()
    }

    func destroy() {
        controls.enter("destroy")
        controls.leave()
    }

    func interrupt() { controls.state.withLock { $0.interrupts += 1 } }

    var callUnderWay: String? { controls.underWay.withLock { $0 } }
}

/// A consumer over logs in memory: partition by partition, with pauses, seeks and commits, and events on request.
final class FakeReceiver: RecordReceiver {
    final class Controls: Sendable {
        struct State {
            var wake: (@Sendable () -> Void)?
            var events: [ReceiverEvent] = []
            var logs: [TopicPartition: [String]] = [:]
            var positions: [TopicPartition: Int64] = [:]
            var paused: Set<TopicPartition> = []
            var perRead = 3
            /// What every record has.
            var timestamp: Int64 = -1
            var flags: ConnectRecord.Flags = []
            var isLent = false
            /// Calls that broke the port's rules.
            var violations: [String] = []
            var commits: [[TopicPartitionOffset]] = []
            var seeks: [[TopicPartitionOffset]] = []
            var answersCommits = true
            var commitError: ConnectError?
            var results: [(UInt64, ConnectError?)] = []
            /// Told to go; no records of them any more.
            var revoking: [TopicPartition] = []
            var revocationsFinished = 0
            var isClosed = false
        }

        let state = Mutex(State())

        func tell(_ event: ReceiverEvent) {
            let wake = state.withLock { state in
                state.events.append(event)
                return state.wake
            }
            wake?()
        }

        func produce(_ texts: [String], to partition: TopicPartition) {
            let wake = state.withLock { state in
                state.logs[partition, default: []] += texts
                return state.wake
            }
            wake?()
        }

        var committed: [TopicPartition: Int64] {
            state.withLock { state in
                var result: [TopicPartition: Int64] = [:]
                for commit in state.commits { for offset in commit { result[offset.partition] = offset.offset } }
                return result
            }
        }

        func answerCommit(_ sequence: UInt64, _ error: ConnectError?) {
            let wake = state.withLock { state in
                state.results.append((sequence, error))
                return state.wake
            }
            wake?()
        }
    }

    private let controls: Controls
    private var texts: [UnsafeMutableRawBufferPointer] = []

    init(_ controls: Controls) { self.controls = controls }

    deinit { free() }

    private func free() {
        for text in texts { text.deallocate() }
        texts = []
    }

    func next(into table: IncomingTable) -> ReceiverEvent {
        controls.state.withLock { state -> ReceiverEvent in
            let assigned = state.positions.keys.sorted()
            if state.isLent, !assigned.allSatisfy(state.paused.contains) {
                state.violations.append("next while records are lent and partitions are not paused")
            }
            if !state.events.isEmpty {
                let event = state.events.removeFirst()
                if case .assigned(let offsets) = event {
                    for offset in offsets { state.positions[offset.partition] = offset.offset }
                }
                if case .revoking(let partitions) = event { state.revoking += partitions }
                if case .lost(let partitions) = event {
                    for partition in partitions { state.positions[partition] = nil }
                }
                return event
            }
            guard !state.isLent else { return .none }
            for partition in assigned where !state.paused.contains(partition) && !state.revoking.contains(partition) {
                let log = state.logs[partition] ?? []
                let position = Int(state.positions[partition] ?? 0)
                let count = min(state.perRead, log.count - position, table.storage.count)
                guard count > 0 else { continue }
                for index in 0..<count {
                    let bytes = Array(log[position + index].utf8)
                    let text = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
                    text.copyBytes(from: bytes)
                    texts.append(text)
                    var record = IncomingRecord()
                    record.value = UnsafeRawPointer(text.baseAddress)
                    record.valueLength = Int32(bytes.count)
                    record.offset = Int64(position + index)
                    record.timestamp = state.timestamp
                    record.flags = state.flags
                    table.storage[index] = record
                }
                table.count = count
                state.positions[partition] = Int64(position + count)
                state.isLent = true
                return .records(partition)
            }
            return .none
        }
    }

    func release() {
        controls.state.withLock { state in
            if !state.isLent { state.violations.append("release of nothing") }
            state.isLent = false
        }
        free()
    }

    func finishRevocation() {
        controls.state.withLock { state in
            for partition in state.revoking {
                state.positions[partition] = nil
                state.paused.remove(partition)
            }
            state.revoking = []
            state.revocationsFinished += 1
        }
    }

    func commit(_ offsets: [TopicPartitionOffset], sequence: UInt64) {
        let wake = controls.state.withLock { state -> (@Sendable () -> Void)? in
            state.commits.append(offsets)
            guard state.answersCommits else { return nil }
            state.results.append((sequence, state.commitError))
            return state.wake
        }
        wake?()
    }

    func drainCommits(_ body: (UInt64, ConnectError?) -> Void) {
        let results = controls.state.withLock { state in
            defer { state.results = [] }
            return state.results
        }
        for (sequence, error) in results { body(sequence, error) }
    }

    func pause(_ partitions: [TopicPartition]) { controls.state.withLock { $0.paused.formUnion(partitions) } }

    func resume(_ partitions: [TopicPartition]) { controls.state.withLock { $0.paused.subtract(partitions) } }

    func seek(_ offsets: [TopicPartitionOffset]) {
        controls.state.withLock { state in
            if state.isLent { state.violations.append("seek while records are lent") }
            state.seeks.append(offsets)
            for offset in offsets where state.positions[offset.partition] != nil {
                state.positions[offset.partition] = offset.offset
            }
        }
    }

    func close(_ done: @escaping @Sendable () -> Void) {
        closer()
        done()
    }

    var closer: @Sendable () -> Void {
        { [controls] in controls.state.withLock { $0.isClosed = true } }
    }
}
