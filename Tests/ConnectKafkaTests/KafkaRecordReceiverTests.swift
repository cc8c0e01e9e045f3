import ConnectModel
import EventLoop
import KafkaClient
import Synchronization
import Testing

@testable import ConnectKafka

@Suite struct KafkaRecordReceiverTests {
    /// A consumer whose events the test gives; used by its thread alone.
    private final class Source: ChunkSource, @unchecked Sendable {
        var events: [ConsumerEvent] = []
        /// What comes to who takes events only.
        var eventsOnly: [ConsumerEvent] = []
        private(set) var reports: [Int64] = []
        /// How many losses were told to be dealt with, and whether one was polled since.
        private(set) var settledLosses = 0
        private var isLossPolled = false

        func poll(maxBytes: Int) -> ConsumerEvent? {
            settle()
            return events.isEmpty ? nil : events.removeFirst()
        }
        func pollEvent(settlesLosses: Bool) -> ConsumerEvent? {
            if settlesLosses { settle() }
            let event = eventsOnly.isEmpty ? nil : eventsOnly.removeFirst()
            if case .lost? = event { isLossPolled = true }
            return event
        }
        private func settle() {
            if isLossPolled { settledLosses += 1 }
            isLossPolled = false
        }
        func consumed(upTo offset: Int64, _ partition: KafkaClient.TopicPartition) { reports.append(offset) }
        func commit(
            _ offsets: [(partition: KafkaClient.TopicPartition, offset: Int64)],
            completion: @escaping @Sendable (Result<Void, ClientError>) -> Void
        ) {}
        func finishRevocation() {}
        func pause(_ partitions: [KafkaClient.TopicPartition]) {}
        func resume(_ partitions: [KafkaClient.TopicPartition]) {}
        func seek(_ partition: KafkaClient.TopicPartition, to offset: Int64) {}
        func close(completion: @escaping @Sendable () -> Void) {}
    }

    /// Producer 1 aborts 0 to 9; 10 is its marker; then it commits 11 to 3 000 in batches of a hundred, among which producer 2
    /// aborts 1 011 to 1 020.
    private static let aborting: [WireBatch] = {
        var batches = [
            WireBatch(base: 0, count: 10, producer: 1, attributes: WireBatch.transactional),
            WireBatch.abort(1, at: 10),
        ]
        var next: Int64 = 11
        while next < 3_001 {
            if next == 1_011 {
                batches.append(WireBatch(base: next, count: 10, producer: 2, attributes: WireBatch.transactional))
                next += 10
                batches.append(WireBatch.abort(2, at: next))
                next += 1
            }
            let count = min(100, Int(3_001 - next))
            batches.append(WireBatch(base: next, count: count, producer: 1, attributes: WireBatch.transactional))
            next += Int64(count)
        }
        return batches
    }()
    private static let aborted: [(Int64, Int64)] = [(1, 0), (2, 1_011)]
    private static let committed = Array(Int64(11)...1_010) + Array(Int64(1_022)...3_000)

    /// The offsets of all records that come, with a pause and its end after every table.
    private func offsets(
        _ receiver: KafkaRecordReceiver, tableOf capacity: Int, pauses: Bool
    ) throws -> [Int64] {
        let table = IncomingTable(capacity: capacity)
        var offsets: [Int64] = []
        while true {
            switch receiver.next(into: table) {
            case .records(let partition):
                for record in table.records {
                    let value = UnsafeRawBufferPointer(start: record.value, count: Int(record.valueLength))
                    #expect(String(decoding: value, as: UTF8.self) == "\(record.offset)")
                    offsets.append(record.offset)
                }
                if pauses {
                    receiver.pause([partition])
                    #expect(receiver.next(into: table).isNone)
                }
                receiver.release()
                if pauses { receiver.resume([partition]) }
            case .none: return offsets
            case .failed(let error): throw error
            default: Issue.record("an event that was not given")
            }
        }
    }

