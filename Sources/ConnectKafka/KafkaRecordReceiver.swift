import ConnectModel
import KafkaClient
import KafkaProtocol
import Synchronization

/// A sink task's way out of Kafka: a consumer's events, its chunks checked, decompressed and cut into tables of records.
///
/// Confined to the task's lane. Records point into the fetch answer, or into the decompressed batch, until ``release()``.
final class KafkaRecordReceiver: RecordReceiver {
    private let consumer: any ChunkSource
    /// nil where no cluster is behind the source.
    private let use: ClusterUse?
    private let session: SessionWait?
    private let decompressor = Decompressor(pool: RecordBufferPool(keptBytes: 4 << 20))
    private let arena = ByteArena()
    private var current: (walk: ChunkWalk, partition: ConnectModel.TopicPartition)?
    /// Where the chunk under way goes on.
    private var currentNext: Int64 = 0
    private var paused: Set<ConnectModel.TopicPartition> = []
    /// Chunks whose partition was paused while they were under way, and where each goes on.
    private var held: [(chunk: FetchedChunk, next: Int64)] = []
    /// Partitions whose records are damaged behind those that were shown: told when those have come back.
    private var damaged: [(partition: ConnectModel.TopicPartition, error: ConnectError)] = []
    /// Owns the memory that the lent records point into.
    private var lent: FetchedChunk?
    /// The offset behind the records that were lent last; told to the consumer when they come back.
    private var lentUpTo: Int64?
    /// Events, never records, that were polled while commits were looked for.
    private var ahead: [ConsumerEvent] = []
    private var outstandingCommits = 0
    private let finishedCommits = FinishedCommits()

    /// Results of commits that were polled and not yet asked for.
    private final class FinishedCommits: Sendable {
        let list = Mutex<[(sequence: UInt64, error: ConnectError?)]>([])
    }

    /// - Parameter session: of a worker of a cluster: records wait while others may have the task.
    init(consumer: any ChunkSource, use: ClusterUse? = nil, session: SessionWait? = nil) {
        self.consumer = consumer
        self.use = use
        self.session = session
    }

    func next(into table: IncomingTable) -> ReceiverEvent {
        if lent != nil || session?.mustWait() == true { return nextEvent() }
        table.count = 0
        while true {
            // Not before what the group has said: it may have taken the partition away.
            if ahead.isEmpty, let index = damaged.firstIndex(where: { !paused.contains($0.partition) }) {
                return .failed(damaged.remove(at: index).error)
            }
            if current != nil {
                do throws(ConnectError) {
                    if let partition = try fill(table) { return .records(partition) }
                } catch {
                    current = nil
                    return .failed(error)
                }
                continue
            }
            if let index = held.firstIndex(where: { !paused.contains(Self.model($0.chunk.partition)) }) {
                let (chunk, next) = held.remove(at: index)
                begin(chunk, from: next)
                continue
            }
            guard let event = ahead.isEmpty ? consumer.poll(maxBytes: .max) : ahead.removeFirst() else { return .none }
            if case .records(let chunk) = event {
                begin(chunk, from: chunk.offset)
            } else if let told = told(event) {
                return told
            }
        }
    }

    /// What has come besides records, while records are lent: a plugin that does not take a batch must not hide from the
    /// group that partitions are to go.
    private func nextEvent() -> ReceiverEvent {
        while let event = ahead.isEmpty ? consumer.pollEvent(settlesLosses: true) : ahead.removeFirst() {
            if let told = told(event) { return told }
        }
        return .none
    }

    /// nil for what a task need not hear of. Records of partitions that go are never shown any more.
    private func told(_ event: ConsumerEvent) -> ReceiverEvent? {
        switch event {
        case .records: return nil
        case .assigned(let beginnings):
            if beginnings.isEmpty { return nil }
            return .assigned(beginnings.map { TopicPartitionOffset(Self.model($0.partition), $0.offset) })
        case .revoking(let partitions):
            forget(partitions)
            return .revoking(partitions.map(Self.model))
        case .lost(let partitions):
            forget(partitions)
            return .lost(partitions.map(Self.model))
        case .failed(let error, _): return .failed(ConnectError(error))
        }
    }

    private func begin(_ chunk: FetchedChunk, from offset: Int64) {
        current = (ChunkWalk(chunk, from: offset, decompressor: decompressor), Self.model(chunk.partition))
        currentNext = offset
    }

    /// Fills the table from the chunk under way; nil when the chunk is through without a record.
    ///
    /// Records before a damaged one are shown all the same, as by Java's consumer: who moves the group behind the damage must
    /// not lose them.
    private func fill(_ table: IncomingTable) throws(ConnectError) -> ConnectModel.TopicPartition? {
        guard let (started, partition) = current else { return nil }
        current = nil
        var walk = started
        let chunk = walk.chunk
        var count = 0
        var isExhausted = false
        var damage: ProtocolError?
        var timestampFlags = walk.timestampFlags
        do throws(ProtocolError) {
            while count < table.storage.count {
                if let record = try walk.next() {
                    table.storage[count] = try incoming(record, timestampFlags)
                    count += 1
                    continue
                }
                if count > 0, walk.isInsideCompressedBatch { break }
                guard try walk.nextBatch() else {
                    isExhausted = true
                    break
                }
                timestampFlags = walk.timestampFlags
            }
        } catch {
            damage = error
        }
        table.count = count
        if let damage {
            let next = count > 0 ? table.storage[count - 1].offset + 1 : currentNext
            let error = ConnectError(
                .kafkaProtocol, "Records of \(partition) from offset \(next) on cannot be read: \(damage.description)")
            guard count > 0 else { throw error }
            damaged.append((partition, error))
            lentUpTo = next
            lent = chunk
        } else if isExhausted {
            lentUpTo = chunk.nextOffset
            if count == 0 {
                consumer.consumed(upTo: chunk.nextOffset, chunk.partition)
                return nil
            }
            lent = chunk
        } else {
            lentUpTo = count > 0 ? table.storage[count - 1].offset + 1 : nil
            currentNext = lentUpTo ?? currentNext
            lent = chunk
            current = (walk, partition)
        }
        return partition
    }

