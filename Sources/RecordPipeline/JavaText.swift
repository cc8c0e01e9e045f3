public import ConnectModel
import JSON

/// Values as Java's `toString` prints them: what `StringConverter` and file sinks write for anything but text.
///
/// Source: `java.util.AbstractMap.toString`, `org.apache.kafka.connect.data.Struct.toString`. Bytes, whose Java form is an
/// address, are shown as Base64 (docs/differences.md).
public enum JavaText {
    /// The Java text of a value.
    ///
    /// - Parameters:
    ///   - schema: gives the names of a structure's fields and logical types their scale; nil where there is none.
    ///   - limit: bytes of the text that are wanted; what comes behind them may be missing, or be anything.
    public static func describe(_ value: Value, schema: Schema?, atMost limit: Int = .max) -> String {
        var text = ""
        append(value, schema, to: &text, limit, depth: 0)
        return text
    }

    /// No value of the data model is nested deeper (`PluginHost` and converters refuse it).
    private static let deepest = 128

    private static func append(_ value: Value, _ schema: Schema?, to text: inout String, _ limit: Int, depth: Int) {
        guard let kind = value.kind, depth < deepest, text.utf8.count < limit else { return }
        switch kind {
        case .null: text += "null"
        case .boolean: text += value.boolean ? "true" : "false"
        case .int8, .int16, .int32, .int64: text += String(value.int64)
        case .float32: text += JavaDecimal.spelling(of: value.float32)
        case .float64: text += JavaDecimal.spelling(of: value.float64)
        case .string: text += String(decoding: head(value, limit - text.utf8.count), as: UTF8.self)
        case .bytes: text += Base64.encode(head(value, limit - text.utf8.count))
        case .array:
            text += "["
            for (index, element) in value.children.enumerated() where text.utf8.count < limit {
                if index > 0 { text += ", " }
                append(element, schema?.valueSchema, to: &text, limit, depth: depth + 1)
            }
            text += "]"
        case .map:
            text += "{"
            let pairs = value.children
            for index in stride(from: 0, to: pairs.count - 1, by: 2) where text.utf8.count < limit {
                if index > 0 { text += ", " }
                append(pairs[index], schema?.keySchema, to: &text, limit, depth: depth + 1)
                text += "="
                append(pairs[index + 1], schema?.valueSchema, to: &text, limit, depth: depth + 1)
            }
            text += "}"
        case .structure:
            text += "Struct{"
            var first = true
            let fields = schema?.fields ?? []
            for (field, child) in zip(fields, value.children) where !child.isNull && text.utf8.count < limit {
                if !first { text += "," }
                first = false
                text += "\(field.name)="
                append(child, field.schema, to: &text, limit, depth: depth + 1)
            }
            text += "}"
        }
    }
    private static func head(_ value: Value, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: value.buffer.prefix(count))
    }
}
