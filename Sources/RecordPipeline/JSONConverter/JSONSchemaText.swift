import ConnectModel
import JSON

/// Connect schemas as the JSON of `JsonConverter`'s envelope, both ways.
///
/// Source: `JsonConverter.asJsonSchema`, `asConnectSchema`; the order of members is Java's.
enum JSONSchemaText {
    /// The schema's JSON.
    ///
    /// - Parameter encoder: writes its defaults as it would write payloads.
    static func write(
        _ schema: Schema, _ encoder: JSONValueEncoder, to output: JSONOutput, fieldName: String? = nil
    ) throws(ConnectError) {
        output.raw("{\"type\":")
        output.string(typeName(schema.kind))
        switch schema.kind {
        case .array:
            output.raw(",\"items\":")
            try writeOptional(schema.valueSchema, encoder, to: output)
        case .map:
            output.raw(",\"keys\":")
            try writeOptional(schema.keySchema, encoder, to: output)
            output.raw(",\"values\":")
            try writeOptional(schema.valueSchema, encoder, to: output)
        case .structure:
            output.raw(",\"fields\":[")
            for (index, field) in schema.fields.enumerated() {
                if index > 0 { output.byte(UInt8(ascii: ",")) }
                try write(field.schema, encoder, to: output, fieldName: field.name)
            }
            output.byte(UInt8(ascii: "]"))
        case .null, .boolean, .int8, .int16, .int32, .int64, .float32, .float64, .string, .bytes:
            break
        }
        output.raw(",\"optional\":")
        output.raw(schema.isOptional ? "true" : "false")
        writeDetails(schema, to: output)
        if let standIn = schema.defaultValue {
            output.raw(",\"default\":")
            try encoder.write(standIn.value, schema, to: output)
        }
        if let fieldName { member("field", fieldName, to: output) }
        output.byte(UInt8(ascii: "}"))
    }

    private static func writeOptional(
        _ schema: Schema?, _ encoder: JSONValueEncoder, to output: JSONOutput
    ) throws(ConnectError) {
        if let schema { try write(schema, encoder, to: output) } else { output.raw("null") }
    }

    private static func writeDetails(_ schema: Schema, to output: JSONOutput) {
        if let name = schema.name { member("name", name, to: output) }
        if let version = schema.version {
            output.raw(",\"version\":")
            output.integer(Int64(version))
        }
        if let documentation = schema.documentation { member("doc", documentation, to: output) }
        if !schema.parameters.isEmpty {
            output.raw(",\"parameters\":{")
            for (index, parameter) in schema.parameters.enumerated() {
                if index > 0 { output.byte(UInt8(ascii: ",")) }
                output.string(parameter.name)
                output.byte(UInt8(ascii: ":"))
                output.string(parameter.value)
            }
            output.byte(UInt8(ascii: "}"))
        }
    }

    private static func member(_ name: StaticString, _ value: String, to output: JSONOutput) {
        output.raw(",\"")
        output.raw(name)
        output.raw("\":")
        output.string(value)
    }

    private static func typeName(_ kind: ValueKind) -> String {
        switch kind {
        case .null: return "null"
        case .boolean: return "boolean"
        case .int8: return "int8"
        case .int16: return "int16"
        case .int32: return "int32"
        case .int64: return "int64"
        case .float32: return "float"
        case .float64: return "double"
        case .string: return "string"
        case .bytes: return "bytes"
        case .array: return "array"
        case .map: return "map"
        case .structure: return "struct"
        }
    }

    private static func kind(named name: String) -> ValueKind? {
        switch name {
        case "boolean": return .boolean
        case "int8": return .int8
        case "int16": return .int16
        case "int32": return .int32
        case "int64": return .int64
        case "float": return .float32
        case "double": return .float64
        case "string": return .string
        case "bytes": return .bytes
        case "array": return .array
        case "map": return .map
        case "struct": return .structure
        default: return nil
        }
    }

