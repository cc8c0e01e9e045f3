internal import KafkaProtocol

/// What an append touches of a partition. Trivial, behind a pointer: no reference counting and no exclusivity checks.
struct HotPartition {
    /// Retained by `LaneTopic`.
    var builder: Unmanaged<RecordBatchBuilder>
    /// Segment of the run that is being counted; `noSegment` before the first record of a batch.
    var segment: Int32
    var runCount: Int32

    static let noSegment = Int32.min
}

/// What an append touches of a topic.
struct HotTopic {
    var partitions: UnsafeMutablePointer<HotPartition>?
    /// 0 while unknown.
    var partitionCount: Int32 = 0
    /// The partition of records without key, -1 while none is chosen.
    var sticky: Int32 = -1
}

/// One topic of a lane: batches under construction and what is needed once a batch.
final class LaneTopic {
    struct Partition {
        var builder: RecordBatchBuilder
        var runs: [SegmentRun] = []
        var createdAt: UInt64 = 0
        var isOpen = false
        /// The open batch lies with the loop, which may have sealed it.
        var isHandedOver = false
        /// Sealed batches that are not completed: the length of its queue (KIP-794).
        var outstanding = 0
    }

    /// A partition that a record is for and that the topic is not known to have.
    struct Absence {
        let partition: Int32
        /// When it was first missed.
        let since: UInt64
        /// Of the metadata after which newer was asked for last.
        var askedAfter = -1
    }

    let name: String
    let number: Int32
    var partitions: [Partition] = []
    private(set) var hot = HotTopic()
    private var capacity = 0
    /// Bytes that went to the sticky partition since it was chosen.
    var stickyBytes = 0
    /// When the topic was first missed in the metadata; nil while it is known.
    var missingSince: UInt64?
    /// The cluster said last that it does not have the topic, though it did before.
    var isGone = false
    /// Whether it has records that are not confirmed.
    ///
    /// A batch that the loop has sealed and that is confirmed counts -1 until the lane notices that it is not open any more.
    var hasUnconfirmed: Bool { partitions.contains { $0.outstanding + ($0.isOpen ? 1 : 0) > 0 } }
    /// The partition that a record waits for, if any.
    var absence: Absence?
    /// Whether a record waits for metadata.
    var isAwaited: Bool { missingSince != nil || absence != nil }
    var snapshotVersion = -1
    /// Of the incarnation whose partitions were counted last.
    private var id = MetadataSnapshot.TopicID.none

    init(name: String, number: Int32) {
        self.name = name
        self.number = number
    }

    deinit { hot.partitions?.deallocate() }

    /// Takes over how many partitions records may go to. What lies in those that are gone stays until it is sealed.
    ///
    /// - Parameter id: a topic that was made anew may have fewer; of the same topic only a broker says so that is behind.
    func setCount(_ count: Int, id: MetadataSnapshot.TopicID, makeBuilder: () -> RecordBatchBuilder) {
        let isSame = id != .none && id == self.id
        self.id = id
        if count > partitions.count { grow(to: count, makeBuilder: makeBuilder) }
        hot.partitionCount = isSame ? max(hot.partitionCount, Int32(clamping: count)) : Int32(clamping: count)
        if hot.sticky >= hot.partitionCount { hot.sticky = -1 }
        if let partition = absence?.partition, partition < hot.partitionCount { absence = nil }
    }

    private func grow(to count: Int, makeBuilder: () -> RecordBatchBuilder) {
        let moved = UnsafeMutablePointer<HotPartition>.allocate(capacity: count)
        if let old = hot.partitions {
            moved.moveInitialize(from: old, count: partitions.count)
            old.deallocate()
        }
        for index in partitions.count..<count {
            let builder = makeBuilder()
            partitions.append(Partition(builder: builder))
            (moved + index).initialize(
                to: HotPartition(
                    builder: .passUnretained(builder), segment: HotPartition.noSegment, runCount: 0))
        }
        hot.partitions = moved
    }

    func setSticky(_ partition: Int32) {
        hot.sticky = partition
        stickyBytes = 0
    }

    /// Puts another builder in place, where the loop has kept the old one.
    func replaceBuilder(of partition: Int, with builder: RecordBatchBuilder) {
        partitions[partition].builder = builder
        hot.partitions?[partition].builder = .passUnretained(builder)
    }

    // MARK: - Batches under construction

    /// The run of a segment that is being counted is over.
    func endRun(_ index: Int) {
        guard let places = hot.partitions, places[index].runCount > 0 else { return }
        partitions[index].runs.append(SegmentRun(segment: places[index].segment, count: places[index].runCount))
        places[index].runCount = 0
        places[index].segment = HotPartition.noSegment
    }

    /// The open batch of a partition, which goes to the loop; nil where nothing is in it.
    func handOver(_ index: Int) -> OpenBatch? {
        endRun(index)
        let partition = partitions[index]
        guard !partition.builder.isEmpty else { return nil }
        partitions[index].runs = []
        partitions[index].isHandedOver = true
        hot.partitions?[index].segment = HotPartition.noSegment
        return OpenBatch(
            topic: number, partition: Int32(index), createdAt: partition.createdAt, runs: partition.runs,
            builder: partition.builder)
    }

    // MARK: - While it is unknown

    /// Why waiting for the topic is of no use: no right to it, or a name that cannot exist, which is never asked for, so that no
    /// answer would come.
    func refusal(in snapshot: MetadataSnapshot) -> ClientError? {
        let code = TopicName.canExist(name) ? snapshot.topic(name)?.errorCode : 17
        guard let code, code == 17 || code == 29 else { return nil }
        return LaneErrors.refused(name, code)
    }
}
