internal import EventLoop
public import KafkaProtocol

/// The side of a producer on which records are appended: chooses partitions, fills, seals and compresses batches.
///
/// Confined to one lane (or loop): every call comes from there, one at a time. An append copies the record's bytes and does
/// not allocate, lock, or count references, except once a batch. Sealed batches go to the producer's loop through one
/// mailbox; completions and metadata come back the same way, announced by the `wake` closure that the producer was made
/// with.
///
/// The guard of the unchecked conformance is that confinement: the object may be made on one thread and handed over whole.
public final class ProducerLane: @unchecked Sendable {
    /// Why the last append was refused or failed.
    public private(set) var lastError: ClientError?

    private let settings: ProducerSettings
    private let mailbox: ProducerMailbox
    private let pool: RecordBufferPool
    private let compressor: Compressor?
    private let recordLimit: Int
    /// Bytes kept free beside a record: the head of its batch, and its own lengths, deltas and counts.
    private static let framing = 128
    private let bufferMemory: Int
    private let ignoresKeys: Bool
    private var hotTopics: UnsafeMutablePointer<HotTopic>
    private var hotCapacity = 8
    private var topicCount: Int32 = 0
    private(set) var topics: [LaneTopic] = []
    private var numbers: [ExactName: Int32] = [:]
    private var snapshot: MetadataSnapshot
    private var completed: [ProducerParcel] = []
    private var random: SeededRandom
    /// Batches that were sealed here and have not come out. While there are some, their completions will make room.
    private var unconfirmed = 0
    /// Whether topics are gone that were there.
    private var hasGone = false
    private var isBlocked = false
    private var isClosed = false

    init(settings: ProducerSettings, mailbox: ProducerMailbox, pool: RecordBufferPool, seed: UInt64) {
        self.settings = settings
        self.mailbox = mailbox
        self.pool = pool
        compressor = settings.makeCompressor()
        recordLimit = min(settings.maxRequestSize, settings.bufferMemory)
        bufferMemory = settings.bufferMemory
        ignoresKeys = settings.ignoresKeys
        random = SeededRandom(seed: seed)
        snapshot = MetadataSnapshot()
        hotTopics = .allocate(capacity: hotCapacity)
    }

    deinit { hotTopics.deallocate() }

    /// Bytes of memory of batches that are open or not acknowledged. Any thread.
    public var pendingBytes: Int { pool.bytesInUse }

    /// A topic that records wait for and that the cluster does not have any more.
    public var goneTopic: String? {
        guard hasGone else { return nil }
        return topics.first { $0.isGone && $0.hasUnconfirmed }?.name
    }

    /// The number under which records name a topic, from 0 in the order of first mention; stable for the object's life.
    public func topicIndex(for name: String) -> Int32 {
        if let number = numbers[ExactName(name)] { return number }
        let topic = LaneTopic(name: name, number: topicCount)
        if Int(topicCount) == hotCapacity {
            let moved = UnsafeMutablePointer<HotTopic>.allocate(capacity: hotCapacity * 2)
            moved.moveInitialize(from: hotTopics, count: hotCapacity)
            hotTopics.deallocate()
            hotTopics = moved
            hotCapacity *= 2
        }
        (hotTopics + Int(topicCount)).initialize(to: topic.hot)
        topics.append(topic)
        numbers[ExactName(name)] = topic.number
        topicCount += 1
        mailbox.put(topic: name)
        return topic.number
    }

    // MARK: - Appending

    /// Appends a record without headers.
    ///
    /// - Parameters:
    ///   - topic: a number from `topicIndex`.
    ///   - partition: the partition, -1 to let the key or else the sticky choice decide.
    ///   - key: `keyLength` bytes, copied; a length of -1 means null.
    ///   - value: `valueLength` bytes, copied; a length of -1 means null.
    ///   - timestamp: milliseconds since 1970.
    ///   - segment: comes back in completions; any number but `Int32.min`.
    public func append(
        topic: Int32, partition: Int32, key: UnsafeRawPointer?, keyLength: Int32, value: UnsafeRawPointer?,
        valueLength: Int32, timestamp: Int64, segment: Int32
    ) -> AppendResult {
        let bytes = Int(keyLength) &+ Int(valueLength)
        var chosen = choose(topic, partition, key, keyLength, bytes: bytes)
        if chosen == nil {
            if let obstacle = obstacle(topic, partition, bytes: bytes) { return obstacle }
            chosen = choose(topic, partition, key, keyLength, bytes: bytes)
        }
        guard let place = chosen else { return .full }
        if place.pointee.segment != segment { begin(place, topic, segment) }
        let fits = place.pointee.builder._withUnsafeGuaranteedRef {
            $0.append(key: key, keyCount: keyLength, value: value, valueCount: valueLength, timestamp: timestamp)
        }
        if !fits {
            guard let place = startOver(place, topic, segment) else { return .failed }
            let fitsNow = place.pointee.builder._withUnsafeGuaranteedRef {
                $0.append(key: key, keyCount: keyLength, value: value, valueCount: valueLength, timestamp: timestamp)
            }
            guard fitsNow else { return refuse(tooLarge: max(0, Int(keyLength)) + max(0, Int(valueLength))) }
            place.pointee.runCount &+= 1
            return .appended
        }
        place.pointee.runCount &+= 1
        return .appended
    }

