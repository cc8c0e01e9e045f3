public import ConnectModel
import JSON

/// Values as Java's `toString` prints them: what `StringConverter` and file sinks write for anything but text.
///
/// Source: `java.util.AbstractMap.toString`, `org.apache.kafka.connect.data.Struct.toString`. Bytes, whose Java form is an
/// address, are shown as Base64 (docs/differences.md).
public enum JavaText {
    /// The Java text of a value.
    ///
    /// - Parameter schema: gives the names of a structure's fields and logical types their scale; nil where there is none.
    public static func describe(_ value: Value, schema: Schema?) -> String {
        var text = ""
        append(value, schema, to: &text, depth: 0)
        return text
    }

    /// No value of the data model is nested deeper (`PluginHost` and converters refuse it).
    private static let deepest = 128

    private static func append(_ value: Value, _ schema: Schema?, to text: inout String, depth: Int) {
        guard let kind = value.kind, depth < deepest else { return }
        switch kind {
        case .null: text += "null"
        case .boolean: text += value.boolean ? "true" : "false"
        case .int8, .int16, .int32, .int64: text += String(value.int64)
        case .float32: text += JavaDecimal.spelling(of: value.float32)
        case .float64: text += JavaDecimal.spelling(of: value.float64)
        case .string: text += String(decoding: value.buffer, as: UTF8.self)
        case .bytes: text += Base64.encode(value.buffer)
        case .array:
            text += "["
            for (index, element) in value.children.enumerated() {
                if index > 0 { text += ", " }
                append(element, schema?.valueSchema, to: &text, depth: depth + 1)
            }
            text += "]"
        case .map:
            text += "{"
            let pairs = value.children
            for index in stride(from: 0, to: pairs.count - 1, by: 2) {
                if index > 0 { text += ", " }
                append(pairs[index], schema?.keySchema, to: &text, depth: depth + 1)
                text += "="
                append(pairs[index + 1], schema?.valueSchema, to: &text, depth: depth + 1)
            }
            text += "}"
        case .structure:
            text += "Struct{"
            var first = true
            let fields = schema?.fields ?? []
            for (field, child) in zip(fields, value.children) where !child.isNull {
                if !first { text += "," }
                first = false
                text += "\(field.name)="
                append(child, field.schema, to: &text, depth: depth + 1)
            }
            text += "}"
        }
    }
}
