/// A schema's default: a value with its memory, which nobody changes. Compared by content.
public final class DefaultValue: @unchecked Sendable {
    // Guard of the unchecked conformance: the memory is written in init alone.

    /// The value; its memory lives as long as this object.
    public let value: Value
    /// Bytes of its memory.
    public let size: Int
    private let memory: UnsafeMutableRawPointer

    /// Copies a checked value.
    ///
    /// - Parameter limit: bytes that it may hold. A value may name the same memory often, so that the copy is far larger.
    /// - Returns: nil where the limit is too small.
    public init?(copying value: Value, limit: Int) {
        var left = limit
        Self.measure(value, &left)
        guard left >= 0 else { return nil }
        size = limit - left
        memory = .allocate(byteCount: max(size, 1), alignment: 16)
        var free = memory
        self.value = Self.copy(value, &free)
    }

    deinit { memory.deallocate() }

    /// Stops where the limit is reached.
    private static func measure(_ value: Value, _ left: inout Int) {
        if value.isBytesOrString {
            left -= rounded(value.buffer.count)
            return
        }
        let children = value.children
        left -= rounded(children.count * MemoryLayout<Value>.stride)
        for child in children where left >= 0 { measure(child, &left) }
    }

    private static func copy(_ value: Value, _ free: inout UnsafeMutableRawPointer) -> Value {
        var result = value
        if value.isBytesOrString {
            let bytes = value.buffer
            if let start = bytes.baseAddress { free.copyMemory(from: start, byteCount: bytes.count) }
            result.bits = bytes.isEmpty ? 0 : UInt64(UInt(bitPattern: free))
            free += rounded(bytes.count)
            return result
        }
        let children = value.children
        guard !children.isEmpty else {
            if value.length == 0, [.array, .map, .structure].contains(value.kind) { result.bits = 0 }
            return result
        }
        let room = free.bindMemory(to: Value.self, capacity: children.count)
        free += rounded(children.count * MemoryLayout<Value>.stride)
        for (index, child) in children.enumerated() { (room + index).initialize(to: copy(child, &free)) }
        result.bits = UInt64(UInt(bitPattern: room))
        return result
    }

    private static func rounded(_ count: Int) -> Int { (count + 15) & ~15 }
}

extension DefaultValue: Hashable {
    public static func == (left: DefaultValue, right: DefaultValue) -> Bool {
        left === right || (left.size == right.size && areEqual(left.value, right.value))
    }

    private static func areEqual(_ left: Value, _ right: Value) -> Bool {
        guard left.tag == right.tag, left.length == right.length, let kind = left.kind else { return false }
        switch kind {
        case .null: return true
        case .boolean: return left.boolean == right.boolean
        case .int8, .int16, .int32, .int64, .float32, .float64: return left.bits == right.bits
        case .string, .bytes: return left.buffer.elementsEqual(right.buffer)
        case .array, .map, .structure: return left.children.elementsEqual(right.children, by: areEqual)
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(value.tag)
        hasher.combine(size)
        switch value.kind {
        case .string?, .bytes?: hasher.combine(bytes: value.buffer)
        case .int8?, .int16?, .int32?, .int64?, .float32?, .float64?: hasher.combine(value.bits)
        case nil, .null?, .boolean?, .array?, .map?, .structure?: break
        }
    }
}

extension Schema {
    /// Whether a checked value may stand under this schema: Java's `ConnectSchema.validateValue`, for base types.
    public func accepts(_ value: Value) -> Bool {
        guard value.kind == kind else { return value.isNull && isOptional }
        let children = value.children
        switch kind {
        case .null, .boolean, .int8, .int16, .int32, .int64, .float32, .float64, .string, .bytes: return true
        case .array:
            guard let valueSchema else { return children.isEmpty }
            return children.allSatisfy(valueSchema.accepts)
        case .map:
            guard let keySchema, let valueSchema else { return children.isEmpty }
            return children.indices.allSatisfy { ($0 % 2 == 0 ? keySchema : valueSchema).accepts(children[$0]) }
        case .structure:
            return children.count == fields.count
                && zip(fields, children).allSatisfy { field, child in
                    field.schema.accepts(child) || (child.isNull && field.schema.defaultValue != nil)
                }
        }
    }
}
