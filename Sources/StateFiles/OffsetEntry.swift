import JSON

/// A stored source partition with its offset, each as the bytes that were first written.
struct OffsetEntry: Equatable, Sendable {
    let connector: String
    /// The source partition: an object or null, one line of JSON.
    let partition: [UInt8]
    /// One line of JSON.
    let offset: [UInt8]

    /// Why bytes are no entry; one clause.
    struct Refusal: Error, Equatable {
        let reason: String
    }

    /// What the connectors' JSON may look like: what Jackson takes, within limits.
    static let limits: JSONLimits = {
        var limits = JSONLimits.jackson
        limits.maximumBytes = 16 << 20
        limits.maximumDepth = 64
        return limits
    }()

    /// `["connector",{partition}]`, as Apache's worker writes it.
    var key: [UInt8] {
        var writer = JSONWriter(reserving: partition.count + connector.utf8.count + 8)
        writer.beginArray()
        writer.string(connector)
        writer.raw(partition)
        writer.endArray()
        return writer.bytes
    }

    /// Checks a partition's bytes, and gives them in one line with the key under which they are found.
    static func partition(
        _ bytes: [UInt8], of connector: String
    ) throws(Refusal) -> (key: OffsetKey, bytes: [UInt8]) {
        let value = try parse(bytes, "partition")
        guard value.isNull || value.object != nil else { throw Refusal(reason: "the partition is no object") }
        return (OffsetKey(connector: connector, partition: value), oneLine(bytes, value))
    }

    /// Checks an offset's bytes, and gives them in one line; nil for a null, which stands for no offset.
    static func offset(_ bytes: [UInt8]) throws(Refusal) -> [UInt8]? {
        let value = try parse(bytes, "offset")
        if value.isNull { return nil }
        guard value.object != nil else { throw Refusal(reason: "the offset is no object") }
        return oneLine(bytes, value)
    }

    /// Takes a key apart.
    static func key(_ bytes: [UInt8]) throws(Refusal) -> (connector: String, partition: [UInt8]) {
        let value = try parse(bytes, "key")
        guard let parts = value.array, parts.count == 2, let connector = parts[0].string,
            parts[1].isNull || parts[1].object != nil
        else { throw Refusal(reason: "the key is not an array of a connector's name and a partition") }
        return (connector, rawPartition(of: bytes) ?? parts[1].serialized())
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

    /// The partition as it is spelled in a key that was parsed already; nil where white space makes it hard to find.
    private static func rawPartition(of key: [UInt8]) -> [UInt8]? {
        guard key.starts(with: [UInt8(ascii: "["), UInt8(ascii: "\"")]), key.last == UInt8(ascii: "]") else {
            return nil
        }
        var position = 2
        while position < key.count, key[position] != UInt8(ascii: "\"") {
            position += key[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        let start = position + 2
        guard start < key.count - 1, key[position + 1] == UInt8(ascii: ",") else { return nil }
        return Array(key[start..<key.count - 1])
    }
}

/// The offsets of all connectors.
typealias OffsetTable = [OffsetKey: OffsetEntry]
