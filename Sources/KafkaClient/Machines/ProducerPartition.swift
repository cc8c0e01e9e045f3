/// One partition of a producer: its batches in the order in which the log shall hold them, and its sequences.
struct ProducerPartition {
    /// Where a batch stands.
    enum Place: Equatable {
        case queued
        /// On the wire in that request.
        case wire(request: Int)
        /// Being cut into smaller ones by the driver.
        case splitting
    }

    struct Entry {
        let batch: ProducerBatch
        var place = Place.queued
        /// First sequence, -1 until it is sent for the first time.
        var baseSequence: Int32 = -1
        /// Place among the batches that were given sequences.
        var ordinal = 0
        /// Set when the header does not say yet what `baseSequence` says.
        var needsStamp = false
        var attempts = 0
        /// Some earlier attempt may have reached the log.
        var isOutcomeUnknown = false
        /// A part of a batch that may be in the log as a whole: a broker knows a repeat by the first and last sequence of a batch,
        /// and would not know this one.
        var isInDoubt = false
        /// Completed as timed out while on the wire; only its sequence still matters.
        var isAbandoned = false
        let deadline: UInt64
    }

    var leader: Int32 = -1
    var leaderEpoch: Int32 = -1
    /// Final error of the topic (17, 29), 0 without.
    var refusal: Int16 = 0

    /// The topic has no such partition, and until when it is waited for; nil while it has it.
    var goneUntil: UInt64?

    private(set) var entries = BatchQueue()

    /// The id and epoch under which the sequences below count; nil before the first batch.
    var identity: ProducerIdentity?
    var nextSequence: Int32 = 0
    var nextOrdinal = 0
    var lastAcknowledged: Int32 = -1

    /// How many batches may be on the wire. It is 1 until a batch was acknowledged and after each failure: a broker that
    /// does not know our id accepts any sequence, so a second batch could overtake a first that failed.
    var window = 1
    var wireCount = 0
    var failures = 0
    var backoffUntil: UInt64 = 0
    /// A batch with a sequence was given up and may be in the log: no new sequences until that is known.
    var isUnresolved = false
    /// The first batch is certainly not in the log and its sequence will not fit: start anew once the wire is empty.
    var mustRestart = false
    var isActive = false

    mutating func append(_ batch: ProducerBatch, deadline: UInt64) {
        entries.append(Entry(batch: batch, deadline: deadline))
    }

    func index(of batch: Int) -> Int? {
        for index in 0..<entries.count where entries[index].batch.id == batch { return index }
        return nil
    }

    subscript(index: Int) -> Entry {
        get { entries[index] }
        set { entries[index] = newValue }
    }

    @discardableResult
    mutating func remove(at index: Int) -> Entry {
        let entry = entries.remove(at: index)
        if case .wire = entry.place { wireCount -= 1 }
        return entry
    }

    mutating func removeAll() {
        entries = BatchQueue()
        wireCount = 0
    }

    /// The first batch that is not on the wire; nil when there is none or one is being cut.
    func firstQueued() -> Int? {
        for index in 0..<entries.count {
            switch entries[index].place {
            case .queued: return index
            case .splitting: return nil
            case .wire: continue
            }
        }
        return nil
    }

    /// Whether a batch that has a sequence is still here.
    var hasSequenced: Bool {
        // Sequences are given in order, so the first entry tells.
        entries.count > 0 && entries[0].baseSequence >= 0
    }

    /// Gives a batch the next sequences.
    mutating func assignSequence(to index: Int) {
        entries[index].baseSequence = nextSequence
        entries[index].ordinal = nextOrdinal
        entries[index].needsStamp = true
        nextSequence = Self.advance(nextSequence, by: entries[index].batch.recordCount)
        nextOrdinal += 1
    }

    /// Whether the broker would still know the first batch as a repeat once this one is in the log: it remembers five
    /// batches, and the first may be there with its answer lost.
    func isWithinMemory(_ index: Int) -> Bool {
        guard entries[0].baseSequence >= 0 else { return true }
        let ordinal = entries[index].baseSequence >= 0 ? entries[index].ordinal : nextOrdinal
        return ordinal - entries[0].ordinal < 5
    }

    /// Puts the parts of a batch that was cut in its place.
    mutating func replace(at index: Int, with parts: [ProducerBatch]) {
        let old = entries[index]
        var sequence = old.baseSequence
        var ordinal = old.ordinal
        var new: [Entry] = []
        for part in parts {
            var entry = Entry(batch: part, deadline: old.deadline)
            entry.attempts = old.attempts
            if sequence >= 0 {
                entry.isOutcomeUnknown = old.isOutcomeUnknown
                entry.isInDoubt = old.isOutcomeUnknown
                entry.baseSequence = sequence
                entry.ordinal = ordinal
                entry.needsStamp = true
                sequence = Self.advance(sequence, by: part.recordCount)
                ordinal += 1
            }
            new.append(entry)
        }
        if sequence >= 0 {
            for later in index + 1..<entries.count { entries[later].ordinal += parts.count - 1 }
            nextOrdinal += parts.count - 1
        }
        entries.replace(at: index, with: new)
    }

    /// A batch was appended in its turn, so the log holds nothing that has later sequences.
    mutating func endDoubt(from index: Int) {
        for later in index..<entries.count { entries[later].isInDoubt = false }
    }

    /// Notes an acknowledged batch; an older one than the newest changes nothing.
    mutating func noteAcknowledged(base: Int32, count: Int32) {
        let last = Self.advance(base, by: count - 1)
        guard lastAcknowledged < 0 || (last &- lastAcknowledged) & .max < 1 << 30 else { return }
        lastAcknowledged = last
    }

    /// Whether every sequence given out was acknowledged.
    var isSequenceSettled: Bool { Self.advance(lastAcknowledged, by: 1) == nextSequence }

    /// Gives up all sequences: what is queued will be numbered from 0 when it is sent.
    mutating func restartSequences() {
        for index in 0..<entries.count {
            entries[index].baseSequence = -1
            entries[index].isOutcomeUnknown = false
            entries[index].isInDoubt = false
        }
        identity = nil
        nextSequence = 0
        nextOrdinal = 0
        lastAcknowledged = -1
        window = 1
        isUnresolved = false
        mustRestart = false
    }

    /// Sequences wrap from 2³¹-1 to 0.
    static func advance(_ sequence: Int32, by count: Int32) -> Int32 {
        (sequence &+ count) & .max
    }
}

/// A queue of batches with cheap removal at its front.
struct BatchQueue {
    private var storage: [ProducerPartition.Entry] = []
    private var head = 0

    var count: Int { storage.count - head }

    mutating func append(_ entry: ProducerPartition.Entry) { storage.append(entry) }

    subscript(index: Int) -> ProducerPartition.Entry {
        get { storage[head + index] }
        set { storage[head + index] = newValue }
    }

    mutating func remove(at index: Int) -> ProducerPartition.Entry {
        let entry = storage[head + index]
        guard index == 0 else {
            storage.remove(at: head + index)
            return entry
        }
        head += 1
        if head == storage.count {
            storage.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 64, head * 2 >= storage.count {
            storage.removeFirst(head)
            head = 0
        }
        return entry
    }

    mutating func replace(at index: Int, with parts: [ProducerPartition.Entry]) {
        storage.replaceSubrange(head + index...head + index, with: parts)
    }
}