    /// Appends a record with headers, which are copied too; otherwise as the other `append`.
    public func append(
        topic: Int32, partition: Int32, key: UnsafeRawPointer?, keyLength: Int32, value: UnsafeRawPointer?,
        valueLength: Int32, timestamp: Int64, headers: UnsafeBufferPointer<RecordHeader>, segment: Int32
    ) -> AppendResult {
        var bytes = Int(keyLength) + Int(valueLength)
        for header in headers { bytes += 20 + header.key.count + (header.value?.count ?? 0) }
        var chosen = choose(topic, partition, key, keyLength, bytes: bytes)
        if chosen == nil {
            if let obstacle = obstacle(topic, partition, bytes: bytes) { return obstacle }
            chosen = choose(topic, partition, key, keyLength, bytes: bytes)
        }
        guard let place = chosen else { return .full }
        if place.pointee.segment != segment { begin(place, topic, segment) }
        var target = place
        func append() -> Bool {
            target.pointee.builder._withUnsafeGuaranteedRef {
                $0.append(
                    key: key, keyCount: keyLength, value: value, valueCount: valueLength, timestamp: timestamp,
                    headers: headers)
            }
        }
        if !append() {
            guard let fresh = startOver(place, topic, segment) else { return .failed }
            target = fresh
            guard append() else { return refuse(tooLarge: bytes) }
        }
        target.pointee.runCount += 1
        return .appended
    }

    /// The partition that a record goes to; nil where `obstacle` says why it cannot go anywhere now.
    @inline(__always)
    private func choose(
        _ topic: Int32, _ partition: Int32, _ key: UnsafeRawPointer?, _ keyLength: Int32, bytes: Int
    ) -> UnsafeMutablePointer<HotPartition>? {
        guard topic >= 0, topic < topicCount, bytes < recordLimit &- Self.framing, pool.bytesInUse < bufferMemory,
            !isBlocked
        else { return nil }
        let hot = hotTopics + Int(topic)
        let count = hot.pointee.partitionCount
        guard count > 0, let partitions = hot.pointee.partitions else { return nil }
        var chosen = partition
        if chosen < 0 {
            if keyLength >= 0, !ignoresKeys {
                let bytes = UnsafeRawBufferPointer(start: key, count: key == nil ? 0 : Int(keyLength))
                chosen = KafkaProtocol.partition(forKey: bytes, among: count)
            } else {
                chosen = hot.pointee.sticky
            }
        }
        guard chosen >= 0, chosen < count else { return nil }
        return partitions + Int(chosen)
    }

    /// A record of another segment than the last one of this batch, or the first of a batch.
    @inline(never)
    private func begin(_ place: UnsafeMutablePointer<HotPartition>, _ number: Int32, _ segment: Int32) {
        let topic = topics[Int(number)]
        let index = place - (topic.hot.partitions ?? place)
        if topic.partitions[index].isHandedOver { takeBack(topic, index) }
        if !topic.partitions[index].isOpen {
            topic.partitions[index].isOpen = true
            topic.partitions[index].createdAt = EventLoop.now()
        }
        topic.endRun(index)
        place.pointee.segment = segment
        place.pointee.runCount = 0
    }

    /// The batch is full: seals it and begins the next one of the same partition.
    @inline(never)
    private func startOver(
        _ place: UnsafeMutablePointer<HotPartition>, _ number: Int32, _ segment: Int32
    ) -> UnsafeMutablePointer<HotPartition>? {
        let topic = topics[Int(number)]
        guard let partitions = topic.hot.partitions else { return nil }
        let index = place - partitions
        guard seal(topic, index) else { return nil }
        begin(place, number, segment)
        return place
    }

