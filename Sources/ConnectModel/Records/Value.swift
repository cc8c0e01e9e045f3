/// What a ``Value`` holds. Raw values are those of `KC_…` in the plugin ABI and must not change.
public enum ValueKind: UInt8, Sendable {
    case null = 0
    case boolean = 1
    case int8 = 2
    case int16 = 3
    case int32 = 4
    case int64 = 5
    case float32 = 6
    case float64 = 7
    case string = 8
    case bytes = 9
    case array = 10
    case map = 11
    case structure = 12
}

/// One datum of Connect's data model: a tag and either a number or borrowed memory. 16 bytes, trivially copyable.
///
/// The layout equals `kc_value` of the plugin ABI (a test of `PluginHost` holds them together), so that values cross the
/// border without being rebuilt. Memory that `bits` points to belongs to whoever made the value: a plugin's batch, a fetch
/// answer, or a ``ByteArena``; a value never outlives its owner.
///
/// - string, bytes: `length` bytes at ``pointer``; strings are UTF-8.
/// - array: `length` values at ``pointer``; map: `length` pairs, so twice as many values, key before value;
///   structure: one value for each field of its schema, in the schema's order.
/// - Logical types (Decimal, Date, Time, Timestamp) are their base type, named by the schema.
@frozen public struct Value {
    /// Raw value of ``ValueKind``; a foreign byte until it was checked.
    public var tag: UInt8
    public var flags: UInt8
    public var reserved: UInt16
    /// Bytes, elements, pairs or fields; never negative in a checked value.
    public var length: Int32
    /// The number itself, a double's or float's bit pattern, or an address.
    public var bits: UInt64

    /// Puts a value together without checking anything.
    @inlinable public init(tag: UInt8, length: Int32, bits: UInt64) {
        self.tag = tag
        self.flags = 0
        self.reserved = 0
        self.length = length
        self.bits = bits
    }

    /// No value.
    @inlinable public static var null: Value { Value(tag: ValueKind.null.rawValue, length: 0, bits: 0) }

    /// A truth value.
    @inlinable public static func boolean(_ value: Bool) -> Value {
        Value(tag: ValueKind.boolean.rawValue, length: 0, bits: value ? 1 : 0)
    }

    /// A whole number of the given kind (int8 … int64).
    @inlinable public static func integer(_ kind: ValueKind, _ value: Int64) -> Value {
        Value(tag: kind.rawValue, length: 0, bits: UInt64(bitPattern: value))
    }

    /// A 64-bit whole number.
    @inlinable public static func int64(_ value: Int64) -> Value { integer(.int64, value) }

    /// A single-precision number.
    @inlinable public static func float32(_ value: Float) -> Value {
        Value(tag: ValueKind.float32.rawValue, length: 0, bits: UInt64(value.bitPattern))
    }

    /// A double-precision number.
    @inlinable public static func float64(_ value: Double) -> Value {
        Value(tag: ValueKind.float64.rawValue, length: 0, bits: value.bitPattern)
    }

    /// Borrowed UTF-8 text.
    @inlinable public static func string(_ pointer: UnsafeRawPointer?, _ length: Int32) -> Value {
        Value(tag: ValueKind.string.rawValue, length: length, bits: UInt64(UInt(bitPattern: pointer)))
    }

    /// Borrowed bytes.
    @inlinable public static func bytes(_ pointer: UnsafeRawPointer?, _ length: Int32) -> Value {
        Value(tag: ValueKind.bytes.rawValue, length: length, bits: UInt64(UInt(bitPattern: pointer)))
    }

    /// Borrowed children: an array's elements, a map's pairs or a structure's fields.
    ///
    /// - Parameter length: elements, pairs or fields, so half the number of values for a map.
    @inlinable public static func container(_ kind: ValueKind, _ values: UnsafePointer<Value>?, _ length: Int32)
        -> Value
    {
        Value(tag: kind.rawValue, length: length, bits: UInt64(UInt(bitPattern: values)))
    }

    /// What this value holds; nil for a tag that the data model does not know.
    @inlinable public var kind: ValueKind? { ValueKind(rawValue: tag) }

    /// Whether this is no value.
    @inlinable public var isNull: Bool { tag == ValueKind.null.rawValue }

    /// Whether this is borrowed text or bytes.
    @inlinable public var isBytesOrString: Bool { tag == ValueKind.string.rawValue || tag == ValueKind.bytes.rawValue }

    /// The number of an integer kind or boolean.
    @inlinable public var int64: Int64 { Int64(bitPattern: bits) }

    /// The number of a float64.
    @inlinable public var float64: Double { Double(bitPattern: bits) }

    /// The number of a float32.
    @inlinable public var float32: Float { Float(bitPattern: UInt32(truncatingIfNeeded: bits)) }

    /// The truth value of a boolean.
    @inlinable public var boolean: Bool { bits & 0xff != 0 }

    /// Where borrowed memory starts; nil for an empty or null one.
    @inlinable public var pointer: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: UInt(truncatingIfNeeded: bits)) }

    /// The borrowed bytes of a string or bytes value; empty for every other kind, so that no caller can read too far.
    @inlinable public var buffer: UnsafeRawBufferPointer {
        guard isBytesOrString, length > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: pointer, count: Int(length))
    }

    /// The children of an array, map (pairs flattened) or structure; empty for every other kind.
    @inlinable public var children: UnsafeBufferPointer<Value> {
        guard length > 0, let start = pointer, let kind else { return UnsafeBufferPointer(start: nil, count: 0) }
        switch kind {
        case .array, .structure:
            return UnsafeBufferPointer(start: start.assumingMemoryBound(to: Value.self), count: Int(length))
        case .map:
            return UnsafeBufferPointer(start: start.assumingMemoryBound(to: Value.self), count: 2 * Int(length))
        case .null, .boolean, .int8, .int16, .int32, .int64, .float32, .float64, .string, .bytes:
            return UnsafeBufferPointer(start: nil, count: 0)
        }
    }

    /// The text of a string value, repaired where it is not UTF-8; nil for every other kind.
    public var text: String? {
        guard tag == ValueKind.string.rawValue else { return nil }
        return String(decoding: buffer, as: UTF8.self)
    }
}
