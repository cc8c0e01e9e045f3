import ConnectModel
import RecordPipeline

/// The records of a batch that go through the pipeline at once, and the ledger's segment for each of their source
/// partitions. Confined to the task's lane; its tables are reused, so that a chunk allocates nothing.
struct SourceChunk: ~Copyable {
    /// Segment for each source partition of the batch; -1 for those that the chunk has no record of.
    private(set) var segments: [Int32] = []
    private var counts: [Int32] = []
    private var last: [Int] = []
    /// The source partitions that the chunk has records of, in order of appearance.
    private var touched: [Int] = []
    private var records = 0..<0
    /// Records that the pipeline dropped, by position in the chunk.
    private var dropped: [Int] = []
    private var kept = 0
    /// How many of the pipeline's records the sender has taken.
    var sent = 0

    /// How many the sender has still to take.
    var unsent: Int { kept - sent }

    /// The batch's record that the sender has to take next, where there is one.
    var firstUnsent: Int { records.lowerBound + positionOfFirstUnsent() }

    /// Makes room for a batch's table of source partitions.
    mutating func prepare(partitions: Int) {
        segments = Array(repeating: -1, count: partitions)
        counts = Array(repeating: 0, count: partitions)
        last = Array(repeating: 0, count: partitions)
        touched.removeAll()
    }

    /// Begins a chunk of records `range` and opens a segment for each source partition in it.
    mutating func open(
        _ range: Range<Int>, of batch: SourceBatch, partitionNumbers: [Int32], in ledger: inout OffsetLedger
    ) {
        for partition in touched { segments[partition] = -1 }
        count(range, of: batch)
        ledger.beginChunk()
        for partition in touched { segments[partition] = ledger.open(partitionNumbers[partition]) }
        kept = 0
        sent = 0
    }

    /// Says what came of the chunk: fewer records than it was opened for, if one failed.
    mutating func seal(
        _ outcome: borrowing ConversionOutcome, of batch: SourceBatch, in ledger: inout OffsetLedger, _ text: OffsetText
    ) throws(ConnectError) {
        let opened = touched
        if outcome.consumed < records.count {
            count(records.lowerBound..<records.lowerBound + outcome.consumed, of: batch)
        }
        kept = outcome.kept
        dropped.removeAll(keepingCapacity: true)
        for partition in opened {
            let offset =
                counts[partition] == 0 ? .none : try text.ledgerOffset(batch.records[last[partition]].offset)
            ledger.seal(segments[partition], count: counts[partition], offset: offset)
            if counts[partition] == 0 { segments[partition] = -1 }
        }
        ledger.endChunk()
        for failure in outcome.dropped {
            dropped.append(failure.index)
            ledger.drop(segment(of: records.lowerBound + failure.index, batch), at: failure.index)
        }
    }

    /// Leaves all records of the chunk out.
    mutating func drop(
        _ range: Range<Int>, of batch: SourceBatch, in ledger: inout OffsetLedger, _ text: OffsetText
    ) throws(ConnectError) {
        for partition in touched {
            ledger.seal(
                segments[partition], count: counts[partition],
                offset: try text.ledgerOffset(batch.records[last[partition]].offset))
        }
        ledger.endChunk()
        for record in range { ledger.drop(segment(of: record, batch), at: record - range.lowerBound) }
    }

    /// The sender refuses the next record: it is left out.
    mutating func dropNext(_ segment: Int32, in ledger: inout OffsetLedger) {
        ledger.drop(segment, at: positionOfFirstUnsent())
        sent += 1
    }

    /// The records that the sender has not taken will not be sent: the segments end before them. The batch must still be
    /// lent.
    mutating func cutUnsent(of batch: SourceBatch, in ledger: inout OffsetLedger, _ text: OffsetText)
        throws(ConnectError)
    {
        guard unsent > 0 else { return }
        let end = records.lowerBound + positionOfFirstUnsent()
        let all = records
        let opened = touched
        var removed: [Int32] = Array(repeating: 0, count: counts.count)
        var drops = dropped[...].drop { all.lowerBound + $0 < end }
        for index in end..<all.upperBound {
            if drops.first == index - all.lowerBound {
                drops.removeFirst()
                continue
            }
            removed[Int(batch.records[index].sourcePartition)] += 1
        }
        count(all.lowerBound..<end, of: batch)
        for partition in opened where removed[partition] > 0 {
            let offset =
                counts[partition] == 0 ? nil : try text.ledgerOffset(batch.records[last[partition]].offset)
            ledger.cut(segments[partition], removing: removed[partition], offset: offset)
        }
        ledger.endYoungestChunk(after: end - all.lowerBound)
        kept = sent
    }

    private func positionOfFirstUnsent() -> Int {
        var position = sent
        for index in dropped where index <= position { position += 1 }
        return position
    }

    private func segment(of record: Int, _ batch: SourceBatch) -> Int32 {
        segments[Int(batch.records[record].sourcePartition)]
    }

    /// How many records each source partition has in `range`, and which is its last.
    private mutating func count(_ range: Range<Int>, of batch: SourceBatch) {
        for partition in touched { counts[partition] = 0 }
        touched.removeAll(keepingCapacity: true)
        records = range
        guard !range.isEmpty else { return }
        if counts.count == 1 {
            touched.append(0)
            counts[0] = Int32(range.count)
            last[0] = range.upperBound - 1
            return
        }
        // A copy of the pointer: the class property would be checked for exclusive access at every record.
        let table = batch.records
        for index in range {
            let partition = Int(table[index].sourcePartition)
            if counts[partition] == 0 { touched.append(partition) }
            counts[partition] += 1
            last[partition] = index
        }
    }
}