    // MARK: - Handing over

    /// The lane has nothing more to append now: batches that are open go to the loop, which sends them when their linger
    /// is over; what has lingered long enough goes at once. But not where as many of its partition are under way as may be:
    /// that one stays open and grows, as in Java's accumulator, until there is room. Sealed at its time it would stand in a
    /// queue of small batches, which a broker that answers slowly never works off.
    public func handOver() {
        var open: [OpenBatch] = []
        let now = EventLoop.now()
        for topic in topics {
            for index in topic.partitions.indices
            where topic.partitions[index].isOpen && !topic.partitions[index].isHandedOver {
                if adding(settings.linger, to: topic.partitions[index].createdAt) <= now,
                    topic.partitions[index].outstanding < settings.maxInFlight
                {
                    _ = seal(topic, index)
                    continue
                }
                if let batch = topic.handOver(index) { open.append(batch) }
            }
        }
        if !open.isEmpty { mailbox.put(open) }
    }

    /// Sends everything that was appended without waiting for linger. Its end shows in the completions.
    public func flush() {
        for topic in topics {
            for index in topic.partitions.indices where topic.partitions[index].isOpen {
                if topic.partitions[index].isHandedOver { takeBack(topic, index) }
                _ = seal(topic, index)
            }
        }
    }

    /// Takes what has come out since the last call, in no promised order, and what else the loop has left.
    public func drain(_ body: (Completion) -> Void) {
        if mailbox.hasNewsForLane { takeNews() }
        guard !completed.isEmpty else { return }
        var parcels: [ProducerParcel] = []
        swap(&parcels, &completed)
        for parcel in parcels {
            if parcel.isWhole { topics[Int(parcel.topic)].partitions[Int(parcel.partition)].outstanding -= 1 }
            for run in parcel.runs {
                body(
                    Completion(
                        segment: run.segment, count: run.count, topic: parcel.topic, partition: parcel.partition,
                        baseOffset: parcel.baseOffset, error: parcel.error))
            }
        }
    }

