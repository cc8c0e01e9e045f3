public import ConnectModel

/// What stands between fetched records and a sink task: the key, value and header converters, then transforms.
///
/// Confined to the task's lane. What ``batch`` holds is valid until the next ``convert`` and while the fetched bytes are.
public final class SinkPipeline {
    private let keyConverter: any ColumnConverter
    private let valueConverter: any ColumnConverter
    private let headerConverter: any HeaderConverter
    private let tolerance: ErrorTolerance
    private let arena = ByteArena()
    private let schemas = SchemaTable()
    private let storage: UnsafeMutableBufferPointer<ConnectRecord>
    /// So many of its entries were ever in use; the rest is not touched, so that an idle task costs little memory.
    private var prepared = 0
    private var topicNumbers: [String: Int32] = [:]

    /// What is lent to the task's `put`.
    public let batch = SinkBatch()

    /// - Parameter capacity: records that one ``convert`` takes at most.
    public init(
        key: any ColumnConverter, value: any ColumnConverter, header: any HeaderConverter, tolerance: ErrorTolerance,
        capacity: Int
    ) {
        keyConverter = key
        valueConverter = value
        headerConverter = header
        self.tolerance = tolerance
        storage = .allocate(capacity: max(capacity, 1))
    }

    deinit { storage.deallocate() }

    /// Records that one ``convert`` takes at most.
    public var capacity: Int { storage.count }

    /// Converts fetched records of one partition into ``batch``.
    public func convert(_ incoming: UnsafeBufferPointer<IncomingRecord>, of partition: TopicPartition)
        -> ConversionOutcome
    {
        arena.reset()
        if schemas.trim() { batch.schemas = [] }
        let records = UnsafeBufferPointer(rebasing: incoming[..<min(incoming.count, storage.count)])
        var outcome = ConversionOutcome()
        var end = 0..<records.count
        fill(records, topic: number(of: partition.topic), partition: partition.partition)
        for failure in [
            convertTolerantly(end, stage: .keyConverter, tolerance: tolerance, failures: &outcome.dropped) {
                (rest) throws(ColumnFailure) in
                try keyConverter.decode(records, .key, range: rest, into: storage, schemas: schemas, arena: arena)
            },
            convertTolerantly(end, stage: .valueConverter, tolerance: tolerance, failures: &outcome.dropped) {
                (rest) throws(ColumnFailure) in
                try valueConverter.decode(records, .value, range: rest, into: storage, schemas: schemas, arena: arena)
            },
            convertHeaders(records, end, &outcome.dropped),
        ] {
            if let failure, failure.index < end.upperBound {
                end = 0..<failure.index
                outcome.fatal = failure
            }
        }
        outcome.consumed = end.count
        outcome.compact(storage)
        batch.records = UnsafeMutableBufferPointer(rebasing: storage[..<outcome.kept])
        if batch.tableGeneration != schemas.generation &+ UInt64(batch.topics.count) {
            batch.schemas = schemas.schemas
            batch.tableGeneration = schemas.generation &+ UInt64(batch.topics.count)
        }
        return outcome
    }

    /// Leaves the batch without records, for the `put` of an idle task.
    public func clear() {
        batch.records = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    private func number(of topic: String) -> Int32 {
        if let known = topicNumbers[topic] { return known }
        let number = Int32(truncatingIfNeeded: batch.topics.count)
        batch.topics.append(topic)
        topicNumbers[topic] = number
        return number
    }

    private func prepare(_ count: Int) {
        guard count > prepared else { return }
        storage[prepared..<count].initialize(repeating: ConnectRecord())
        prepared = count
    }

    private func fill(_ records: UnsafeBufferPointer<IncomingRecord>, topic: Int32, partition: Int32) {
        prepare(records.count)
        for index in records.indices {
            storage[index].offset = .int64(records[index].offset)
            storage[index].timestamp = records[index].timestamp
            storage[index].flags = records[index].flags
            storage[index].topic = topic
            storage[index].partition = partition
            storage[index].headers = nil
            storage[index].headerCount = 0
        }
    }

    private func convertHeaders(
        _ records: UnsafeBufferPointer<IncomingRecord>, _ range: Range<Int>, _ failures: inout [RecordFailure]
    ) -> RecordFailure? {
        for index in range where records[index].headerCount > 0 {
            do throws(ConnectError) {
                try decodeHeaders(records[index], index)
            } catch {
                let failure = RecordFailure(index: index, stage: .headerConverter, error: error)
                guard tolerance == .all else { return failure }
                failures.append(failure)
            }
        }
        return nil
    }

    private func decodeHeaders(_ record: IncomingRecord, _ index: Int) throws(ConnectError) {
        let count = Int(record.headerCount)
        guard let headers = record.headers else { return }
        let room = arena.allocate(count * MemoryLayout<RecordHeader>.stride).bindMemory(
            to: RecordHeader.self, capacity: count)
        for position in 0..<count {
            let header = headers[position]
            let bytes =
                header.valueLength < 0
                ? nil : UnsafeRawBufferPointer(start: header.value, count: Int(header.valueLength))
            let (value, schema) = try headerConverter.decode(bytes, arena: arena)
            (room + position).initialize(
                to: RecordHeader(
                    name: header.key?.assumingMemoryBound(to: UInt8.self), nameLength: header.keyLength,
                    schema: schema.map { schemas.number(of: $0) } ?? -1, value: value))
        }
        storage[index].headers = UnsafePointer(room)
        storage[index].headerCount = record.headerCount
    }
}
