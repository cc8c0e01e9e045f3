import ConnectABI
import PluginKit

/// What Java's `String.valueOf` makes of a value, which is what Apache's file sink writes.
///
/// Bytes are written as they are: Java would print where the array happens to be in memory.
enum JavaText {
    static func of(_ value: kc_value, _ schema: SinkSchema?) -> [UInt8] {
        var text: [UInt8] = []
        append(value, schema, to: &text, depth: 0)
        return text
    }

    private static func append(_ value: kc_value, _ schema: SinkSchema?, to text: inout [UInt8], depth: Int32) {
        guard depth < KC_MAX_DEPTH else { return }
        switch Int(value.kind) {
        case KC_BOOLEAN: text += (value.u.i & 0xff != 0 ? "true" : "false").utf8
        case KC_INT8, KC_INT16: text += String(value.u.i).utf8
        case KC_INT32, KC_INT64: text += (JavaLogical.text(ofNumber: value.u.i, schema) ?? String(value.u.i)).utf8
        case KC_FLOAT32: text += JavaNumber.text(value.u.f).utf8
        case KC_FLOAT64: text += JavaNumber.text(value.u.d).utf8
        case KC_STRING: text += raw(value)
        case KC_BYTES:
            if let decimal = JavaLogical.text(ofBytes: Array(raw(value)), schema) {
                text += decimal.utf8
            } else {
                text += raw(value)
            }
        case KC_ARRAY: appendArray(value, schema?.valueSchema, to: &text, depth: depth)
        case KC_MAP: appendMap(value, schema, to: &text, depth: depth)
        case KC_STRUCT: appendStruct(value, schema, to: &text, depth: depth)
        default: text += "null".utf8
        }
    }

    private static func appendArray(_ value: kc_value, _ schema: SinkSchema?, to text: inout [UInt8], depth: Int32) {
        text += "[".utf8
        for (index, element) in children(value, value.length).enumerated() {
            if index > 0 { text += ", ".utf8 }
            append(element, schema, to: &text, depth: depth + 1)
        }
        text += "]".utf8
    }

    private static func appendMap(_ value: kc_value, _ schema: SinkSchema?, to text: inout [UInt8], depth: Int32) {
        text += "{".utf8
        for (index, part) in children(value, value.length.multipliedReportingOverflow(by: 2).partialValue).enumerated()
        {
            if index > 0 { text += (index.isMultiple(of: 2) ? ", " : "=").utf8 }
            append(part, index.isMultiple(of: 2) ? schema?.keySchema : schema?.valueSchema, to: &text, depth: depth + 1)
        }
        text += "}".utf8
    }

    /// Source: `org.apache.kafka.connect.data.Struct.toString`, which leaves null fields out.
    private static func appendStruct(_ value: kc_value, _ schema: SinkSchema?, to text: inout [UInt8], depth: Int32) {
        text += "Struct{".utf8
        var isFirst = true
        for (field, element) in zip(schema?.fields ?? [], children(value, value.length)) where element.kind != KC_NULL {
            if !isFirst { text += ",".utf8 }
            isFirst = false
            text += "\(field.name)=".utf8
            append(element, field.schema, to: &text, depth: depth + 1)
        }
        text += "}".utf8
    }

    private static func raw(_ value: kc_value) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: value.u.bytes, count: value.u.bytes == nil ? 0 : Int(max(value.length, 0)))
    }

    private static func children(_ value: kc_value, _ count: Int32) -> UnsafeBufferPointer<kc_value> {
        UnsafeBufferPointer(start: value.u.values, count: value.u.values == nil ? 0 : Int(max(count, 0)))
    }
}
