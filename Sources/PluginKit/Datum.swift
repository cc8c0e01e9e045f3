/// A value of Connect's data model that owns its memory: for source partitions, stored offsets and other things that come
/// a few at a time. Records carry borrowed memory instead (``SourceRecords``, ``SinkRecords``).
public indirect enum Datum: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// Every whole number; int8 to int32 are widened when read.
    case integer(Int64)
    /// Every floating-point number.
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case array([Datum])
    case map([Pair])

    /// One entry of a map.
    public struct Pair: Sendable, Equatable {
        public let key: Datum
        public let value: Datum

        /// An entry.
        public init(_ key: Datum, _ value: Datum) {
            self.key = key
            self.value = value
        }
    }

    /// A map with text keys.
    public static func fields(_ fields: KeyValuePairs<String, Datum>) -> Datum {
        .map(fields.map { Pair(.string($0.key), $0.value) })
    }

    /// The value under a text key of a map; nil when this is no map or has no such key.
    public subscript(_ key: String) -> Datum? {
        guard case .map(let pairs) = self else { return nil }
        return pairs.first { $0.key == .string(key) }?.value
    }
}