    @inline(__always)
    private func incoming(
        _ record: RecordView, _ timestampFlags: ConnectRecord.Flags
    ) throws(ProtocolError) -> IncomingRecord {
        var result = IncomingRecord()
        result.key = record.key
        result.keyLength = record.keyCount
        result.value = record.value
        result.valueLength = record.valueCount
        result.offset = record.offset
        result.timestamp = record.timestamp
        result.flags = record.timestamp >= 0 ? timestampFlags : []
        if record.headerCount > 0 { try copyHeaders(record, into: &result) }
        return result
    }

    private func copyHeaders(_ record: RecordView, into result: inout IncomingRecord) throws(ProtocolError) {
        let capacity = Int(record.headerCount)
        let room = arena.allocate(capacity * MemoryLayout<WireHeader>.stride)
            .bindMemory(to: WireHeader.self, capacity: capacity)
        var reader = record.headers()
        var count = 0
        while count < capacity, let header = try reader.next() {
            (room + count).initialize(
                to: WireHeader(
                    key: header.key.baseAddress, keyLength: Int32(truncatingIfNeeded: header.key.count),
                    value: header.value?.baseAddress,
                    valueLength: header.value.map { Int32(truncatingIfNeeded: $0.count) } ?? -1))
            count += 1
        }
        result.headers = UnsafePointer(room)
        result.headerCount = Int32(truncatingIfNeeded: count)
    }

    func release() {
        if let lent, let lentUpTo { consumer.consumed(upTo: lentUpTo, lent.partition) }
        lent = nil
        lentUpTo = nil
        arena.reset()
        if current == nil { decompressor.trim() }
    }

    func finishRevocation() {
        consumer.finishRevocation()
    }

    func commit(_ offsets: [TopicPartitionOffset], sequence: UInt64) {
        outstandingCommits += 1
        consumer.commit(offsets.map { (Self.client($0.partition), $0.offset) }) { [finishedCommits] result in
            var error: ConnectError?
            if case .failure(let failure) = result { error = ConnectError(failure) }
            finishedCommits.list.withLock { $0.append((sequence, error)) }
        }
    }

    func drainCommits(_ body: (_ sequence: UInt64, _ error: ConnectError?) -> Void) {
        // Results come within polls: what else such a poll brings waits for the next call of `next`. A loss among that is not
        // dealt with before the task has seen it; until then the member joins no round, and nobody takes what the task still
        // commits for the work of another ownership.
        while outstandingCommits > 0, let event = consumer.pollEvent(settlesLosses: false) {
            if case .lost(let partitions) = event {
                for partition in partitions { dropBuffered(partition) }
            }
            ahead.append(event)
        }
        let finished = finishedCommits.list.withLock { stored in
            defer { stored = [] }
            return stored
        }
        outstandingCommits -= finished.count
        for commit in finished { body(commit.sequence, commit.error) }
    }

    func pause(_ partitions: [ConnectModel.TopicPartition]) {
        paused.formUnion(partitions)
        if let under = current, paused.contains(under.partition) {
            held.append((under.walk.chunk, currentNext))
            current = nil
        }
        consumer.pause(partitions.map(Self.client))
    }

    func resume(_ partitions: [ConnectModel.TopicPartition]) {
        paused.subtract(partitions)
        consumer.resume(partitions.map(Self.client))
    }

    func seek(_ offsets: [TopicPartitionOffset]) {
        for offset in offsets {
            let partition = Self.client(offset.partition)
            dropBuffered(partition)
            consumer.seek(partition, to: offset.offset)
        }
    }

    private func dropBuffered(_ partition: KafkaClient.TopicPartition) {
        if current?.walk.chunk.partition == partition { current = nil }
        held.removeAll { $0.chunk.partition == partition }
        let dropped = Self.model(partition)
        damaged.removeAll { $0.partition == dropped }
    }

    /// Partitions that come back do so without their pause.
    private func forget(_ partitions: [KafkaClient.TopicPartition]) {
        for partition in partitions { dropBuffered(partition) }
        paused.subtract(partitions.map(Self.model))
    }

    func close(_ done: @escaping @Sendable () -> Void) {
        current = nil
        held = []
        damaged = []
        ahead = []
        Self.close(consumer, use, done)
    }

    var closer: @Sendable () -> Void {
        { [consumer, use] in Self.close(consumer, use) {} }
    }

    private static func close(
        _ consumer: any ChunkSource, _ use: ClusterUse?, _ done: @escaping @Sendable () -> Void
    ) {
        consumer.close {
            use?.end()
            done()
        }
    }

    private static func model(_ partition: KafkaClient.TopicPartition) -> ConnectModel.TopicPartition {
        ConnectModel.TopicPartition(topic: partition.topic, partition: partition.partition)
    }

    private static func client(_ partition: ConnectModel.TopicPartition) -> KafkaClient.TopicPartition {
        KafkaClient.TopicPartition(partition.topic, partition.partition)
    }
}
