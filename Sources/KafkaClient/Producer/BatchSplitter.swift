internal import KafkaProtocol

/// Cuts a batch that a broker found too large into smaller ones, records and order unchanged.
struct BatchSplitter {
    let pool: RecordBufferPool
    let compressor: Compressor?
    /// How large a part may become before compression.
    var limit = RecordBatchBuilder.largestBatch

    /// At least two parts, or why there are none.
    func cut(_ parcel: ProducerParcel, _ batch: RecordBatch) -> Result<[ProducerParcel], ProducerFailure> {
        do throws(ProtocolError) {
            let parts = try split(parcel, batch)
            return parts.count > 1 ? .success(parts) : .failure(ProducerFailure(.tooLarge, errorCode: 10))
        } catch {
            guard case .noMemory = error else {
                return .failure(ProducerFailure(.notCut, errorCode: 10, message: "\(error)"))
            }
            // No word of the batch's size: with memory it would have been cut.
            return .failure(ProducerFailure(.noMemory, message: "\(error)"))
        }
    }

    /// At least two parts of about half the size each, or the batch alone when it cannot be cut. Throws where a part has no room
    /// for its records.
    func split(_ parcel: ProducerParcel, _ batch: RecordBatch) throws(ProtocolError) -> [ProducerParcel] {
        var reader = RecordBatchReader(
            batch.bytes, decompressor: Decompressor(pool: pool, limit: RecordBatchBuilder.largestBatch))
        guard try reader.nextBatch() != nil else { return [] }
        // By records and not by bytes: the size of what compression makes of them is not known before.
        let half = max(Int(batch.recordCount) / 2, 1)
        let builder = RecordBatchBuilder(pool: pool, limit: limit)
        var runs = RunCutter(parcel.runs)
        var parts: [ProducerParcel] = []
        func finish() throws(ProtocolError) {
            let count = builder.recordCount
            guard let sealed = try builder.seal(compressor) else { return }
            parts.append(
                ProducerParcel(
                    topic: parcel.topic, partition: parcel.partition, createdAt: parcel.createdAt,
                    runs: runs.take(Int32(count)), batch: sealed, isFromLane: parcel.isFromLane && parts.isEmpty,
                    isWhole: parcel.isWhole && parts.isEmpty))
        }
        while let record = try reader.next() {
            if builder.recordCount >= half { try finish() }
            let isTaken = builder.append(
                key: record.key, keyCount: record.keyCount, value: record.value, valueCount: record.valueCount,
                timestamp: record.timestamp, headerCount: Int(record.headerCount), headerBytes: record.headerBytes)
            // Its place in the runs would go to the next one, and nobody would know that it is missing.
            guard isTaken else { throw .noMemory(builder.capacity) }
        }
        try finish()
        return parts
    }
}

/// Deals the runs of a batch out to its parts.
struct RunCutter {
    private var left: [SegmentRun]

    init(_ runs: [SegmentRun]) { left = runs }

    /// The runs of the next `count` records.
    mutating func take(_ count: Int32) -> [SegmentRun] {
        var wanted = count
        var taken: [SegmentRun] = []
        while wanted > 0, let first = left.first {
            let part = min(wanted, first.count)
            taken.append(SegmentRun(segment: first.segment, count: part))
            wanted -= part
            if part == first.count { left.removeFirst() } else { left[0].count -= part }
        }
        return taken
    }
}
