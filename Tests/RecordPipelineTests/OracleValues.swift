import ConnectModel
import JSON
import RecordPipeline

/// Random schemas and values, and both in the oracle's JSON. Seeded, so that a failing case can be repeated.
struct OracleValues {
    var random: SplitMix
    let fixture: PipelineFixture

    struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    init(seed: UInt64, fixture: PipelineFixture) {
        random = SplitMix(state: seed)
        self.fixture = fixture
    }

    /// A schema that one time in three has a default.
    mutating func schema(depth: Int = 0) -> Schema {
        let plain = plainSchema(depth: depth)
        // Apache's builder takes no default of a structure.
        guard plain.kind != .structure, Int.random(in: 0..<3, using: &random) == 0 else { return plain }
        let value = value(of: plain)
        return Schema(
            plain.kind, isOptional: plain.isOptional, name: plain.name, version: plain.version,
            documentation: plain.documentation, parameters: plain.parameters,
            defaultValue: value.isNull ? nil : DefaultValue(copying: value, limit: 1 << 20), keySchema: plain.keySchema,
            valueSchema: plain.valueSchema)
    }

    /// A value, or null where the default stands in for it.
    mutating func valueOrNothing(of schema: Schema) -> Value {
        schema.defaultValue != nil && Bool.random(using: &random) ? .null : value(of: schema)
    }

    private mutating func plainSchema(depth: Int) -> Schema {
        let scalars: [ValueKind] = [
            .boolean, .int8, .int16, .int32, .int64, .float32, .float64, .string, .bytes,
        ]
        let isOptional = Bool.random(using: &random)
        let documentation = Int.random(in: 0..<8, using: &random) == 0 ? "says \"so\"" : nil
        switch depth < 3 ? Int.random(in: 0..<14, using: &random) : 0 {
        case 9, 10: return Schema(.array, isOptional: isOptional, valueSchema: schema(depth: depth + 1))
        case 11:
            let key = Bool.random(using: &random) ? Schema.string : Schema(.int32)
            return Schema(.map, isOptional: isOptional, keySchema: key, valueSchema: schema(depth: depth + 1))
        case 12, 13:
            let fields = (0..<Int.random(in: 1...4, using: &random)).map {
                Schema.Field(name: "f\($0)é", schema: schema(depth: depth + 1))
            }
            return Schema(
                .structure, isOptional: isOptional, name: Bool.random(using: &random) ? "a.Name" : nil,
                version: Bool.random(using: &random) ? 3 : nil, documentation: documentation, fields: fields)
        case 8:
            return Schema(
                .bytes, isOptional: isOptional, name: LogicalType.decimal.rawValue, version: 1,
                parameters: [.init(name: "scale", value: String(Int.random(in: 0...5, using: &random)))])
        case 7: return Schema(.int64, isOptional: isOptional, name: LogicalType.timestamp.rawValue, version: 1)
        default:
            return Schema(
                scalars[Int.random(in: 0..<scalars.count, using: &random)], isOptional: isOptional,
                documentation: documentation)
        }
    }

