/// The shape of a value: Connect's `Schema`. Immutable, compared by content.
///
/// Source: `org.apache.kafka.connect.data.ConnectSchema`. ``kind`` is never `.null`.
public final class Schema: Sendable {
    /// A field of a structure.
    public struct Field: Sendable, Hashable {
        public let name: String
        public let schema: Schema

        /// A field with its schema.
        public init(name: String, schema: Schema) {
            self.name = name
            self.schema = schema
        }
    }

    public let kind: ValueKind
    public let isOptional: Bool
    /// Name of a structure or of a logical type (``LogicalType``).
    public let name: String?
    public let version: Int32?
    public let documentation: String?
    /// In the order in which they were given.
    public let parameters: [Parameter]
    /// The default, encoded as compact JSON of the payload; nil for none.
    public let defaultJSON: [UInt8]?
    /// Fields of a structure, in order; empty for every other kind.
    public let fields: [Field]
    /// Key schema of a map.
    public let keySchema: Schema?
    /// Value schema of a map, element schema of an array.
    public let valueSchema: Schema?

    /// A named text that a schema carries, such as a Decimal's `scale`.
    public struct Parameter: Sendable, Hashable {
        public let name: String
        public let value: String

        /// A parameter.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Puts a schema together; nothing is checked against anything else.
    public init(
        _ kind: ValueKind, isOptional: Bool = false, name: String? = nil, version: Int32? = nil,
        documentation: String? = nil, parameters: [Parameter] = [], defaultJSON: [UInt8]? = nil,
        fields: [Field] = [], keySchema: Schema? = nil, valueSchema: Schema? = nil
    ) {
        self.kind = kind
        self.isOptional = isOptional
        self.name = name
        self.version = version
        self.documentation = documentation
        self.parameters = parameters
        self.defaultJSON = defaultJSON
        self.fields = fields
        self.keySchema = keySchema
        self.valueSchema = valueSchema
    }

    /// Required text.
    public static let string = Schema(.string)
    /// Text or null.
    public static let optionalString = Schema(.string, isOptional: true)
    /// Bytes or null.
    public static let optionalBytes = Schema(.bytes, isOptional: true)

    /// The logical type that the name stands for, if it is one of Connect's four.
    public var logicalType: LogicalType? { name.flatMap(LogicalType.init(rawValue:)) }
}

/// The names under which Connect's own logical types are known on the wire.
public enum LogicalType: String, Sendable {
    /// Bytes: big-endian two's complement of the unscaled number; parameter `scale`.
    case decimal = "org.apache.kafka.connect.data.Decimal"
    /// Int32: days since 1970-01-01 UTC.
    case date = "org.apache.kafka.connect.data.Date"
    /// Int32: milliseconds since midnight.
    case time = "org.apache.kafka.connect.data.Time"
    /// Int64: milliseconds since 1970-01-01 UTC.
    case timestamp = "org.apache.kafka.connect.data.Timestamp"
}

extension Schema: Hashable {
    public static func == (left: Schema, right: Schema) -> Bool {
        if left === right { return true }
        return left.kind == right.kind && left.isOptional == right.isOptional && left.name == right.name
            && left.version == right.version && left.documentation == right.documentation
            && left.parameters == right.parameters && left.defaultJSON == right.defaultJSON
            && left.fields == right.fields && left.keySchema == right.keySchema
            && left.valueSchema == right.valueSchema
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(isOptional)
        hasher.combine(name)
        hasher.combine(version)
        hasher.combine(fields.count)
    }
}
