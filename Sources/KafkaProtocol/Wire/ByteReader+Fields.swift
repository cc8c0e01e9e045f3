// Fields with a length. In flexible versions the length is an unsigned varint of length + 1, with 0 for null; in older ones
// a fixed-width integer with -1 for null.

extension ByteReader {
    /// The length in front of a string, nil for null. Always within the remaining bytes.
    private mutating func stringLength(_ flexible: Bool) throws(ProtocolError) -> Int? {
        try checked(flexible ? Int(try unsignedVarint()) - 1 : Int(try int16()))
    }

    /// The length in front of bytes and records, nil for null. Always within the remaining bytes.
    private mutating func bytesLength(_ flexible: Bool) throws(ProtocolError) -> Int? {
        try checked(flexible ? Int(try unsignedVarint()) - 1 : Int(try int32()))
    }

    private func checked(_ length: Int) throws(ProtocolError) -> Int? {
        guard length >= 0 else {
            guard length == -1 else { throw .invalidLength(length) }
            return nil
        }
        guard length <= remaining else { throw .truncated }
        return length
    }

    /// A string or null. Bytes that are not UTF-8 are repaired with U+FFFD, as Java does.
    public mutating func nullableString(_ flexible: Bool) throws(ProtocolError) -> String? {
        guard let length = try stringLength(flexible) else { return nil }
        return String(decoding: try raw(length), as: UTF8.self)
    }

    /// A string.
    public mutating func string(_ flexible: Bool) throws(ProtocolError) -> String {
        guard let value = try nullableString(flexible) else { throw .invalidLength(-1) }
        return value
    }

    /// Bytes or null, copied.
    public mutating func nullableBytes(_ flexible: Bool) throws(ProtocolError) -> [UInt8]? {
        guard let length = try bytesLength(flexible) else { return nil }
        return [UInt8](try raw(length))
    }

    /// Bytes, copied.
    public mutating func bytes(_ flexible: Bool) throws(ProtocolError) -> [UInt8] {
        guard let value = try nullableBytes(flexible) else { throw .invalidLength(-1) }
        return value
    }

    /// The place of a field of records, which are not copied.
    public mutating func records(_ flexible: Bool) throws(ProtocolError) -> RecordsField {
        guard let length = try bytesLength(flexible) else { return .none }
        let offset = position
        _ = try raw(length)
        return .slice(offset: offset, count: length)
    }

    /// How many elements follow, nil for a null array; `leastSize` is the fewest bytes that one can take.
    private mutating func arrayCount(_ flexible: Bool, leastSize: Int) throws(ProtocolError) -> Int? {
        let count = flexible ? Int(try unsignedVarint()) - 1 : Int(try int32())
        guard count >= 0 else {
            guard count == -1 else { throw .invalidLength(count) }
            return nil
        }
        guard count <= remaining / leastSize else { throw .countTooLarge(count) }
        return count
    }

    /// Elements are reserved up to this many; beyond it the array grows with what really follows, so that a forged count
    /// costs no more than the bytes that come with it.
    private static var reservedElements: Int { 4096 }

    /// An array of structures, or null.
    mutating func nullableArray<T: KafkaStructure>(
        _ version: Int16, _ flexible: Bool
    ) throws(ProtocolError) -> [T]? {
        guard let count = try arrayCount(flexible, leastSize: T.leastSize) else { return nil }
        var elements: [T] = []
        elements.reserveCapacity(min(count, Self.reservedElements))
        for _ in 0..<count { elements.append(try T(from: &self, version: version)) }
        return elements
    }

    /// An array of structures.
    mutating func array<T: KafkaStructure>(_ version: Int16, _ flexible: Bool) throws(ProtocolError) -> [T] {
        guard let value: [T] = try nullableArray(version, flexible) else { throw .invalidLength(-1) }
        return value
    }

    /// An array of numbers, ids or strings, or null.
    mutating func nullableArray<T: WireScalar>(_ version: Int16, _ flexible: Bool) throws(ProtocolError) -> [T]? {
        guard let count = try arrayCount(flexible, leastSize: T.leastSize(flexible)) else { return nil }
        var elements: [T] = []
        elements.reserveCapacity(min(count, Self.reservedElements))
        for _ in 0..<count { elements.append(try T.read(&self, flexible)) }
        return elements
    }

    /// An array of numbers, ids or strings.
    mutating func array<T: WireScalar>(_ version: Int16, _ flexible: Bool) throws(ProtocolError) -> [T] {
        guard let value: [T] = try nullableArray(version, flexible) else { throw .invalidLength(-1) }
        return value
    }

    /// A structure behind a byte that says whether there is one: -1 for null.
    mutating func nullableStructure<T: KafkaStructure>(_ version: Int16) throws(ProtocolError) -> T? {
        try int8() < 0 ? nil : try T(from: &self, version: version)
    }
}

/// What an array may hold besides structures.
protocol WireScalar: Equatable, Sendable {
    static func leastSize(_ flexible: Bool) -> Int
    static func read(_ r: inout ByteReader, _ flexible: Bool) throws(ProtocolError) -> Self
    func write(_ w: inout ByteWriter, _ flexible: Bool) throws(ProtocolError)
}

extension Int8: WireScalar {
    static func leastSize(_ flexible: Bool) -> Int { 1 }
    static func read(_ r: inout ByteReader, _ flexible: Bool) throws(ProtocolError) -> Int8 { try r.int8() }
    func write(_ w: inout ByteWriter, _ flexible: Bool) { w.int8(self) }
}

extension Int32: WireScalar {
    static func leastSize(_ flexible: Bool) -> Int { 4 }
    static func read(_ r: inout ByteReader, _ flexible: Bool) throws(ProtocolError) -> Int32 { try r.int32() }
    func write(_ w: inout ByteWriter, _ flexible: Bool) { w.int32(self) }
}

extension Int64: WireScalar {
    static func leastSize(_ flexible: Bool) -> Int { 8 }
    static func read(_ r: inout ByteReader, _ flexible: Bool) throws(ProtocolError) -> Int64 { try r.int64() }
    func write(_ w: inout ByteWriter, _ flexible: Bool) { w.int64(self) }
}

extension KafkaUUID: WireScalar {
    static func leastSize(_ flexible: Bool) -> Int { 16 }
    static func read(_ r: inout ByteReader, _ flexible: Bool) throws(ProtocolError) -> KafkaUUID { try r.uuid() }
    func write(_ w: inout ByteWriter, _ flexible: Bool) { w.uuid(self) }
}

extension String: WireScalar {
    static func leastSize(_ flexible: Bool) -> Int { flexible ? 1 : 2 }
    static func read(_ r: inout ByteReader, _ flexible: Bool) throws(ProtocolError) -> String {
        try r.string(flexible)
    }
    func write(_ w: inout ByteWriter, _ flexible: Bool) throws(ProtocolError) { try w.string(self, flexible) }
}
