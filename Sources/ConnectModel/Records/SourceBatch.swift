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
    /// The key under which a number-only offset is stored; nil when offsets are maps.
    public let offsetKey: String?

    /// A partition by its stored bytes.
    public init(json: [UInt8], offsetKey: String?) {
        self.json = json
        self.offsetKey = offsetKey
    }

    public static func == (left: SourcePartition, right: SourcePartition) -> Bool {
        left.json == right.json && left.offsetKey == right.offsetKey
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
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
