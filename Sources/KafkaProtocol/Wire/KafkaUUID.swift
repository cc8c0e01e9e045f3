/// The 128-bit id of a topic, a directory or a member.
public struct KafkaUUID: Sendable, Hashable {
    /// The first eight bytes, big-endian.
    public var high: UInt64
    /// The last eight bytes, big-endian.
    public var low: UInt64

    /// Joins two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// No id.
    public static var zero: KafkaUUID { KafkaUUID(high: 0, low: 0) }
}

extension KafkaUUID: CustomStringConvertible {
    /// Base64 for URLs without padding, as Kafka's tools print it: 22 characters.
    public var description: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        // 128 bits are 21 groups of six and a last one of two, which is padded with zeros on the right.
        let text = (0..<22).map { group -> UInt8 in
            let shift = 122 - 6 * group
            let bits: UInt64
            switch shift {
            case 64...: bits = high >> UInt64(shift - 64)
            case 0..<64: bits = (low >> UInt64(shift)) | (shift > 58 ? high << UInt64(64 - shift) : 0)
            default: bits = low << UInt64(-shift)
            }
            return alphabet[Int(bits & 0x3f)]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
