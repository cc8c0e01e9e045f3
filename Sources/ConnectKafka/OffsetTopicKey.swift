import JSON

/// A key of the offset topic: a connector's name and a source partition, `["src",{"table":"orders"}]`.
///
/// Kafka and Apache's worker know a key by its bytes. Whether two partitions are the same is another question: members in
/// another order and other spellings of a text mean the same partition, see ``identity``.
struct OffsetTopicKey: Equatable, Sendable {
    /// Why bytes are no key, partition or offset; one clause.
    struct Refusal: Error, Equatable {
        let reason: String
    }

    let connector: String
    /// The source partition as it is spelled, an object or null.
    let partition: [UInt8]
    /// The key as the topic has it.
    let bytes: [UInt8]
    /// Equal for keys that mean the same: members sorted, one spelling for every text and number. Bytes, since Swift takes
    /// different spellings of a letter for the same.
    let identity: [UInt8]

    /// What keys and offsets may look like: what Jackson takes, within limits.
    private static let limits: JSONLimits = {
        var limits = JSONLimits.jackson
        limits.maximumBytes = 16 << 20
        limits.maximumDepth = 64
        return limits
    }()

    /// Takes a key of the topic apart.
    init(reading bytes: [UInt8]) throws(Refusal) {
        let value = try Self.parse(bytes, "key")
        guard let parts = value.array, parts.count == 2, let connector = parts[0].string,
            parts[1].isNull || parts[1].object != nil
        else { throw Refusal(reason: "the key is not an array of a connector's name and a partition") }
        self.connector = connector
        self.bytes = bytes
        partition = Self.spelledPartition(in: bytes) ?? parts[1].serialized()
        identity = Self.identity(connector, parts[1])
    }

    /// The key of a connector's partition, in the spelling given.
    init(connector: String, partition: [UInt8]) throws(Refusal) {
        let value = try Self.parse(partition, "partition")
        guard value.isNull || value.object != nil else { throw Refusal(reason: "the partition is no object") }
        self.connector = connector
        self.partition = Self.oneLine(partition, value)
        var writer = JSONWriter(reserving: partition.count + connector.utf8.count + 8)
        writer.beginArray()
        writer.string(connector)
        writer.raw(self.partition)
        writer.endArray()
        bytes = writer.bytes
        identity = Self.identity(connector, value)
    }

    /// Checks an offset, and gives it in one line; nil for a null, which stands for no offset.
    static func offset(_ bytes: [UInt8]) throws(Refusal) -> [UInt8]? {
        let value = try parse(bytes, "offset")
        if value.isNull { return nil }
        guard value.object != nil else { throw Refusal(reason: "the offset is no object") }
        return oneLine(bytes, value)
    }

    private static func parse(_ bytes: [UInt8], _ what: String) throws(Refusal) -> JSONValue {
        do {
            return try JSONValue.parse(bytes, limits: limits)
        } catch {
            throw Refusal(reason: "the \(what) is not JSON: column \(error.column): \(error.reason)")
        }
    }

    /// Line breaks can only stand between tokens; text that has one is written anew.
    private static func oneLine(_ bytes: [UInt8], _ value: JSONValue) -> [UInt8] {
        bytes.contains { $0 < 0x20 } ? value.serialized() : bytes
    }

    /// The partition as it stands in a key that was parsed already; nil where white space makes it hard to find.
    private static func spelledPartition(in key: [UInt8]) -> [UInt8]? {
        guard key.starts(with: [UInt8(ascii: "["), UInt8(ascii: "\"")]), key.last == UInt8(ascii: "]") else {
            return nil
        }
        var position = 2
        while position < key.count, key[position] != UInt8(ascii: "\"") {
            position += key[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        let start = position + 2
        guard start < key.count - 1, key[position + 1] == UInt8(ascii: ","),
            key[start] == UInt8(ascii: "{") || key[start] == UInt8(ascii: "n"),
            !key[start...].contains(where: { $0 < 0x20 })
        else { return nil }
        return Array(key[start..<key.count - 1])
    }

    // MARK: - Identity

    private static func identity(_ connector: String, _ partition: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        writer.string(connector)
        write(partition, to: &writer)
        writer.endArray()
        return writer.bytes
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
