/// A record of the data model on its way between a plugin and the pipeline. 96 bytes, trivially copyable, borrowed.
///
/// The layout equals `kc_record` of the plugin ABI (a test of `PluginHost` holds them together). Indices point into the
/// tables of the batch that carries the record.
@frozen public struct ConnectRecord {
    public var key: Value
    public var value: Value
    /// Source: how far the plugin has read, a number under the partition's offset key, or a map. Sink: the Kafka offset.
    public var offset: Value
    public var headers: UnsafePointer<RecordHeader>?
    public var headerCount: Int32
    /// Index into the batch's topics.
    public var topic: Int32
    /// Kafka partition. Source: valid with ``Flags/hasPartition`` only.
    public var partition: Int32
    /// Source: index into the batch's source partitions.
    public var sourcePartition: Int32
    /// Index into the batch's schemas, −1 for none.
    public var keySchema: Int32
    /// Index into the batch's schemas, −1 for none.
    public var valueSchema: Int32
    /// Milliseconds since 1970; valid with ``Flags/hasTimestamp`` only.
    public var timestamp: Int64
    public var flags: Flags
    public var reserved: UInt32

    /// What of a record is present.
    @frozen public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt32
        @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static var hasTimestamp: Flags { Flags(rawValue: 1) }
        public static var hasPartition: Flags { Flags(rawValue: 2) }
        public static var appendTime: Flags { Flags(rawValue: 4) }
        /// Set by the pipeline on a record that a transform or a tolerated failure dropped.
        public static var dropped: Flags { Flags(rawValue: 0x8000_0000) }
    }

    /// An empty record: null key and value, nothing present.
    @inlinable public init() {
        key = .null
        value = .null
        offset = .null
        headers = nil
        headerCount = 0
        topic = 0
        partition = 0
        sourcePartition = 0
        keySchema = -1
        valueSchema = -1
        timestamp = 0
        flags = []
        reserved = 0
    }
}

/// A header of a ``ConnectRecord``: layout of `kc_header`, 40 bytes, borrowed.
@frozen public struct RecordHeader {
    public var name: UnsafePointer<UInt8>?
    public var nameLength: Int32
    /// Index into the batch's schemas, −1 for none.
    public var schema: Int32
    public var value: Value
    public var reserved: UInt64

    /// A header over borrowed memory.
    @inlinable public init(name: UnsafePointer<UInt8>?, nameLength: Int32, schema: Int32, value: Value) {
        self.name = name
        self.nameLength = nameLength
        self.schema = schema
        self.value = value
        self.reserved = 0
    }
}
