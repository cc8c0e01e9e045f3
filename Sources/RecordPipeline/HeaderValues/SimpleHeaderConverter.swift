import ConnectModel
import JSON

/// `org.apache.kafka.connect.storage.SimpleHeaderConverter`: values as text that a reader can tell types from.
final class SimpleHeaderConverter: HeaderConverter {
    func encode(_ value: Value, schema: Schema?, arena: ByteArena) throws(ConnectError) -> (UnsafeRawPointer?, Int32) {
        if value.isNull { return (nil, -1) }
        if value.tag == ValueKind.string.rawValue { return (value.pointer, value.length) }
        return TextEncoding.utf8.encode(HeaderText.describe(value, schema: schema), arena: arena)
    }

    func decode(_ bytes: UnsafeRawBufferPointer?, arena: ByteArena) throws(ConnectError) -> (Value, Schema?) {
        guard let bytes else { return (.null, nil) }
        var parser = HeaderTextParser(bytes, arena: arena)
        return parser.parse()
    }
}
