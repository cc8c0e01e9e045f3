import ConnectModel

/// Which source offsets may be committed: those up to which Kafka has, or nobody wants, every record.
///
/// A segment is a run of records of one source partition that were handled together, in poll order, with a count of
/// those still open. The committable offset of a partition is the offset of the last segment of its longest closed
/// prefix: an open segment holds back its own partition only. Pure and deterministic: the same calls give the same
/// answers in every process, and no dictionary is ever walked.
///
/// Source: Apache's `SubmittedRecords`, which keeps an object per record; a segment is up to
/// ``maximumSegmentLength`` of them.
struct OffsetLedger {
    /// What is stored for a partition.
    enum Offset: Equatable {
        /// The plugin gave no offset: a tombstone.
        case none
        /// One number under the partition's offset key.
        case number(Int64)
        /// A map as compact JSON.
        case json([UInt8])
    }

    /// An offset that may be stored.
    struct Committable: Equatable {
        let partition: SourcePartition
        let offset: Offset
    }

    private struct Segment {
        var partition: Int32 = -1
        var open: Int32 = 0
        var isSealed = false
        var offset = Offset.none
        /// Next younger segment of the partition, -1 at the end.
        var next: Int32 = -1
        /// Number of the chunk, for acknowledgements in poll order.
        var chunk: UInt64 = 0
    }

    private struct Partition {
        var key: SourcePartition?
        var first: Int32 = -1
        var last: Int32 = -1
        /// How many of the task's tables name it; it is forgotten at zero, once nothing of it is left.
        var pins: Int32 = 0
        /// What may be stored and was not taken yet.
        var committable: Offset?
    }

    private struct Chunk {
        /// What is known of its records that were left out.
        enum Drops {
            case none
            /// Their positions, in ``OffsetLedger/drops``.
            case placed
            /// Kafka has not taken some of them, and which is not known.
            case unplaced
        }

        var openSegments: Int32
        var records: Int
        var drops = Drops.none
    }

    /// Records side by side that were left out.
    private struct Drop {
        let chunk: UInt64
        var positions: Range<Int>
    }

    /// The most records that a segment counts.
    static let maximumSegmentLength = 4096

    private let maximumSegments: Int
    private var segments: [Segment] = []
    private var freeSegments: [Int32] = []
    private var partitions: [Partition] = []
    private var freePartitions: [Int32] = []
    private var numbers: [SourcePartition: Int32] = [:]
    /// Partitions with something to take, in the order in which they got it.
    private var advanced: [Int32] = []
    private var chunks: [Chunk] = []
    private var firstChunk: UInt64 = 0
    private var isChunkOpen = false
    /// Of chunks that are not yet told as acknowledged, in their order, but in no order within a chunk.
    private var drops: [Drop] = []
    /// How many of them were told; they are removed together, so that each is moved a few times at most.
    private var toldDrops = 0
    /// Segments in use.
    private(set) var segmentCount = 0
    /// Records that are neither acknowledged nor dropped.
    private(set) var openRecords = 0

    /// - Parameter maximumSegments: beyond which ``open(_:)`` refuses, so that memory stays bounded whatever the records.
    init(maximumSegments: Int = 1 << 16) {
        self.maximumSegments = maximumSegments
    }

    // MARK: Partitions

    /// The number of a partition, which stays the same until as many ``unpin(_:)`` were called.
    mutating func pin(_ key: SourcePartition) -> Int32 {
        if let number = numbers[key] {
            partitions[Int(number)].pins += 1
            return number
        }
        let number: Int32
        if let free = freePartitions.popLast() {
            number = free
        } else {
            number = Int32(partitions.count)
            partitions.append(Partition())
        }
        partitions[Int(number)].key = key
        partitions[Int(number)].pins = 1
        numbers[key] = number
        return number
    }

    /// Takes one ``pin(_:)`` back.
    mutating func unpin(_ number: Int32) {
        partitions[Int(number)].pins -= 1
        forgetIfIdle(number)
    }

    private mutating func forgetIfIdle(_ number: Int32) {
        let partition = partitions[Int(number)]
        guard let key = partition.key, partition.pins == 0, partition.first < 0, partition.committable == nil else {
            return
        }
        numbers[key] = nil
        partitions[Int(number)] = Partition()
        freePartitions.append(number)
    }

    /// The partition that a segment with open records is of.
    func key(ofSegment segment: Int32) -> SourcePartition? {
        guard segments.indices.contains(Int(segment)) else { return nil }
        let partition = Int(segments[Int(segment)].partition)
        return partitions.indices.contains(partition) ? partitions[partition].key : nil
    }

