/// Reads Kafka's wire types from borrowed bytes, checking every length before it is used.
///
/// The bytes must stay where they are for as long as the reader is used; strings and byte arrays are copied out, records
/// are not (`RecordsField`). A reader belongs to one thread at a time.
public struct ByteReader {
    /// All bytes, from where offsets such as those of `RecordsField` count.
    public let bytes: UnsafeRawBufferPointer
    /// Where the next field begins, counted from the start of `bytes`.
    public private(set) var position: Int

    /// Reads from the start of `bytes`.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        self.position = 0
    }

    /// How many bytes are left.
    public var remaining: Int { bytes.count - position }

    /// Passes over `count` bytes; the returned buffer borrows from `bytes`.
    public mutating func raw(_ count: Int) throws(ProtocolError) -> UnsafeRawBufferPointer {
        guard count >= 0 else { throw .invalidLength(count) }
        guard count <= remaining else { throw .truncated }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        position += count
        return slice
    }

    /// Throws unless every byte was read.
    public func finish() throws(ProtocolError) {
        guard remaining == 0 else { throw .trailingBytes(remaining) }
    }

    /// A big-endian integer of any width.
    @inline(__always)
    mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(ProtocolError) -> T {
        let width = MemoryLayout<T>.size
        guard remaining >= width else { throw .truncated }
        let value = bytes.loadUnaligned(fromByteOffset: position, as: T.self)
        position += width
        return T(bigEndian: value)
    }

    /// One byte: anything but 0 is true.
    public mutating func bool() throws(ProtocolError) -> Bool { try integer(UInt8.self) != 0 }
    /// One byte.
    public mutating func int8() throws(ProtocolError) -> Int8 { try integer() }
    /// Two bytes, big-endian, as all of the following.
    public mutating func int16() throws(ProtocolError) -> Int16 { try integer() }
    /// Two bytes, unsigned.
    public mutating func uint16() throws(ProtocolError) -> UInt16 { try integer() }
    /// Four bytes.
    public mutating func int32() throws(ProtocolError) -> Int32 { try integer() }
    /// Four bytes, unsigned.
    public mutating func uint32() throws(ProtocolError) -> UInt32 { try integer() }
    /// Eight bytes.
    public mutating func int64() throws(ProtocolError) -> Int64 { try integer() }
    /// Eight bytes of IEEE 754.
    public mutating func float64() throws(ProtocolError) -> Double { Double(bitPattern: try integer()) }

    /// An unsigned number of seven bits a byte, low group first, of at most five bytes.
    public mutating func unsignedVarint() throws(ProtocolError) -> UInt32 {
        var value: UInt32 = 0
        var shift: UInt32 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            guard shift < 28 || byte < 0x10 else { throw .malformedVarint }
            value |= UInt32(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw .truncated
    }

    /// The id of a topic or directory.
    public mutating func uuid() throws(ProtocolError) -> KafkaUUID {
        KafkaUUID(high: try integer(), low: try integer())
    }
}
