import ConnectModel
import EventLoop
import Glibc
import Synchronization

/// A source task that counts: record `n` has the text `n` and the offset `n + 1`, dealt out over its source partitions.
final class FakeSource: SourceTaskPort {
    /// What a test sets and sees, from its own thread.
    final class Controls: Sendable {
        struct State {
            var services: (any SourceTaskServices)?
            /// Records that may be polled; more come with a wake.
            var available = 0
            var perPoll = 10
            var partitions = 1
            var usesMaps = false
            /// Given once, in place of records.
            var answers: [PluginOutcome] = []
            /// The next record to poll.
            var next = 0
            var lent = 0
            var acknowledged = 0
            /// Numbers of the acknowledged records that were left out.
            var dropped: [Int] = []
            var commits = 0
            var calls: [String] = []
            var interrupts = 0
            /// Of a plugin that notes an interrupt and lets it end one call: the one under way, or the next.
            var isInterruptNoted = false
            var startFailure: ConnectError?
            /// What `acknowledged` and `commit` throw, having taken note.
            var tellFailure: ConnectError?
            /// `start` asks for an offset, and fails in words of its own where it gets none.
            var readsAtStart = false
            /// The values are bytes, save that of one record, which no ByteArrayConverter takes.
            var usesBytes = false
            var isNonsenseAt: Int?
        }

        let state = Mutex(State())
        /// The call of this name stands before the gate.
        let blocks: (call: String, gate: Gate)?
        let underWay = Mutex<String?>(nil)
        /// A poll that finds no records stands before this one, as the polls of most connectors written for Java.
        let waits: Gate?
        /// A call that stands before a gate returns when it is interrupted.
        let obeysInterrupts: Bool

        /// A poll that finds no records waits for an interrupt, which ends that one call, and then gives so many.
        let recordsOnInterrupt: Int?
        /// Told of each call before it begins.
        let onCall: (@Sendable (String) -> Void)?

        init(
            blocks: (call: String, gate: Gate)? = nil, waits: Gate? = nil, obeysInterrupts: Bool = false,
            recordsOnInterrupt: Int? = nil, onCall: (@Sendable (String) -> Void)? = nil
        ) {
            self.blocks = blocks
            self.waits = waits
            self.obeysInterrupts = obeysInterrupts
            self.recordsOnInterrupt = recordsOnInterrupt
            self.onCall = onCall
        }

        func offer(_ count: Int) {
            let services = state.withLock { state in
                state.available += count
                return state.services
            }
            services?.wake()
        }

        func enter(_ call: String) {
            onCall?(call)
            underWay.withLock { $0 = call }
            state.withLock { state in
                if state.calls.last != call { state.calls.append(call) }
            }
            if let blocks, blocks.call == call { blocks.gate.pass() }
        }

        func leave() { underWay.withLock { $0 = nil } }
    }

    private let controls: Controls
    private var texts: [UnsafeMutableRawBufferPointer] = []
    private var maps: [UnsafeMutableBufferPointer<Value>] = []
    private let key = "position"
    private let keyBytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 1)

    init(_ controls: Controls) {
        self.controls = controls
        keyBytes.copyBytes(from: key.utf8)
    }

    deinit {
        free()
        keyBytes.deallocate()
    }

    private func free() {
        for text in texts { text.deallocate() }
        for map in maps { map.deallocate() }
        texts = []
        maps = []
    }

    func start(_ config: ConfigMap) throws(ConnectError) {
        controls.enter("start")
        defer { controls.leave() }
        if let failure = controls.state.withLock({ $0.startFailure }) { throw failure }
        let (reads, services) = controls.state.withLock { ($0.readsAtStart, $0.services) }
        guard reads, let services else { return }
        do throws(ConnectError) {
            _ = try services.storedOffsets(for: [Array("{}".utf8)])
        } catch {
            throw ConnectError(.pluginFailed, "the position is not known")
        }
    }

    func poll(_ batch: SourceBatch) -> PluginOutcome {
        controls.enter("poll")
        defer { controls.leave() }
        if let gate = controls.waits, controls.state.withLock({ $0.available == $0.next && $0.answers.isEmpty }) {
            gate.pass()
        }
        var isInterrupted = false
        if let count = controls.recordsOnInterrupt, controls.state.withLock({ $0.available == $0.next }) {
            while !isInterrupted {
                usleep(100)
                isInterrupted = controls.state.withLock { state in
                    defer { state.isInterruptNoted = false }
                    return state.isInterruptNoted
                }
            }
            controls.state.withLock { $0.available += count }
        }
        return controls.state.withLock { state -> PluginOutcome in
            if !state.answers.isEmpty { return state.answers.removeFirst() }
            let count = min(state.perPoll, state.available - state.next)
            guard count > 0 || isInterrupted else { return .wouldBlock(retryAfter: 60_000_000_000) }
            fill(batch, &state, count)
            state.next += count
            state.lent += 1
            return .ok
        }
    }

    private func fill(_ batch: SourceBatch, _ state: inout Controls.State, _ count: Int) {
        if batch.sourcePartitions.count != state.partitions {
            batch.topics = ["topic-a", "topic-b"]
            batch.sourcePartitions = (0..<state.partitions).map { number in
                SourcePartition(json: Array("{\"file\":\(number)}".utf8), offsetKey: state.usesMaps ? nil : key)
            }
            batch.tableGeneration += 1
        }
        let records = UnsafeMutableBufferPointer<ConnectRecord>.allocate(capacity: count)
        for index in 0..<count {
            let number = state.next + index
            var record = ConnectRecord()
            let text = UnsafeMutableRawBufferPointer.allocate(byteCount: 20, alignment: 1)
            let digits = Array(String(number).utf8)
            text.copyBytes(from: digits)
            texts.append(text)
            record.value = .string(text.baseAddress, Int32(digits.count))
            if state.usesBytes, state.isNonsenseAt != number {
                record.value = .bytes(text.baseAddress, Int32(digits.count))
            }
            record.offset = .int64(Int64(number) + 1)
            if state.usesMaps {
                let map = UnsafeMutableBufferPointer<Value>.allocate(capacity: 2)
                map[0] = .string(keyBytes.baseAddress, Int32(keyBytes.count))
                map[1] = .int64(Int64(number) + 1)
                maps.append(map)
                record.offset = .container(.map, UnsafePointer(map.baseAddress), 1)
            }
            record.topic = Int32(number % 2)
            record.sourcePartition = Int32(number % state.partitions)
            records.initializeElement(at: index, to: record)
        }
        batch.records = records
    }

    func release(_ batch: SourceBatch) {
        controls.onCall?("release")
        batch.records.deallocate()
        batch.records = UnsafeMutableBufferPointer(start: nil, count: 0)
        // Whoever reads on reads garbage.
        for text in texts { text.copyBytes(from: Array(repeating: UInt8(ascii: "#"), count: text.count)) }
        free()
        controls.state.withLock { $0.lent -= 1 }
    }

    func acknowledged(count: Int, dropped: [Range<Int>]) throws(ConnectError) {
        controls.enter("acknowledged")
        defer { controls.leave() }
        let failure = controls.state.withLock { state in
            state.dropped += dropped.joined().map { $0 + state.acknowledged }
            state.acknowledged += count
            return state.tellFailure
        }
        if let failure { throw failure }
    }

    func commit() throws(ConnectError) {
        controls.enter("commit")
        defer { controls.leave() }
        let failure = controls.state.withLock { state in
            state.commits += 1
            return state.tellFailure
        }
        if let failure { throw failure }
    }

    func stop() throws(ConnectError) {
        controls.enter("stop")
        controls.leave()
    }

    func destroy() {
        controls.enter("destroy")
        controls.leave()
    }

    func interrupt() {
        controls.state.withLock { state in
            state.interrupts += 1
            state.isInterruptNoted = true
        }
        guard controls.obeysInterrupts else { return }
        controls.blocks?.gate.letThrough()
        controls.waits?.letThrough()
    }

    var callUnderWay: String? { controls.underWay.withLock { $0 } }
}

