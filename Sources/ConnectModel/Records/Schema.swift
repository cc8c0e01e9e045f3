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

        public static func == (left: Field, right: Field) -> Bool {
            left.name.isExactly(right.name) && left.schema == right.schema
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
    /// nil for none; never null.
    public let defaultValue: DefaultValue?
    /// Fields of a structure, in order; empty for every other kind.
    public let fields: [Field]
    /// Key schema of a map.
    public let keySchema: Schema?
    /// Value schema of a map, element schema of an array.
    public let valueSchema: Schema?
    /// About as many bytes as it costs, with the schemas in it counted as often as they are used.
    public let weight: Int
    /// Positions of a structure's many fields by name: looked for one by one, those of a large record would take minutes.
    private let positions: [[UInt8]: Int]
    private static let fewFields = 16
    /// Made once: schemas are looked up by content record by record, and those of one topic may differ in a single name.
    private let contentHash: Int

    /// A named text that a schema carries, such as a Decimal's `scale`.
    public struct Parameter: Sendable, Hashable {
        public let name: String
        public let value: String

        /// A parameter.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        public static func == (left: Parameter, right: Parameter) -> Bool {
            left.name.isExactly(right.name) && left.value.isExactly(right.value)
        }
    }

    /// Puts a schema together; nothing is checked against anything else.
    public init(
        _ kind: ValueKind, isOptional: Bool = false, name: String? = nil, version: Int32? = nil,
        documentation: String? = nil, parameters: [Parameter] = [], defaultValue: DefaultValue? = nil,
        fields: [Field] = [], keySchema: Schema? = nil, valueSchema: Schema? = nil
    ) {
        self.kind = kind
        self.isOptional = isOptional
        self.name = name
        self.version = version
        self.documentation = documentation
        self.parameters = parameters
        self.defaultValue = defaultValue
        self.fields = fields
        self.keySchema = keySchema
        self.valueSchema = valueSchema
        positions =
            fields.count <= Self.fewFields
            ? [:]
            : Dictionary(
                fields.enumerated().map { (Array($1.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        var hasher = Hasher()
        hasher.combine(kind)
        hasher.combine(isOptional)
        hasher.combine(name)
        hasher.combine(version)
        hasher.combine(documentation)
        hasher.combine(parameters)
        hasher.combine(defaultValue)
        hasher.combine(fields)
        hasher.combine(keySchema)
        hasher.combine(valueSchema)
        contentHash = hasher.finalize()
        weight = Self.weight(
            texts: [name, documentation], parameters: parameters, defaultValue: defaultValue, fields: fields,
            inner: [keySchema, valueSchema])
    }

    private static func weight(
        texts: [String?], parameters: [Parameter], defaultValue: DefaultValue?, fields: [Field], inner: [Schema?]
    ) -> Int {
        var total = 256 + (defaultValue?.size ?? 0)
        for text in texts { total += text?.utf8.count ?? 0 }
        for parameter in parameters { total += 64 + parameter.name.utf8.count + parameter.value.utf8.count }
        for schema in inner { total += schema?.weight ?? 0 }
        for field in fields { total = min(total + 128 + field.name.utf8.count + field.schema.weight, mostWeight) }
        return min(total, mostWeight)
    }

    /// Sums of a few weights cannot overflow.
    private static let mostWeight = 1 << 50

    /// Required text.
    public static let string = Schema(.string)
    /// Text or null.
    public static let optionalString = Schema(.string, isOptional: true)
    /// Bytes or null.
    public static let optionalBytes = Schema(.bytes, isOptional: true)

    /// The position of a structure's field.
    ///
    /// - Parameter expected: the position to look at first; any number.
    public func field(named name: UnsafeRawBufferPointer, expected: Int) -> Int? {
        func isNamed(_ field: Field) -> Bool {
            let text = field.name.utf8
            return text.count == name.count && text.elementsEqual(name)
        }
        if fields.indices.contains(expected), isNamed(fields[expected]) { return expected }
        return positions.isEmpty ? fields.firstIndex(where: isNamed) : positions[Array(name)]
    }

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
        return left.contentHash == right.contentHash && left.kind == right.kind && left.isOptional == right.isOptional
            && left.name.map(ExactText.init) == right.name.map(ExactText.init)
            && left.version == right.version && left.documentation == right.documentation
            && left.parameters == right.parameters && left.defaultValue == right.defaultValue
            && left.fields == right.fields && left.keySchema == right.keySchema
            && left.valueSchema == right.valueSchema
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(contentHash) }
}
