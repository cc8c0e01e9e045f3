/// A JSON text as a tree. For requests, configurations and stored documents; the record path reads tokens from
/// ``JSONScanner`` instead.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Reads one JSON text; nothing but white space may stand around it.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .strict
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes, limits: limits)
        return try parser.parse()
    }

    /// Reads one JSON text; nothing but white space may stand around it.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = .strict) throws(JSONError) -> JSONValue {
        // The closure form rethrows untyped; a Result keeps the type.
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONError) in try parse(buffer, limits: limits) }
        }.get()
    }

    /// Reads one JSON text; nothing but white space may stand around it.
    public static func parse(_ text: String, limits: JSONLimits = .strict) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    /// The text without white space, spelled as Jackson spells it.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }

    /// The text without white space, spelled as Jackson spells it.
    public func serializedString() -> String { String(decoding: serialized(), as: UTF8.self) }
}

extension JSONValue {
    /// True for null.
    public var isNull: Bool { self == .null }

    /// The value of a Boolean; nil for other kinds.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The value of a number; nil for other kinds.
    public var number: JSONNumber? {
        guard case .number(let value) = self else { return nil }
        return value
    }

    /// The value of a number that is written as an integer and fits.
    public var int64: Int64? { number?.int64 }

    /// The value of a string; nil for other kinds.
    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The elements of an array; nil for other kinds.
    public var array: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The members of an object; nil for other kinds.
    public var object: JSONObject? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    /// The member of an object; nil for other kinds.
    public subscript(key: String) -> JSONValue? { object?[key] }

    /// A number.
    public static func int(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }

    /// A number.
    public static func int64(_ value: Int64) -> JSONValue { .number(JSONNumber(value)) }

    /// A string or null.
    public static func optional(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A number.
    public init(integerLiteral value: Int64) { self = .int64(value) }
    /// A Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Null.
    public init(nilLiteral: ()) { self = .null }
    /// An object; a later one of two equal names wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}