    mutating func value(of schema: Schema) -> Value {
        if schema.isOptional, Int.random(in: 0..<5, using: &random) == 0 { return .null }
        switch schema.kind {
        case .null: return .null
        case .boolean: return .boolean(Bool.random(using: &random))
        case .int8: return .integer(.int8, Int64(Int8.random(in: .min ... .max, using: &random)))
        case .int16: return .integer(.int16, Int64(Int16.random(in: .min ... .max, using: &random)))
        case .int32: return .integer(.int32, Int64(Int32.random(in: .min ... .max, using: &random)))
        case .int64:
            let millennium: ClosedRange<Int64> = -1_000_000_000_000...4_000_000_000_000
            return .int64(
                schema.logicalType == .timestamp
                    ? Int64.random(in: millennium, using: &random)
                    : Int64.random(in: .min ... .max, using: &random))
        // Java before 19 does not always print the shortest digits (JDK-4511638); these it does.
        case .float32: return .float32(Float(Int64.random(in: -100_000...100_000, using: &random)) / 8)
        case .float64: return .float64(Double(Int64.random(in: -1_000_000_000...1_000_000_000, using: &random)) / 1024)
        case .string: return fixture.string(text())
        case .bytes:
            // A Decimal's bytes are the shortest that Java would give.
            let bytes =
                schema.logicalType == .decimal
                ? [UInt8(1 + Int.random(in: 0..<100, using: &random)), UInt8.random(in: 0...255, using: &random)]
                : (0..<Int.random(in: 0...9, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            return .bytes(fixture.copy(bytes), Int32(bytes.count))
        case .array:
            let element = schema.valueSchema ?? .string
            let values = (0..<Int.random(in: 0...3, using: &random)).map { _ in value(of: element) }
            return .container(.array, fixture.values(values), Int32(values.count))
        case .map:
            let count = Int.random(in: 0...1, using: &random)
            let key = schema.keySchema?.kind == .int32 ? Value.integer(.int32, 5) : fixture.string("k\n")
            let values = (0..<count).flatMap { _ in [key, value(of: schema.valueSchema ?? .string)] }
            return .container(.map, fixture.values(values), Int32(count))
        case .structure:
            let values = schema.fields.map { value(of: $0.schema) }
            return .container(.structure, fixture.values(values), Int32(values.count))
        }
    }

    mutating func text() -> String {
        let parts = ["", "plain", "\"", "\\", "/", "\n", "\u{1}", "é", "日本", "😀", "0", "\u{7f}", "a,b"]
        return (0..<Int.random(in: 0...4, using: &random))
            .map { _ in parts[Int.random(in: 0..<parts.count, using: &random)] }.joined()
    }

    static func json(_ schema: Schema?) -> JSONValue {
        guard let schema else { return .null }
        var object = JSONObject()
        object["type"] = .string(typeName(schema.kind))
        object["optional"] = .bool(schema.isOptional)
        object["name"] = schema.name.map(JSONValue.string)
        object["version"] = schema.version.map { .int(Int($0)) }
        object["doc"] = schema.documentation.map(JSONValue.string)
        if !schema.parameters.isEmpty {
            var parameters = JSONObject()
            for parameter in schema.parameters { parameters[parameter.name] = .string(parameter.value) }
            object["parameters"] = .object(parameters)
        }
        object["default"] = schema.defaultValue.map { json($0.value, schema) }
        object["keys"] = schema.keySchema.map { json($0) }
        object["values"] = schema.valueSchema.map { json($0) }
        if schema.kind == .structure {
            object["fields"] = .array(
                schema.fields.map { .object(["name": .string($0.name), "schema": json($0.schema)]) })
        }
        return .object(object)
    }

    private static func typeName(_ kind: ValueKind) -> String {
        switch kind {
        case .null: return "null"
        case .boolean: return "boolean"
        case .int8: return "int8"
        case .int16: return "int16"
        case .int32: return "int32"
        case .int64: return "int64"
        case .float32: return "float32"
        case .float64: return "float64"
        case .string: return "string"
        case .bytes: return "bytes"
        case .array: return "array"
        case .map: return "map"
        case .structure: return "struct"
        }
    }

    /// A value in the oracle's JSON.
    static func json(_ value: Value, _ schema: Schema?) -> JSONValue {
        guard let kind = value.kind, kind != .null else { return .null }
        switch schema?.logicalType {
        case .timestamp, .time: return .object(["date": .int64(value.int64)])
        case .date: return .object(["date": .int64(value.int64 * 86_400_000)])
        case .decimal, nil: break
        }
        switch kind {
        case .null: return .null
        case .boolean: return .object(["boolean": .bool(value.boolean)])
        case .int8, .int16, .int32: return .object([typeName(kind): .int64(value.int64)])
        case .int64: return .object(["int64": .string(String(value.int64))])
        case .float32: return .object(["float32": .string(JavaDecimal.spelling(of: value.float32))])
        case .float64: return .object(["float64": .string(JavaDecimal.spelling(of: value.float64))])
        case .string: return .object(["string": .string(value.text ?? "")])
        case .bytes:
            if schema?.logicalType == .decimal, value.length <= 7,
                let scale = schema?.parameters.first.flatMap({ Int($0.value) })
            {
                let unscaled = value.buffer.reduce(0) { $0 * 256 + Int($1) }
                return .object(["decimal": .string(decimal(unscaled, scale))])
            }
            return .object(["bytes": .string(Base64.encode(value.buffer))])
        case .array: return .object(["array": .array(value.children.map { json($0, schema?.valueSchema) })])
        case .map:
            let pairs = value.children
            let entries = stride(from: 0, to: pairs.count, by: 2).map {
                JSONValue.array([json(pairs[$0], schema?.keySchema), json(pairs[$0 + 1], schema?.valueSchema)])
            }
            return .object(["map": .array(sorted(entries))])
        case .structure:
            var object = JSONObject()
            for (field, child) in zip(schema?.fields ?? [], value.children) {
                object[field.name] = json(child, field.schema)
            }
            return .object(["struct": .object(object)])
        }
    }

    /// Java's maps have no order.
    static func sorted(_ entries: [JSONValue]) -> [JSONValue] {
        entries.sorted { $0.serializedString() < $1.serializedString() }
    }

    /// The oracle's value with the entries of its maps sorted.
    static func normalised(_ json: JSONValue) -> JSONValue {
        switch json {
        case .array(let elements): return .array(elements.map(normalised))
        case .object(let object):
            var result = JSONObject()
            for member in object.members {
                let value = normalised(member.value)
                result[member.key] = member.key == "map" ? .array(sorted(value.array ?? [])) : value
            }
            return .object(result)
        case .null, .bool, .number, .string: return json
        }
    }

    /// The same with members in the order of their names.
    static func ordered(_ json: JSONValue) -> JSONValue {
        switch json {
        case .array(let elements): return .array(elements.map(ordered))
        case .object(let object):
            var result = JSONObject()
            for member in object.members.sorted(by: { $0.key < $1.key }) { result[member.key] = ordered(member.value) }
            return .object(result)
        case .null, .bool, .number, .string: return json
        }
    }

    private static func decimal(_ unscaled: Int, _ scale: Int) -> String {
        let digits = String(unscaled)
        guard scale > 0 else { return digits }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return padded.dropLast(scale) + "." + padded.suffix(scale)
    }
}