    // MARK: Segments

    /// Begins the next chunk of the poll order; its segments are those opened until ``endChunk()``.
    mutating func beginChunk() {
        chunks.append(Chunk(openSegments: 0, records: 0))
        isChunkOpen = true
    }

    /// All segments of the chunk are opened and sealed.
    mutating func endChunk() { isChunkOpen = false }

    /// Whether `count` more segments can be opened. Chunks that are through, and what was left out of them, are kept behind an
    /// open one: they count too, since nothing else bounds them.
    func hasRoom(for count: Int) -> Bool {
        segmentCount + count <= maximumSegments && chunks.count < maximumSegments
            && drops.count - toldDrops < maximumSegments
    }

    /// A new segment at the end of a partition, in the open chunk. It counts once it is sealed.
    mutating func open(_ partition: Int32) -> Int32 {
        let number: Int32
        if let free = freeSegments.popLast() {
            number = free
        } else {
            number = Int32(segments.count)
            segments.append(Segment())
        }
        if !isChunkOpen { beginChunk() }
        segmentCount += 1
        chunks[chunks.count - 1].openSegments += 1
        segments[Int(number)] = Segment(partition: partition, chunk: firstChunk + UInt64(chunks.count - 1))
        let last = partitions[Int(partition)].last
        if last >= 0 {
            segments[Int(last)].next = number
        } else {
            partitions[Int(partition)].first = number
        }
        partitions[Int(partition)].last = number
        return number
    }

    /// Says what a new segment holds: `count` records, the last of which has `offset`. None takes the segment out again.
    mutating func seal(_ segment: Int32, count: Int32, offset: Offset) {
        let index = Int(segment)
        segments[index].open = count
        segments[index].isSealed = true
        segments[index].offset = offset
        openRecords += Int(count)
        chunks[Int(segments[index].chunk - firstChunk)].records += Int(count)
        if count == 0 { remove(segment) }
    }

    /// A record of a segment is left out on purpose; it counts as ``settle(_:_:)`` says.
    ///
    /// - Parameter position: of the record in its chunk.
    @discardableResult
    mutating func drop(_ segment: Int32, at position: Int) -> Bool {
        guard let chunk = chunk(of: segment) else { return false }
        if chunks[chunk].drops == .none { chunks[chunk].drops = .placed }
        note(position, of: firstChunk + UInt64(chunk))
        return settle(segment, 1)
    }

    private mutating func note(_ position: Int, of chunk: UInt64) {
        guard drops.count > toldDrops, let last = drops.last, last.chunk == chunk, last.positions.upperBound == position
        else { return drops.append(Drop(chunk: chunk, positions: position..<position + 1)) }
        drops[drops.count - 1].positions = last.positions.lowerBound..<position + 1
    }

    /// Kafka does not take `count` records of a segment, and the task goes on without them; see ``settle(_:_:)``.
    ///
    /// Which they are is not known. No record of their chunk is told as being in Kafka: a plugin may delete what is.
    @discardableResult
    mutating func dropUnplaced(_ segment: Int32, _ count: Int32) -> Bool {
        guard let chunk = chunk(of: segment) else { return false }
        if count > 0, segments[Int(segment)].open >= count { chunks[chunk].drops = .unplaced }
        return settle(segment, count)
    }

    private func chunk(of segment: Int32) -> Int? {
        guard segments.indices.contains(Int(segment)), segments[Int(segment)].isSealed else { return nil }
        return Int(segments[Int(segment)].chunk - firstChunk)
    }

    /// `count` records of a segment are acknowledged or dropped.
    ///
    /// - Returns: false, without an effect, where the segment has not that many open: the caller has lost count.
    @discardableResult
    mutating func settle(_ segment: Int32, _ count: Int32) -> Bool {
        let index = Int(segment)
        guard segments.indices.contains(index), segments[index].isSealed, count >= 0, segments[index].open >= count
        else { return false }
        segments[index].open -= count
        openRecords -= Int(count)
        if segments[index].open == 0, count > 0 { closed(segment) }
        return true
    }