    /// Ends the producer: what is not on the wire is dropped, and completions come no more.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        isBlocked = true
        lastError = KafkaCluster.closedError
        mailbox.close()
    }

    private func takeBack(_ topic: LaneTopic, _ index: Int) {
        topic.partitions[index].isHandedOver = false
        if let open = mailbox.takeOpen(topic: topic.number, partition: Int32(index)) {
            topic.partitions[index].runs = open.runs
        } else {
            // The loop has sealed it, or is about to: the builder is the loop's for good.
            topic.replaceBuilder(of: index, with: makeBuilder())
            topic.partitions[index].isOpen = false
            topic.partitions[index].outstanding += 1
        }
    }

    /// Seals the batch of a partition and sends it; false when the compressor failed, which breaks the producer.
    private func seal(_ topic: LaneTopic, _ index: Int) -> Bool {
        topic.endRun(index)
        topic.hot.partitions?[index].segment = HotPartition.noSegment
        let partition = topic.partitions[index]
        topic.partitions[index].isOpen = false
        topic.partitions[index].runs = []
        do throws(ProtocolError) {
            guard let batch = try partition.builder.seal(compressor) else { return true }
            topic.partitions[index].outstanding += 1
            mailbox.put(
                ProducerParcel(
                    topic: topic.number, partition: Int32(index), createdAt: partition.createdAt, runs: partition.runs,
                    batch: batch, isFromLane: true))
            unconfirmed += 1
            if topic.hot.sticky == Int32(index) {
                topic.stickyBytes += batch.count
                if topic.stickyBytes >= settings.batchSize { chooseSticky(topic) }
            }
            return true
        } catch {
            lastError = LaneErrors.sealing(topic.name, error)
            isBlocked = true
            return false
        }
    }

    private func makeBuilder() -> RecordBatchBuilder {
        RecordBatchBuilder(pool: pool, limit: max(settings.batchSize, 1))
    }

    // MARK: - News from the loop

    private func takeNews() {
        let news = mailbox.takeForLane(waitsForMetadata: topics.contains(where: \.isAwaited))
        for parcel in news.completed where parcel.isFromLane { unconfirmed -= 1 }
        if completed.isEmpty { completed = news.completed } else { completed.append(contentsOf: news.completed) }
        snapshot = news.snapshot
        if let failure = news.failure, !isClosed {
            lastError = failure
            isBlocked = true
        }
        let isNew = topics.contains { $0.snapshotVersion != snapshot.version }
        for topic in topics where topic.snapshotVersion != snapshot.version { update(topic) }
        if isNew { hasGone = topics.contains(where: \.isGone) }
    }

    private func update(_ topic: LaneTopic) {
        topic.snapshotVersion = snapshot.version
        topic.isGone = topic.hot.partitionCount > 0 && snapshot.topic(topic.name)?.isMissing == true
        guard let known = snapshot.topic(topic.name), !known.partitions.isEmpty else { return }
        topic.missingSince = nil
        topic.setCount(known.partitions.count, id: known.id, makeBuilder: makeBuilder)
        let sticky = topic.hot.sticky
        if sticky < 0 || (known.partition(sticky)?.leader ?? -1) < 0 { chooseSticky(topic) }
        publish(topic)
    }

    private func publish(_ topic: LaneTopic) {
        hotTopics[Int(topic.number)] = topic.hot
    }

    /// Another partition for records without key.
    private func chooseSticky(_ topic: LaneTopic) {
        guard let known = snapshot.topic(topic.name), !known.partitions.isEmpty else { return }
        let chosen = StickyChoice.choose(
            among: known, count: Int(topic.hot.partitionCount), isWeighted: settings.adaptivePartitioning, &random
        ) { topic.partitions[$0].outstanding }
        guard let chosen else { return }
        topic.setSticky(Int32(chosen))
        publish(topic)
    }

    // MARK: - Why a record cannot be taken

    /// Nil when the record can go now, after news from the loop or after what was open has been sealed.
    @inline(never)
    private func obstacle(_ number: Int32, _ partition: Int32, bytes: Int) -> AppendResult? {
        takeNews()
        if isBlocked { return .failed }
        guard number >= 0, number < topicCount else {
            lastError = LaneErrors.unknownNumber(number)
            return .refused
        }
        if bytes >= recordLimit - Self.framing { return refuse(tooLarge: bytes) }
        let topic = topics[Int(number)]
        if topic.hot.partitionCount == 0, let missing = missing(topic) { return missing }
        if partition >= topic.hot.partitionCount, let absent = absent(topic, partition) { return absent }
        if topic.hot.sticky < 0 { chooseSticky(topic) }
        // Each completion wakes the lane. Without any to come, what is open fills the memory, and nobody else would send it.
        if pool.bytesInUse >= bufferMemory, unconfirmed == 0 { flush() }
        return pool.bytesInUse >= bufferMemory ? .full : nil
    }

    private func missing(_ topic: LaneTopic) -> AppendResult? {
        let now = EventLoop.now()
        if let refusal = topic.refusal(in: snapshot) {
            lastError = refusal
            return .refused
        }
        let since = topic.missingSince ?? now
        topic.missingSince = since
        if adding(settings.maxBlock, to: since) > now {
            // Once more, this time with the request for a wake-up, lest an answer between the two is missed.
            takeNews()
            return topic.hot.partitionCount == 0 ? .needsMetadata : nil
        }
        topic.missingSince = nil
        lastError = LaneErrors.missing(topic.name)
        return .refused
    }

    /// The metadata may be older than the partition: newer is asked for and waited for, as Java's producer does.
    private func absent(_ topic: LaneTopic, _ partition: Int32) -> AppendResult? {
        let now = EventLoop.now()
        var absence = topic.absence ?? LaneTopic.Absence(partition: partition, since: now)
        if absence.partition != partition { absence = LaneTopic.Absence(partition: partition, since: now) }
        let deadline = adding(min(settings.maxBlock, ProducerSettings.patienceWithPartitions), to: absence.since)
        guard deadline > now else {
            topic.absence = nil
            lastError = LaneErrors.noPartition(partition, of: topic.name, count: topic.hot.partitionCount)
            return .refused
        }
        let isOld = absence.askedAfter < snapshot.version
        absence.askedAfter = snapshot.version
        topic.absence = absence
        if isOld { mailbox.put(metadataWantedUntil: deadline) }
        // Once more, this time with the request for a wake-up, lest an answer between the two is missed.
        takeNews()
        return partition < topic.hot.partitionCount ? nil : .needsMetadata
    }

    private func refuse(tooLarge bytes: Int) -> AppendResult {
        lastError = LaneErrors.tooLarge(bytes, framing: Self.framing, settings)
        return .refused
    }
}
