import ConnectModel
import JSON

/// How decimals are written: `decimal.format`.
enum DecimalFormat: Sendable {
    case base64
    case numeric
}

/// Writes values as `JsonConverter.convertToJson` does.
struct JSONValueEncoder {
    let decimalFormat: DecimalFormat
    let replaceNullWithDefault: Bool
    /// Nested deeper than any input of ours allows (``JSONValueDecoder``, `PluginHost`).
    private static let deepest = 1024

    func write(_ value: Value, _ schema: Schema?, to output: JSONOutput, depth: Int = 0) throws(ConnectError) {
        guard depth < Self.deepest else {
            throw ConnectError(.recordConversion, "Value nested deeper than \(Self.deepest)")
        }
        guard let kind = value.kind, kind != .null else {
            return try writeNull(schema, to: output, depth)
        }
        if let schema, schema.kind != kind {
            throw ConnectError(.recordConversion, "Invalid type for \(schema.kind.javaName): \(value.javaClass)")
        }
        switch kind {
        case .null: output.raw("null")
        case .boolean: output.raw(value.boolean ? "true" : "false")
        case .int8, .int16, .int32, .int64: output.integer(value.int64)
        case .float32: output.floating(JavaDecimal.spelling(of: value.float32), isFinite: value.float32.isFinite)
        case .float64: output.floating(JavaDecimal.spelling(of: value.float64), isFinite: value.float64.isFinite)
        case .string: output.string(value.buffer)
        case .bytes: writeBytes(value, schema, to: output)
        case .array: try writeArray(value, schema, to: output, depth)
        case .map: try writeMap(value, schema, to: output, depth)
        case .structure: try writeStructure(value, schema, to: output, depth)
        }
    }

    private func writeNull(_ schema: Schema?, to output: JSONOutput, _ depth: Int) throws(ConnectError) {
        guard let schema else { return output.raw("null") }
        if replaceNullWithDefault, let standIn = schema.defaultValue {
            return try write(standIn.value, schema, to: output, depth: depth)
        }
        guard schema.isOptional else {
            throw ConnectError(
                .recordConversion,
                "Conversion error: null value for field that is required and has no default value")
        }
        output.raw("null")
    }

    private func writeBytes(_ value: Value, _ schema: Schema?, to output: JSONOutput) {
        if decimalFormat == .numeric, let schema, schema.logicalType == .decimal {
            output.raw(BigDecimal(unscaled: value.buffer, scale: schema.decimalScale ?? 0).javaDescription)
        } else {
            output.base64(value.buffer)
        }
    }

    private func writeArray(_ value: Value, _ schema: Schema?, to output: JSONOutput, _ depth: Int) throws(ConnectError)
    {
        output.byte(UInt8(ascii: "["))
        for (index, element) in value.children.enumerated() {
            if index > 0 { output.byte(UInt8(ascii: ",")) }
            try write(element, schema?.valueSchema, to: output, depth: depth + 1)
        }
        output.byte(UInt8(ascii: "]"))
    }

    private func writeMap(_ value: Value, _ schema: Schema?, to output: JSONOutput, _ depth: Int) throws(ConnectError) {
        let pairs = value.children
        let isObject: Bool
        if let schema {
            isObject = schema.keySchema?.kind == .string
        } else {
            isObject = stride(from: 0, to: pairs.count, by: 2).allSatisfy { pairs[$0].kind == .string }
        }
        output.byte(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        for index in stride(from: 0, to: pairs.count - 1, by: 2) {
            if index > 0 { output.byte(UInt8(ascii: ",")) }
            if isObject {
                output.string(pairs[index].buffer)
                output.byte(UInt8(ascii: ":"))
                try write(pairs[index + 1], schema?.valueSchema, to: output, depth: depth + 1)
            } else {
                output.byte(UInt8(ascii: "["))
                try write(pairs[index], schema?.keySchema, to: output, depth: depth + 1)
                output.byte(UInt8(ascii: ","))
                try write(pairs[index + 1], schema?.valueSchema, to: output, depth: depth + 1)
                output.byte(UInt8(ascii: "]"))
            }
        }
        output.byte(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }

    private func writeStructure(
        _ value: Value, _ schema: Schema?, to output: JSONOutput, _ depth: Int
    ) throws(ConnectError) {
        let children = value.children
        guard let schema, schema.fields.count == children.count else {
            throw ConnectError(.recordConversion, "Mismatching schema.")
        }
        output.byte(UInt8(ascii: "{"))
        for (index, field) in schema.fields.enumerated() {
            if index > 0 { output.byte(UInt8(ascii: ",")) }
            output.string(field.name)
            output.byte(UInt8(ascii: ":"))
            try write(children[index], field.schema, to: output, depth: depth + 1)
        }
        output.byte(UInt8(ascii: "}"))
    }
}

extension Schema {
    /// The scale of a Decimal; nil where the parameter is missing or no number.
    var decimalScale: Int32? {
        parameters.first { $0.name == "scale" }.flatMap { Int32($0.value) }
    }
}
