public import ConnectModel

/// What stands between a source task's records and Kafka: transforms, then the header, key and value converters.
///
/// Confined to the task's lane. Memory that records need beyond their own lies in an arena that the next ``convert`` frees,
/// so ``outgoing`` must have been copied by then.
public final class SourcePipeline {
    private let keyConverter: any ColumnConverter
    private let valueConverter: any ColumnConverter
    private let headerConverter: any HeaderConverter
    private let tolerance: ErrorTolerance
    private let arena = ByteArena()
    private let table: UnsafeMutableBufferPointer<OutgoingRecord>
    /// So many of its entries were ever in use; the rest is not touched, so that an idle task costs little memory.
    private var prepared = 0
    private var kept = 0

    /// - Parameter capacity: records that one ``convert`` takes at most.
    public init(
        key: any ColumnConverter, value: any ColumnConverter, header: any HeaderConverter, tolerance: ErrorTolerance,
        capacity: Int
    ) {
        keyConverter = key
        valueConverter = value
        headerConverter = header
        self.tolerance = tolerance
        table = .allocate(capacity: max(capacity, 1))
    }

    deinit { table.deallocate() }

    /// Records that one ``convert`` takes at most.
    public var capacity: Int { table.count }

    /// What the last ``convert`` made, in the order of the records. Valid until the next one and while the batch is.
    public var outgoing: UnsafeBufferPointer<OutgoingRecord> { UnsafeBufferPointer(rebasing: table[..<kept]) }

    /// Converts records `range` of the batch, at most ``capacity`` of them.
    ///
    /// - Parameters:
    ///   - topicNumbers: the sender's number of each of the batch's topics.
    ///   - segments: the ledger's segment for each of the batch's source partitions.
    public func convert(_ batch: SourceBatch, _ range: Range<Int>, topicNumbers: [Int32], segments: [Int32])
        -> ConversionOutcome
    {
        arena.reset()
        kept = 0
        var outcome = ConversionOutcome()
        let records = UnsafeBufferPointer(
            rebasing: batch.records[range.clamped(to: range.lowerBound..<range.lowerBound + table.count)])
        let all = 0..<records.count
        let schemas = batch.schemas
        fill(records, topicNumbers: topicNumbers, segments: segments)
        var end = all
        for failure in [
            convertHeaders(records, end, schemas, &outcome.dropped),
            convertTolerantly(end, stage: .keyConverter, tolerance: tolerance, failures: &outcome.dropped) {
                (rest) throws(ColumnFailure) in
                try keyConverter.encode(records, .key, range: rest, schemas: schemas, into: table, arena: arena)
            },
            convertTolerantly(end, stage: .valueConverter, tolerance: tolerance, failures: &outcome.dropped) {
                (rest) throws(ColumnFailure) in
                try valueConverter.encode(records, .value, range: rest, schemas: schemas, into: table, arena: arena)
            },
        ] {
            // The earliest failure counts: records before it have gone through every stage.
            if let failure, failure.index < end.upperBound {
                end = 0..<failure.index
                outcome.fatal = failure
            }
        }
        outcome.consumed = end.count
        outcome.compact(table)
        kept = outcome.kept
        return outcome
    }

    private func prepare(_ count: Int) {
        guard count > prepared else { return }
        table[prepared..<count].initialize(repeating: OutgoingRecord())
        prepared = count
    }

    private func fill(_ records: UnsafeBufferPointer<ConnectRecord>, topicNumbers: [Int32], segments: [Int32]) {
        prepare(records.count)
        for index in records.indices {
            let flags = records[index].flags
            table[index].timestamp = flags.contains(.hasTimestamp) ? records[index].timestamp : -1
            table[index].partition = flags.contains(.hasPartition) ? records[index].partition : -1
            table[index].topic = topicNumbers[Int(records[index].topic)]
            table[index].segment = segments[Int(records[index].sourcePartition)]
            table[index].headers = nil
            table[index].headerCount = 0
        }
    }

    private func convertHeaders(
        _ records: UnsafeBufferPointer<ConnectRecord>, _ range: Range<Int>, _ schemas: [Schema],
        _ failures: inout [RecordFailure]
    ) -> RecordFailure? {
        for index in range where records[index].headerCount > 0 {
            do throws(ConnectError) {
                try encodeHeaders(records[index], index, schemas)
            } catch {
                let failure = RecordFailure(index: index, stage: .headerConverter, error: error)
                guard tolerance == .all else { return failure }
                failures.append(failure)
            }
        }
        return nil
    }

    private func encodeHeaders(_ record: ConnectRecord, _ index: Int, _ schemas: [Schema]) throws(ConnectError) {
        let count = Int(record.headerCount)
        guard let headers = record.headers else { return }
        let room = arena.allocate(count * MemoryLayout<WireHeader>.stride).bindMemory(
            to: WireHeader.self, capacity: count)
        for position in 0..<count {
            let header = headers[position]
            let (pointer, length) = try headerConverter.encode(
                header.value, schema: schemas.schema(header.schema), arena: arena)
            (room + position).initialize(
                to: WireHeader(
                    key: UnsafeRawPointer(header.name), keyLength: header.nameLength, value: pointer,
                    valueLength: length))
        }
        table[index].headers = UnsafePointer(room)
        table[index].headerCount = record.headerCount
    }
}