    /// As deep as the plugin interface lets schemas be (`KC_MAX_DEPTH`): what is nested deeper could not be given to a plugin.
    private static let deepest = 64

    /// The schema that parsed JSON stands for; nil for JSON's null.
    ///
    /// - Parameter depth: how many schemas it stands in.
    static func read(
        _ json: JSONValue, _ defaults: inout JSONDefaultReader, depth: Int = 0
    ) throws(ConnectError) -> Schema? {
        if case .null = json { return nil }
        guard depth <= deepest else {
            throw ConnectError(
                .recordConversion, "The schema is nested deeper than \(deepest), which no plugin may be given")
        }
        guard case .object(let object) = json, case .string(let type)? = object["type"] else {
            throw ConnectError(.recordConversion, "Schema must contain 'type' field")
        }
        guard let kind = kind(named: type) else {
            throw ConnectError(.recordConversion, "Unknown schema type: \(type)")
        }
        var fields: [Schema.Field] = []
        var keySchema: Schema?
        var valueSchema: Schema?
        switch kind {
        case .array:
            valueSchema = try nested(object["items"], &defaults, depth, "Array schema did not specify the element type")
        case .map:
            keySchema = try nested(object["keys"], &defaults, depth, "Map schema did not specify the key type")
            valueSchema = try nested(object["values"], &defaults, depth, "Map schema did not specify the value type")
        case .structure:
            fields = try readFields(object["fields"], &defaults, depth)
        case .null, .boolean, .int8, .int16, .int32, .int64, .float32, .float64, .string, .bytes:
            break
        }
        let parameters = try readParameters(object["parameters"])
        let isOptional = object["optional"] == .bool(true)
        func made(_ standIn: DefaultValue?) -> Schema {
            Schema(
                kind, isOptional: isOptional, name: text(object["name"]), version: version(object["version"]),
                documentation: text(object["doc"]), parameters: parameters, defaultValue: standIn, fields: fields,
                keySchema: keySchema, valueSchema: valueSchema)
        }
        let schema = made(nil)
        guard let json = object["default"], let standIn = try defaults.read(json, of: schema) else { return schema }
        return made(standIn)
    }

    private static func nested(
        _ json: JSONValue?, _ defaults: inout JSONDefaultReader, _ depth: Int, _ message: String
    ) throws(ConnectError) -> Schema {
        guard let json, let schema = try read(json, &defaults, depth: depth + 1) else {
            throw ConnectError(.recordConversion, message)
        }
        return schema
    }

    private static func readFields(
        _ json: JSONValue?, _ defaults: inout JSONDefaultReader, _ depth: Int
    ) throws(ConnectError) -> [Schema.Field] {
        guard case .array(let elements)? = json else {
            throw ConnectError(.recordConversion, "Struct schema's \"fields\" argument is not an array.")
        }
        var fields: [Schema.Field] = []
        fields.reserveCapacity(elements.count)
        for element in elements {
            guard case .object(let object) = element, case .string(let name)? = object["field"],
                let schema = try read(element, &defaults, depth: depth + 1)
            else { throw ConnectError(.recordConversion, "Struct schema's field name not specified properly") }
            fields.append(Schema.Field(name: name, schema: schema))
        }
        return fields
    }

    private static func readParameters(_ json: JSONValue?) throws(ConnectError) -> [Schema.Parameter] {
        guard case .object(let object)? = json else { return [] }
        var parameters: [Schema.Parameter] = []
        for member in object.members {
            guard case .string(let value) = member.value else {
                throw ConnectError(.recordConversion, "Schema parameters must have string values.")
            }
            parameters.append(Schema.Parameter(name: member.key, value: value))
        }
        return parameters
    }

    private static func text(_ json: JSONValue?) -> String? {
        if case .string(let text)? = json { return text }
        return nil
    }

    private static func version(_ json: JSONValue?) -> Int32? {
        guard case .number(let number)? = json, number.isIntegral else { return nil }
        return number.int64.map { Int32(truncatingIfNeeded: $0) }
    }
}
