/// A record as borrowed bytes: valid until the reader that returned it is asked for the next batch, or its bytes go.
public struct RecordView {
    /// The offset in the partition.
    public let offset: Int64
    /// Milliseconds since 1970, -1 for none.
    public let timestamp: Int64
    /// The key, nil for null.
    public let key: UnsafeRawPointer?
    /// The value, nil for null.
    public let value: UnsafeRawPointer?
    /// Bytes of the key, -1 for null.
    public let keyCount: Int32
    /// Bytes of the value, -1 for null.
    public let valueCount: Int32
    /// The headers as they are encoded, without their count.
    public let headerBytes: UnsafeRawBufferPointer
    /// How many headers there are.
    public let headerCount: Int32

    @inlinable
    init(
        offset: Int64, timestamp: Int64, key: UnsafeRawPointer?, value: UnsafeRawPointer?, keyCount: Int32,
        valueCount: Int32, headerBytes: UnsafeRawBufferPointer, headerCount: Int32
    ) {
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.keyCount = keyCount
        self.valueCount = valueCount
        self.headerBytes = headerBytes
        self.headerCount = headerCount
    }

    /// The key as a buffer, nil for null.
    @inlinable
    public var keyBytes: UnsafeRawBufferPointer? {
        key.map { UnsafeRawBufferPointer(start: $0, count: Int(max(keyCount, 0))) }
    }

    /// The value as a buffer, nil for null.
    @inlinable
    public var valueBytes: UnsafeRawBufferPointer? {
        value.map { UnsafeRawBufferPointer(start: $0, count: Int(max(valueCount, 0))) }
    }

    /// The headers in order, read as they are asked for.
    public func headers() -> RecordHeaderReader {
        RecordHeaderReader(bytes: headerBytes, count: headerCount)
    }
}

/// Walks the headers of a record.
public struct RecordHeaderReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var left: Int32

    /// `count` headers that are encoded in `bytes`.
    public init(bytes: UnsafeRawBufferPointer, count: Int32) {
        self.bytes = bytes
        left = count
    }

    /// The next header, nil behind the last. Throws where the bytes end early, a length makes no sense, or bytes are left
    /// over behind the last.
    public mutating func next() throws(ProtocolError) -> RecordHeader? {
        guard left > 0 else {
            guard position == bytes.count else { throw .trailingBytes(bytes.count - position) }
            return nil
        }
        left -= 1
        guard let key = try field() else { throw .nullNotAllowed("Header.key") }
        return RecordHeader(key: key, value: try field())
    }

    private mutating func field() throws(ProtocolError) -> UnsafeRawBufferPointer? {
        guard let start = bytes.baseAddress else { throw .truncated }
        var place = start + position
        guard let number = Varint.read(&place, start + bytes.count) else { throw .malformedVarint }
        position = place - start
        let length = Varint.unzigzag(number)
        guard length >= 0 else {
            guard length == -1 else { throw .invalidLength(Int(length)) }
            return nil
        }
        guard length <= bytes.count - position else { throw .truncated }
        let field = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])
        position += Int(length)
        return field
    }
}