    @Test(arguments: [1, 7, 100, 2_048], [false, true])
    func `committed records all come and aborted ones do not, with pauses in the middle of a chunk`(
        capacity: Int, pauses: Bool
    ) throws {
        let source = Source()
        source.events = [.records(WireBatch.chunk(Self.aborting, aborted: Self.aborted))]
        let receiver = KafkaRecordReceiver(consumer: source)
        let found = try offsets(receiver, tableOf: capacity, pauses: pauses)
        #expect(found == Self.committed)
        #expect(source.reports.last == 3_001)
        #expect(source.reports == source.reports.sorted())
    }

    @Test func `a chunk that begins within a transaction goes on where it was left`() throws {
        let source = Source()
        source.events = [.records(WireBatch.chunk(Self.aborting, from: 5, aborted: Self.aborted))]
        #expect(
            try offsets(KafkaRecordReceiver(consumer: source), tableOf: 50, pauses: true) == Self.committed)
    }

    @Test func `records wait while the worker's session may be over, and the task is woken once it stands`() throws {
        let batches = [WireBatch(base: 0, count: 10)]
        let source = Source()
        source.events = [.records(WireBatch.chunk(batches, isReadCommitted: false))]
        let gate = SessionGate()
        let wakes = Atomic<Int>(0)
        let session = SessionWait(gate) { wakes.add(1, ordering: .relaxed) }
        let receiver = KafkaRecordReceiver(consumer: source, session: session)
        let table = IncomingTable(capacity: 4)
        for _ in 0..<3 { #expect(receiver.next(into: table).isNone) }
        #expect(source.events.count == 1 && wakes.load(ordering: .relaxed) == 0)
        let now = EventLoop.now()
        gate.open(until: now + 60_000_000_000, now: now)
        #expect(wakes.load(ordering: .relaxed) == 1)
        #expect(try offsets(receiver, tableOf: 4, pauses: false) == Array(0..<10))
        gate.shut()
        source.events = [.records(WireBatch.chunk(batches, isReadCommitted: false))]
        #expect(receiver.next(into: table).isNone, "as often as it is over")
    }

    @Test func `what was aborted behind the pause stays hidden`() throws {
        // Producer 1 commits, then begins what it aborts; the marker is in the next chunk.
        let batches = [
            WireBatch(base: 0, count: 10, producer: 1, attributes: WireBatch.transactional),
            WireBatch(base: 10, count: 10, producer: 2, attributes: WireBatch.transactional),
            WireBatch(base: 20, count: 10, producer: 1, attributes: WireBatch.transactional),
            WireBatch(base: 30, count: 10, producer: 2, attributes: WireBatch.transactional),
        ]
        let source = Source()
        source.events = [.records(WireBatch.chunk(batches, aborted: [(2, 10), (1, 20)]))]
        #expect(try offsets(KafkaRecordReceiver(consumer: source), tableOf: 4, pauses: true) == Array(0..<10))
    }

    @Test func `a loss that comes while commits are looked for is dealt with once the task has seen it`() throws {
        let source = Source()
        let lost = KafkaClient.TopicPartition("t", 0)
        source.events = [
            .records(WireBatch.chunk([WireBatch(base: 0, count: 10)], isReadCommitted: false))
        ]
        let receiver = KafkaRecordReceiver(consumer: source)
        let table = IncomingTable(capacity: 4)
        #expect(receiver.next(into: table).name == "records")
        receiver.commit([], sequence: 1)
        source.eventsOnly = [.lost([lost]), .failed(KafkaClient.ClientError(.closed, .fatal, "x"), partition: nil)]
        receiver.drainCommits { _, _ in }
        receiver.drainCommits { _, _ in }
        receiver.release()
        #expect(source.settledLosses == 0)
        #expect(receiver.next(into: table).name == "lost", "no more of what was lost is put")
        #expect(source.settledLosses == 0)
        #expect(receiver.next(into: table).name == "failed")
        #expect(receiver.next(into: table).isNone)
        #expect(source.settledLosses == 1)
    }

    @Test(arguments: [true, false])
    func `checksums are compared after a pause as before, or not at all`(checks: Bool) throws {
        let batches = (0..<4).map { WireBatch(base: Int64($0) * 10, count: 10, hasChecksum: checks || $0 == 0) }
        let source = Source()
        source.events = [.records(WireBatch.chunk(batches, isReadCommitted: false, checksChecksums: checks))]
        #expect(try offsets(KafkaRecordReceiver(consumer: source), tableOf: 4, pauses: true) == Array(0..<40))
        let damaged = [WireBatch(base: 0, count: 10), WireBatch(base: 10, count: 10, hasChecksum: false)]
        source.events = [.records(WireBatch.chunk(damaged, isReadCommitted: false, checksChecksums: true))]
        #expect(throws: ConnectError.self) {
            try offsets(KafkaRecordReceiver(consumer: source), tableOf: 4, pauses: true)
        }
    }

    private static let damages: [[WireBatch]] = [
        [WireBatch(base: 0, count: 10), WireBatch(base: 10, count: 10, hasChecksum: false)],
        [WireBatch(base: 0, count: 7), WireBatch(base: 7, count: 13, damagedRecord: 3)],
        [WireBatch(base: 0, count: 20, damagedRecord: 10)],
    ]

    /// A receiver that has lent the ten good records before the damage.
    private func lentBeforeDamage(_ source: Source, _ batches: [WireBatch]) throws -> KafkaRecordReceiver {
        source.events = [.records(WireBatch.chunk(batches, isReadCommitted: false))]
        let receiver = KafkaRecordReceiver(consumer: source)
        let table = IncomingTable(capacity: 2_048)
        #expect(receiver.next(into: table).name == "records")
        #expect(table.records.map(\.offset) == Array(0..<10))
        return receiver
    }

    @Test(arguments: damages)
    func `records before a damaged one are given, and then the damage is told`(batches: [WireBatch]) throws {
        let source = Source()
        let receiver = try lentBeforeDamage(source, batches)
        let table = IncomingTable(capacity: 2_048)
        #expect(receiver.next(into: table).isNone, "not while they are lent")
        receiver.release()
        #expect(source.reports == [10])
        let event = receiver.next(into: table)
        guard case .failed(let error) = event else {
            Issue.record("\(event.name)")
            return
        }
        #expect(error.code == .kafkaProtocol)
        #expect(error.message.hasPrefix("Records of t-0 from offset 10 on cannot be read: "))
        #expect(receiver.next(into: table).isNone, "once")
    }

    @Test(arguments: damages)
    func `damage waits while its partition is paused`(batches: [WireBatch]) throws {
        let source = Source()
        let receiver = try lentBeforeDamage(source, batches)
        let partition = ConnectModel.TopicPartition(topic: "t", partition: 0)
        let table = IncomingTable(capacity: 2_048)
        receiver.pause([partition])
        receiver.release()
        #expect(receiver.next(into: table).isNone)
        receiver.resume([partition])
        #expect(receiver.next(into: table).name == "failed")
    }

    @Test(arguments: ["seek", "revoking", "lost"])
    func `damage is forgotten where reading goes on elsewhere or the partition goes`(how: String) throws {
        let source = Source()
        let receiver = try lentBeforeDamage(source, Self.damages[0])
        let table = IncomingTable(capacity: 2_048)
        let partition = KafkaClient.TopicPartition("t", 0)
        switch how {
        case "seek":
            receiver.release()
            receiver.seek([TopicPartitionOffset(.init(topic: "t", partition: 0), 20)])
        default:
            source.eventsOnly = [how == "lost" ? .lost([partition]) : .revoking([partition])]
            #expect(receiver.next(into: table).name == how)
            receiver.release()
        }
        #expect(receiver.next(into: table).isNone)
    }

    @Test func `what the group has said comes before damage`() throws {
        let source = Source()
        let receiver = try lentBeforeDamage(source, Self.damages[0])
        let table = IncomingTable(capacity: 2_048)
        receiver.commit([], sequence: 1)
        source.eventsOnly = [.revoking([KafkaClient.TopicPartition("t", 0)])]
        receiver.drainCommits { _, _ in }
        receiver.release()
        #expect(receiver.next(into: table).name == "revoking")
        #expect(receiver.next(into: table).isNone)
    }

    @Test(arguments: [1, 2, 4, 2_048])
    func `records of a batch with the broker's time say so, each with the batch's latest`(capacity: Int) throws {
        let batches = [
            WireBatch(base: 0, count: 3, attributes: WireBatch.appendTime, maxTimestamp: 5_000),
            WireBatch(base: 3, count: 3),
            WireBatch(base: 6, count: 3, attributes: WireBatch.appendTime, maxTimestamp: 6_000),
            WireBatch(base: 9, count: 1, attributes: WireBatch.appendTime, maxTimestamp: -1),
        ]
        let broker: ConnectRecord.Flags = [.hasTimestamp, .appendTime]
        let source = Source()
        source.events = [.records(WireBatch.chunk(batches, isReadCommitted: false))]
        let found = stamps(KafkaRecordReceiver(consumer: source), tableOf: capacity)
        #expect(found.map(\.1) == [5_000, 5_000, 5_000, 1_000, 1_000, 1_000, 6_000, 6_000, 6_000, -1])
        #expect(
            found.map(\.0)
                == [broker, broker, broker, .hasTimestamp, .hasTimestamp, .hasTimestamp, broker, broker, broker, []])
    }

    @Test func `messages of format 1 say whose time they have`() throws {
        let bytes =
            WireBatch.message(at: 0, attributes: 8, timestamp: 5_000)
            + WireBatch.message(at: 1, attributes: 0, timestamp: 6_000)
        let source = Source()
        source.events = [.records(WireBatch.chunk(bytes, from: 0, next: 2, checksChecksums: false))]
        let found = stamps(KafkaRecordReceiver(consumer: source), tableOf: 10)
        #expect(found.map(\.1) == [5_000, 6_000])
        #expect(found.map(\.0) == [[.hasTimestamp, .appendTime], .hasTimestamp])
    }

    private func stamps(
        _ receiver: KafkaRecordReceiver, tableOf capacity: Int
    ) -> [(ConnectRecord.Flags, Int64)] {
        let table = IncomingTable(capacity: capacity)
        var found: [(ConnectRecord.Flags, Int64)] = []
        while case .records = receiver.next(into: table) {
            found += table.records.map { ($0.flags, $0.timestamp) }
            receiver.release()
        }
        return found
    }

    @Test func `partitions that are paused in turn go on each where it was`() throws {
        let source = Source()
        source.events = (0..<2).map {
            .records(
                WireBatch.chunk(Self.aborting, partition: Int32($0), aborted: Self.aborted))
        }
        let receiver = KafkaRecordReceiver(consumer: source)
        let partitions = (0..<2).map { ConnectModel.TopicPartition(topic: "t", partition: Int32($0)) }
        let table = IncomingTable(capacity: 33)
        var found: [ConnectModel.TopicPartition: [Int64]] = [:]
        var isStill = false
        receiving: while true {
            switch receiver.next(into: table) {
            case .records(let partition):
                isStill = false
                found[partition, default: []] += table.records.map(\.offset)
                receiver.pause([partition])
                receiver.release()
                receiver.resume(partitions.filter { $0 != partition })
            case .none:
                // Nothing is left where all partitions are free to come and none does.
                if isStill { break receiving }
                isStill = true
                receiver.resume(partitions)
            case .failed(let error): throw error
            default: Issue.record("an event that was not given")
            }
        }
        #expect(partitions.allSatisfy { found[$0] == Self.committed })
    }
}

extension ReceiverEvent {
    fileprivate var isNone: Bool { name == "none" }

    fileprivate var name: String {
        switch self {
        case .records: "records"
        case .assigned: "assigned"
        case .revoking: "revoking"
        case .lost: "lost"
        case .none: "none"
        case .failed: "failed"
        }
    }
}
