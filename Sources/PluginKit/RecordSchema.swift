/// Kinds of values and schemas; raw values are the ABI's `KC_…`.
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

/// A schema to declare with ``SourceRecords/schema(_:)``. Others are named by the number that they got there.
public struct RecordSchema: Sendable {
    /// A field of a structure.
    public struct Field: Sendable {
        public let name: String
        /// Number of the field's schema.
        public let schema: Int32

        /// A field.
        public init(_ name: String, _ schema: Int32) {
            self.name = name
            self.schema = schema
        }
    }

    public var kind: ValueKind
    public var isOptional: Bool
    /// Of a structure or a logical type.
    public var name: String?
    public var version: Int32?
    public var keySchema: Int32?
    public var valueSchema: Int32?
    public var fields: [Field]
    public var parameters: [(key: String, value: String)]

    /// A schema.
    public init(
        _ kind: ValueKind, isOptional: Bool = false, name: String? = nil, version: Int32? = nil,
        keySchema: Int32? = nil, valueSchema: Int32? = nil, fields: [Field] = [],
        parameters: [(key: String, value: String)] = []
    ) {
        self.kind = kind
        self.isOptional = isOptional
        self.name = name
        self.version = version
        self.keySchema = keySchema
        self.valueSchema = valueSchema
        self.fields = fields
        self.parameters = parameters
    }
}
