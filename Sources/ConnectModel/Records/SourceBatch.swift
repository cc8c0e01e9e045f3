/// What one `poll` of a source task brought: records that the plugin (or the host for it) owns until ``release``.
///
/// Confined to the task's lane. Reused from poll to poll by the port that fills it; the tables change rarely, and
/// ``tableGeneration`` says when, so that a task maps topics and partitions to its own numbers once.
public final class SourceBatch {
    /// Checked records: every kind known, every index inside its table, every length inside its memory.
    public var records: UnsafeMutableBufferPointer<ConnectRecord>
    public var topics: [String] = []
    public var sourcePartitions: [SourcePartition] = []
    public var schemas: [Schema] = []
    /// Grows whenever one of the tables became another.
    public var tableGeneration: UInt64 = 0

    /// An empty batch.
    public init() {
        records = UnsafeMutableBufferPointer(start: nil, count: 0)
    }
}

/// A source partition of a connector, as its offsets are stored under.
public final class SourcePartition: Sendable, Hashable {
    /// Compact JSON of the partition's map in the plugin's order of keys; `null` for no partition.
    public let json: [UInt8]
    /// Equal for maps that are equal, whatever the order of their keys.
    public let identity: [UInt8]
    /// The key under which a number-only offset is stored; nil when offsets are maps.
    public let offsetKey: String?

    /// A partition by its stored bytes.
    ///
    /// - Parameter identity: the same with its keys sorted; nil where they are.
    public init(json: [UInt8], identity: [UInt8]? = nil, offsetKey: String?) {
        self.json = json
        self.identity = identity ?? json
        self.offsetKey = offsetKey
    }

    public static func == (left: SourcePartition, right: SourcePartition) -> Bool {
        left.identity == right.identity && left.offsetKey == right.offsetKey
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

/// What is lent to a sink task's `put` for the length of the call.
///
/// Confined to the task's lane and reused by it.
public final class SinkBatch {
    public var records: UnsafeMutableBufferPointer<ConnectRecord>
    public var topics: [String] = []
    public var schemas: [Schema] = []
    /// Grows whenever one of the tables became another.
    public var tableGeneration: UInt64 = 0

    /// An empty batch.
    public init() {
        records = UnsafeMutableBufferPointer(start: nil, count: 0)
    }
}