    /// The last `count` open records of a segment will not be sent after all; what is left of it ends at `offset`, or
    /// nothing is, and then its offset never counts.
    mutating func cut(_ segment: Int32, removing count: Int32, offset: Offset?) {
        let index = Int(segment)
        guard segments[index].isSealed, count <= segments[index].open else { return }
        segments[index].open -= count
        openRecords -= Int(count)
        chunks[Int(segments[index].chunk - firstChunk)].records -= Int(count)
        if let offset {
            segments[index].offset = offset
            if segments[index].open == 0, count > 0 { closed(segment) }
        } else {
            remove(segment)
        }
    }

    /// The youngest chunk ends after so many records: those behind were cut, and what was left out among them does not count.
    mutating func endYoungestChunk(after records: Int) {
        if let last = chunks.indices.last { chunks[last].records = records }
    }

    private mutating func closed(_ segment: Int32) {
        leaveChunk(segment)
        let partition = segments[Int(segment)].partition
        while case let first = partitions[Int(partition)].first, first >= 0, segments[Int(first)].isSealed,
            segments[Int(first)].open == 0
        {
            publish(segments[Int(first)].offset, of: partition)
            partitions[Int(partition)].first = segments[Int(first)].next
            if segments[Int(first)].next < 0 { partitions[Int(partition)].last = -1 }
            free(first)
        }
    }

    /// Takes a segment out of its partition's list without counting its offset.
    private mutating func remove(_ segment: Int32) {
        leaveChunk(segment)
        openRecords -= Int(segments[Int(segment)].open)
        let partition = Int(segments[Int(segment)].partition)
        let next = segments[Int(segment)].next
        var before: Int32 = -1
        var current = partitions[partition].first
        while current >= 0, current != segment {
            before = current
            current = segments[Int(current)].next
        }
        if before >= 0 {
            segments[Int(before)].next = next
        } else {
            partitions[partition].first = next
        }
        if next < 0 { partitions[partition].last = before }
        free(segment)
    }

    private mutating func free(_ segment: Int32) {
        segments[Int(segment)] = Segment()
        freeSegments.append(segment)
        segmentCount -= 1
    }

    // MARK: Results

    private mutating func publish(_ offset: Offset, of partition: Int32) {
        if partitions[Int(partition)].committable == nil { advanced.append(partition) }
        partitions[Int(partition)].committable = offset
    }

    /// Whether there is something to take.
    var hasCommittable: Bool { !advanced.isEmpty }

    /// Takes what may be stored and was not taken yet, in the order in which it became so.
    mutating func takeCommittable() -> [Committable] {
        var taken: [Committable] = []
        taken.reserveCapacity(advanced.count)
        for number in advanced {
            if let key = partitions[Int(number)].key, let offset = partitions[Int(number)].committable {
                taken.append(Committable(partition: key, offset: offset))
            }
            partitions[Int(number)].committable = nil
            forgetIfIdle(number)
        }
        advanced.removeAll(keepingCapacity: true)
        return taken
    }

    /// Takes back what could not be stored; newer offsets of the same partitions win.
    mutating func restore(_ taken: [Committable]) {
        for entry in taken {
            let number = pin(entry.partition)
            if partitions[Int(number)].committable == nil { publish(entry.offset, of: number) }
            unpin(number)
        }
    }

    private mutating func leaveChunk(_ segment: Int32) {
        chunks[Int(segments[Int(segment)].chunk - firstChunk)].openSegments -= 1
    }

    /// The records that are done with in poll order, none before them being open.
    mutating func takeAcknowledged() -> AcknowledgedRecords {
        var taken = AcknowledgedRecords()
        var closedChunks = 0
        let complete = isChunkOpen ? chunks.count - 1 : chunks.count
        while closedChunks < complete, chunks[closedChunks].openSegments == 0 {
            let chunk = chunks[closedChunks]
            if chunk.drops != .none { tell(chunk, firstChunk + UInt64(closedChunks), in: &taken) }
            taken.count += chunk.records
            closedChunks += 1
        }
        if closedChunks > 0 {
            chunks.removeFirst(closedChunks)
            firstChunk += UInt64(closedChunks)
        }
        if toldDrops > drops.count / 2 {
            drops.removeFirst(toldDrops)
            toldDrops = 0
        }
        return taken
    }

    private mutating func tell(_ chunk: Chunk, _ number: UInt64, in taken: inout AcknowledgedRecords) {
        let begin = toldDrops
        while toldDrops < drops.count, drops[toldDrops].chunk <= number { toldDrops += 1 }
        guard chunk.drops == .placed else { return taken.drop(0..<chunk.records) }
        for positions in drops[begin..<toldDrops].map(\.positions).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            taken.drop(positions.clamped(to: 0..<chunk.records))
        }
    }
}
