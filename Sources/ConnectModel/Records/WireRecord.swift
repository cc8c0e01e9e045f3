/// A record as bytes on its way to Kafka: what converters make and ``RecordSender`` takes. Borrowed, trivially copyable.
@frozen public struct OutgoingRecord {
    public var key: UnsafeRawPointer?
    public var value: UnsafeRawPointer?
    /// −1 for null.
    public var keyLength: Int32
    /// −1 for null.
    public var valueLength: Int32
    public var headers: UnsafePointer<WireHeader>?
    public var headerCount: Int32
    /// A number that ``RecordSender/topicNumber(for:)`` gave.
    public var topic: Int32
    /// Milliseconds since 1970; −1 lets the sender take the time of the append.
    public var timestamp: Int64
    /// Kafka partition, −1 to let the partitioner choose.
    public var partition: Int32
    /// The ledger's segment that the record counts for.
    public var segment: Int32

    /// A record without key, value and headers.
    @inlinable public init() {
        key = nil
        value = nil
        keyLength = -1
        valueLength = -1
        headers = nil
        headerCount = 0
        topic = 0
        timestamp = -1
        partition = -1
        segment = -1
    }
}

/// A record as bytes on its way from Kafka: what ``RecordReceiver`` gives and converters read. Borrowed until the chunk it
/// came with is released.
@frozen public struct IncomingRecord {
    public var key: UnsafeRawPointer?
    public var value: UnsafeRawPointer?
    /// −1 for null.
    public var keyLength: Int32
    /// −1 for null.
    public var valueLength: Int32
    public var headers: UnsafePointer<WireHeader>?
    public var headerCount: Int32
    public var flags: ConnectRecord.Flags
    public var offset: Int64
    public var timestamp: Int64

    /// A record without key, value and headers.
    @inlinable public init() {
        key = nil
        value = nil
        keyLength = -1
        valueLength = -1
        headers = nil
        headerCount = 0
        flags = []
        offset = 0
        timestamp = -1
    }
}

/// A header as bytes. Borrowed, trivially copyable.
@frozen public struct WireHeader {
    public var key: UnsafeRawPointer?
    public var value: UnsafeRawPointer?
    public var keyLength: Int32
    /// −1 for null.
    public var valueLength: Int32

    /// A header over borrowed memory.
    @inlinable public init(key: UnsafeRawPointer?, keyLength: Int32, value: UnsafeRawPointer?, valueLength: Int32) {
        self.key = key
        self.value = value
        self.keyLength = keyLength
        self.valueLength = valueLength
    }
}
