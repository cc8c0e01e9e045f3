internal import KafkaProtocol

/// What one fetched chunk of a log holds, copied out of it.
struct LogSpan {
    /// A place that cannot be read.
    struct Damage {
        /// The offset behind the batch that is damaged.
        let behind: Int64
        let error: ProtocolError
    }

    private(set) var records: [TopicLog.Record] = []
    /// The next offset to read: behind the chunk, or where the damage begins.
    private(set) var next: Int64
    private(set) var damage: Damage?

    /// Reads a chunk. Records of markers and, where only committed ones are wanted, of aborted transactions are left out.
    init(_ chunk: FetchedChunk, _ decompressor: Decompressor) {
        next = chunk.offset
        var reader = chunk.reader(decompressor: decompressor)
        var filter = TransactionFilter(chunk)
        var start = 0
        do throws(ProtocolError) {
            while true {
                start = reader.position
                guard let batch = try reader.nextBatch() else { break }
                if try filter.shows(batch, &reader) {
                    while let record = try reader.next() { take(record, chunk.partition.partition) }
                }
                next = max(next, batch.nextOffset)
            }
            next = chunk.nextOffset
        } catch {
            damage = Damage(behind: Self.end(of: next, in: chunk, from: start), error: error)
        }
    }

    private mutating func take(_ record: RecordView, _ partition: Int32) {
        records.append(
            TopicLog.Record(
                partition: partition, offset: record.offset, key: record.keyBytes.map { Array($0) },
                value: record.valueBytes.map { Array($0) }))
        next = record.offset + 1
    }

    /// The offset behind the batch that holds `offset`, by what batch headers say; behind the chunk where they say nothing.
    private static func end(of offset: Int64, in chunk: FetchedChunk, from start: Int) -> Int64 {
        let bytes = chunk.bytes
        var at = start
        while at < bytes.count {
            let span = FetchedSpan(scanning: UnsafeRawBufferPointer(rebasing: bytes[at...]), limit: 1)
            guard span.byteCount > 0 else { break }
            if span.nextOffset > offset { return span.nextOffset }
            at += span.byteCount
        }
        return chunk.nextOffset
    }
}
