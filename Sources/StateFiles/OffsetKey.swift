import JSON

/// A connector's source partition, compared as JSON: the order of an object's members and the spelling of its texts do not
/// matter, so that a partition is found again whoever wrote it.
struct OffsetKey: Hashable, Comparable, Sendable {
    /// Connector and partition with sorted members and one spelling for every text and number. Bytes, since Swift takes
    /// different spellings of a letter for the same.
    private let canonical: [UInt8]

    /// A partition of a connector.
    init(connector: String, partition: JSONValue) {
        var writer = JSONWriter()
        writer.beginArray()
        writer.string(connector)
        Self.write(partition, to: &writer)
        writer.endArray()
        canonical = writer.bytes
    }

    static func < (left: OffsetKey, right: OffsetKey) -> Bool {
        left.canonical.lexicographicallyPrecedes(right.canonical)
    }

    private static func write(_ value: JSONValue, to writer: inout JSONWriter) {
        switch value {
        case .null, .bool, .string: writer.value(value)
        case .number(let number): write(number, to: &writer)
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, to: &writer) }
            writer.endArray()
        case .object(let object):
            writer.beginObject()
            let members = object.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for member in members {
                writer.key(member.key)
                write(member.value, to: &writer)
            }
            writer.endObject()
        }
    }

    private static func write(_ number: JSONNumber, to writer: inout JSONWriter) {
        if let integer = number.int64 {
            writer.int64(integer)
        } else if !number.isIntegral {
            writer.double(number.double)
        } else {
            writer.number(number)
        }
    }
}