/// A sender that keeps what it gets and acknowledges when the test says so.
final class FakeSender: RecordSender {
    final class Controls: Sendable {
        struct Sent {
            let text: String
            let topic: Int32
            let segment: Int32
        }

        struct State {
            var wake: (@Sendable () -> Void)?
            var topics: [String] = []
            var sent: [Sent] = []
            /// Records that it takes beyond what is acknowledged.
            var room = Int.max
            /// Everything is acknowledged at once.
            var isPrompt = true
            var unacknowledged: [Sent] = []
            var completions: [SendCompletion] = []
            /// Answer for the record with this text, once.
            var refusal: (text: String, error: ConnectError)?
            /// What it says it waits for.
            var missing: MissingPlace?
            var handOvers = 0
            /// Records that were handed over.
            var handedOver = 0
            var isClosed = false
        }

        let state = Mutex(State())

        var texts: [String] { state.withLock { $0.sent.map(\.text) } }

        /// Acknowledges, or fails, the records at these positions among the unacknowledged.
        func answer(_ positions: [Int], error: ConnectError? = nil) {
            let wake = state.withLock { state in
                for position in positions.sorted(by: >) where position < state.unacknowledged.count {
                    let sent = state.unacknowledged.remove(at: position)
                    state.completions.append(
                        SendCompletion(segment: sent.segment, count: 1, error: error, topic: sent.topic))
                }
                return state.wake
            }
            wake?()
        }
    }

    private let controls: Controls

    init(_ controls: Controls) { self.controls = controls }

    func topicNumber(for name: String) -> Int32 {
        controls.state.withLock { state in
            if let index = state.topics.firstIndex(of: name) { return Int32(index) }
            state.topics.append(name)
            return Int32(state.topics.count - 1)
        }
    }

    func append(_ records: UnsafeBufferPointer<OutgoingRecord>) -> AppendOutcome {
        controls.state.withLock { state -> AppendOutcome in
            for (index, record) in records.enumerated() {
                guard state.unacknowledged.count < state.room else { return .took(index) }
                let text = String(
                    decoding: UnsafeRawBufferPointer(start: record.value, count: Int(max(record.valueLength, 0))),
                    as: UTF8.self)
                if let refusal = state.refusal, refusal.text == text {
                    state.refusal = nil
                    return .refused(after: index, refusal.error)
                }
                let sent = Controls.Sent(text: text, topic: record.topic, segment: record.segment)
                state.sent.append(sent)
                if state.isPrompt {
                    state.completions.append(
                        SendCompletion(segment: sent.segment, count: 1, error: nil, topic: sent.topic))
                } else {
                    state.unacknowledged.append(sent)
                }
            }
            return .took(records.count)
        }
    }

    func handOver() {
        controls.state.withLock { state in
            state.handOvers += 1
            state.handedOver = state.sent.count
        }
    }

    func drain(_ body: (SendCompletion) -> Void) {
        let completions = controls.state.withLock { state in
            defer { state.completions = [] }
            return state.completions
        }
        for completion in completions { body(completion) }
    }

    var missing: MissingPlace? { controls.state.withLock { $0.missing } }

    var pendingBytes: Int { controls.state.withLock { $0.unacknowledged.count } }

    func close() { closer() }

    var closer: @Sendable () -> Void {
        { [controls] in controls.state.withLock { $0.isClosed = true } }
    }
}
