package import ConnectModel
import JSON

/// One record of the offsets topic: where a connector is in one partition of its source.
///
/// Source: `org.apache.kafka.connect.storage.OffsetUtils`, `OffsetStorageWriter`.
package struct OffsetRecord: Sendable, Equatable {
    package let key: OffsetKey
    /// The offset's JSON as it is in the topic; nil when it was removed.
    package let offset: [UInt8]?

    /// A record to write.
    package init(key: OffsetKey, offset: [UInt8]?) {
        self.key = key
        self.offset = offset
    }

    /// Reads a record; nil where the key is none of a partition. The offset is not looked at, except that an empty value
    /// is as good as none, as it is for Java.
    package init?(key: [UInt8]?, value: [UInt8]?) {
        guard let key, let key = OffsetKey(key) else { return nil }
        self.init(key: key, offset: value.flatMap { $0.isEmpty ? nil : $0 })
    }

    /// The record as it is written.
    package var entry: LogEntry { LogEntry(key: key.bytes, value: offset) }
}

/// A key of the offsets topic: `["connector",{partition}]`.
///
/// Offsets are found by the exact bytes of their key, and a partition's members come in the order in which a connector's map
/// happened to have them. That is why the bytes of a key that was read are kept, and those of a partition are not touched.
package struct OffsetKey: Sendable, Equatable, Hashable {
    package let connector: String
    /// The partition's JSON, an object or null, as it stands in the key.
    package let partition: [UInt8]
    /// The whole key.
    package let bytes: [UInt8]

    /// The key of a partition.
    ///
    /// - Parameter partition: JSON, put into the key as it is; the caller answers for it.
    package init(connector: String, partition: [UInt8]) {
        self.connector = connector
        self.partition = partition
        var writer = JSONWriter(reserving: partition.count + connector.utf8.count + 5)
        writer.beginArray()
        writer.string(connector)
        writer.raw(partition)
        writer.endArray()
        bytes = writer.bytes
    }

    /// Reads a key; nil for one that is not an array of a string and an object or null.
    package init?(_ bytes: [UInt8]) {
        let parts = bytes.withUnsafeBytes { buffer in
            try? Result { () throws(JSONError) in try Self.split(buffer) }.get()
        }
        guard let (connector, range) = parts ?? nil else { return nil }
        self.connector = connector
        partition = Array(bytes[range])
        self.bytes = bytes
    }

    private static func split(
        _ bytes: UnsafeRawBufferPointer
    ) throws(JSONError) -> (connector: String, partition: Range<Int>)? {
        var scanner = JSONScanner(bytes, limits: .jackson)
        guard try scanner.next() == .beginArray, try scanner.next() == .string else { return nil }
        let connector = scanner.string()
        let first = try scanner.next()
        let start = scanner.tokenOffset
        guard first == .beginObject || first == .null else { return nil }
        try scanner.skipValue(startingWith: first)
        // The last token read is the closing bracket, which is one byte, or null, which is four.
        let end = scanner.tokenOffset + (first == .null ? 4 : 1)
        guard try scanner.next() == .endArray, try scanner.next() == .end else { return nil }
        return (connector, start..<end)
    }
}
