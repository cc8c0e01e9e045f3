/// How ``RecordSender/append(_:)`` ended.
public enum AppendOutcome: Sendable {
    /// This many records were copied; fewer than given means: keep the rest until the sender wakes the task.
    case took(Int)
    /// This many records were copied, and the one after them can never be sent.
    case refused(after: Int, ConnectError)
    /// The sender is broken; nothing will be taken any more.
    case failed(ConnectError)
}

/// How records that were sent came out, for one segment of the ledger.
public struct SendCompletion: Sendable {
    public let segment: Int32
    public let count: Int32
    /// nil when Kafka has them.
    public let error: ConnectError?
    /// A topic that the records went to: the number that ``RecordSender/topicNumber(for:)`` gave.
    public let topic: Int32

    /// A completion.
    public init(segment: Int32, count: Int32, error: ConnectError?, topic: Int32) {
        self.segment = segment
        self.count = count
        self.error = error
        self.topic = topic
    }
}

/// Where records are to go and cannot yet.
public enum MissingPlace: Sendable, Hashable {
    /// Kafka does not know the topic, or it is being created.
    case topic(String)
    /// The topic has `count` partitions, and this one is not among them.
    case partition(Int32, of: String, count: Int32)
}

/// A source task's way into Kafka. Confined to the task's lane; the `wake` closure that it was made with is called, from
/// another thread, when room, metadata or completions have come.
public protocol RecordSender: AnyObject {
    /// The number under which records name a topic. Stable for the sender's life.
    func topicNumber(for name: String) -> Int32
    /// Copies records into the batches under construction. Records to one partition keep their order.
    func append(_ records: UnsafeBufferPointer<OutgoingRecord>) -> AppendOutcome
    /// What the last ``append(_:)`` left records for, because Kafka does not know it yet.
    var missing: MissingPlace? { get }
    /// The lane has nothing more to do now: open batches are handed over, and their linger is the loop's.
    func handOver()
    /// Takes what has come out since the last call, in no promised order.
    func drain(_ body: (SendCompletion) -> Void)
    /// Bytes appended and not yet acknowledged.
    var pendingBytes: Int { get }
    /// Ends it. What is unsent is dropped; completions that are still to come are not told. A second call does nothing.
    func close()
    /// The same for any thread, also while the lane is in a call: for a task whose lane does not come back.
    var closer: @Sendable () -> Void { get }
}

/// What a sink task's consumer has for it.
public enum ReceiverEvent: Sendable {
    /// Records of one partition now stand in the table; they stay valid until ``RecordReceiver/release()``.
    case records(TopicPartition)
    /// New partitions with the offsets that reading starts at. Reading starts after the task has asked again.
    case assigned([TopicPartitionOffset])
    /// The partitions are about to go: flush, commit, close, then ``RecordReceiver/finishRevocation()``.
    case revoking([TopicPartition])
    /// The partitions are gone; nothing may be committed for them.
    case lost([TopicPartition])
    /// Nothing now.
    case none
    /// The consumer is broken for good.
    case failed(ConnectError)
}

/// Records as bytes, of one partition. Reused by the task that owns it.
public final class IncomingTable {
    /// Room for records; the receiver fills it from the start, with whole records. What is behind ``count`` holds anything, so
    /// that room which an idle task never used costs no memory.
    public let storage: UnsafeMutableBufferPointer<IncomingRecord>
    /// How many of them are filled.
    public var count = 0

    /// - Parameter capacity: records that the table holds, at least 1.
    public init(capacity: Int) {
        storage = .allocate(capacity: max(capacity, 1))
    }

    deinit { storage.deallocate() }

    /// The filled records.
    public var records: UnsafeBufferPointer<IncomingRecord> { UnsafeBufferPointer(rebasing: storage[..<count]) }
}

