// The writing side of ByteReader+Fields.swift.

extension ByteWriter {
    /// Java reads string lengths as a signed 16-bit number and refuses longer ones in flexible versions too.
    private static var longestString: Int { Int(Int16.max) }

    private mutating func length(_ value: Int?, _ flexible: Bool, wide: Bool) throws(ProtocolError) {
        let count = value ?? -1
        guard count <= (wide ? Int(Int32.max) - 1 : Self.longestString) else { throw .tooLong(count) }
        if flexible {
            unsignedVarint(UInt32(count + 1))
        } else if wide {
            int32(Int32(count))
        } else {
            int16(Int16(count))
        }
    }

    /// A string of at most 32,767 bytes of UTF-8.
    public mutating func string(_ value: String, _ flexible: Bool) throws(ProtocolError) {
        try nullableString(value, flexible)
    }

    /// A string or null.
    public mutating func nullableString(_ value: String?, _ flexible: Bool) throws(ProtocolError) {
        guard var value else { return try length(nil, flexible, wide: false) }
        try length(value.utf8.count, flexible, wide: false)
        value.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }

    /// Bytes.
    public mutating func bytes(_ value: [UInt8], _ flexible: Bool) throws(ProtocolError) {
        try nullableBytes(value, flexible)
    }

    /// Bytes or null.
    public mutating func nullableBytes(_ value: [UInt8]?, _ flexible: Bool) throws(ProtocolError) {
        try length(value?.count, flexible, wide: true)
        value?.withUnsafeBytes { raw($0) }
    }

    /// Records by reference. What was read from a frame cannot be written: give it as `gather`.
    public mutating func records(_ value: RecordsField, _ flexible: Bool) throws(ProtocolError) {
        switch value {
        case .none: try length(nil, flexible, wide: true)
        case .slice: throw .recordsNotOwned
        case .gather(let segments):
            try length(value.count, flexible, wide: true)
            for segment in segments { appendExternal(segment.bytes, owner: segment.owner) }
        }
    }

    /// An array of structures or null.
    mutating func nullableArray<T: KafkaStructure>(
        _ value: [T]?, _ version: Int16, _ flexible: Bool
    ) throws(ProtocolError) {
        try length(value?.count, flexible, wide: true)
        for element in value ?? [] { try element.encode(&self, version: version) }
    }

    /// An array of structures.
    mutating func array<T: KafkaStructure>(_ value: [T], _ version: Int16, _ flexible: Bool) throws(ProtocolError) {
        try length(value.count, flexible, wide: true)
        for element in value { try element.encode(&self, version: version) }
    }

    /// An array of numbers, ids or strings, or null.
    mutating func nullableArray<T: WireScalar>(
        _ value: [T]?, _ version: Int16, _ flexible: Bool
    ) throws(ProtocolError) {
        try length(value?.count, flexible, wide: true)
        for element in value ?? [] { try element.write(&self, flexible) }
    }

    /// An array of numbers, ids or strings.
    mutating func array<T: WireScalar>(_ value: [T], _ version: Int16, _ flexible: Bool) throws(ProtocolError) {
        try length(value.count, flexible, wide: true)
        for element in value { try element.write(&self, flexible) }
    }

    /// A structure or null, behind the byte that says which.
    mutating func nullableStructure<T: KafkaStructure>(_ value: T?, _ version: Int16) throws(ProtocolError) {
        int8(value == nil ? -1 : 1)
        try value?.encode(&self, version: version)
    }
}