/// A sink task's way out of Kafka. Confined to the task's lane; the `wake` closure that it was made with is called, from
/// another thread, when there is something to ask for. Never blocks.
public protocol RecordReceiver: AnyObject {
    /// The next thing for the task. Records are checked and decompressed here, in the lane.
    ///
    /// - Precondition: what the last `.records` lent was released, or every partition is paused: then no records come, and
    ///   what is lent stays valid, so that a task whose plugin asks for a batch again still learns of its group.
    func next(into table: IncomingTable) -> ReceiverEvent
    /// Gives the memory of the last records back.
    func release()
    /// Partitions told by `.revoking` may go now.
    func finishRevocation()
    /// Commits offsets (the next ones to read) without waiting. The result comes through ``drainCommits(_:)``.
    ///
    /// - Parameter sequence: the caller's number of this commit.
    func commit(_ offsets: [TopicPartitionOffset], sequence: UInt64)
    /// Takes the results of commits that have come since the last call.
    func drainCommits(_ body: (_ sequence: UInt64, _ error: ConnectError?) -> Void)
    /// No fetching of these partitions; what is buffered is kept.
    func pause(_ partitions: [TopicPartition])
    /// Lets them be fetched again.
    func resume(_ partitions: [TopicPartition])
    /// Goes on reading at other offsets; drops what is buffered of these partitions.
    func seek(_ offsets: [TopicPartitionOffset])
    /// Leaves the group and ends. `done` is called from another thread once the coordinator was told or cannot be.
    func close(_ done: @escaping @Sendable () -> Void)
    /// The same for any thread, also while the lane is in a call: for a task whose lane does not come back. What is lent stays
    /// valid.
    var closer: @Sendable () -> Void { get }
}

/// Makes senders and receivers for tasks, with the client settings laid over one another as Connect does. Thread-safe.
public protocol KafkaPorts: AnyObject, Sendable {
    /// - Parameters:
    ///   - config: the connector's resolved configuration, for `producer.override.*` and topic creation.
    ///   - wake: called from another thread when the sender has something for the lane.
    func makeSender(task: TaskID, config: ConfigMap, wake: @escaping @Sendable () -> Void) throws(ConnectError)
        -> any RecordSender
    /// - Parameters:
    ///   - config: the connector's resolved configuration, with `topics` or `topics.regex` and `consumer.override.*`.
    ///   - wake: called from another thread when the receiver has something for the lane.
    func makeReceiver(task: TaskID, config: ConfigMap, wake: @escaping @Sendable () -> Void) throws(ConnectError)
        -> any RecordReceiver
    /// Waits for the first broker to answer; `done` is called from another thread with the cluster's id.
    func whenConnected(_ done: @escaping @Sendable (_ clusterID: String?) -> Void)
    /// What the client is waiting for, for STATUS and `/health`; nil while it is connected.
    var waitingFor: String? { get }
    /// Committed offsets of a sink connector's group.
    func groupOffsets(
        _ connector: String, config: ConfigMap,
        _ done: @escaping @Sendable (Result<[TopicPartitionOffset], ConnectError>) -> Void)
    /// Sets (or, with a nil offset, deletes) committed offsets of a sink connector's group, which must have no members.
    func alterGroupOffsets(
        _ connector: String, config: ConfigMap, _ changes: [GroupOffsetChange],
        _ done: @escaping @Sendable (ConnectError?) -> Void)
    /// Deletes a sink connector's group; a missing one is success.
    func deleteGroup(_ connector: String, config: ConfigMap, _ done: @escaping @Sendable (ConnectError?) -> Void)
    /// Ends every client. `done` is called from another thread.
    func close(_ done: @escaping @Sendable () -> Void)
}

/// A change of one partition's committed offset; nil deletes it.
public struct GroupOffsetChange: Sendable, Equatable {
    public let partition: TopicPartition
    public let offset: Int64?

    /// A change.
    public init(_ partition: TopicPartition, _ offset: Int64?) {
        self.partition = partition
        self.offset = offset
    }
}
