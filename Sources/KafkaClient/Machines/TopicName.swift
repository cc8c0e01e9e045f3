/// What a topic can be called. Source: `org.apache.kafka.common.internals.Topic`.
enum TopicName {
    /// Bytes of the longest name.
    static let longest = 249

    /// False for a name that no broker accepts, and that a request may not even have room for.
    static func canExist(_ name: String) -> Bool {
        (1...longest).contains(name.utf8.count) && name != "." && name != ".." && name.utf8.allSatisfy(isLegal)
    }

    /// The name for a message, cut where it is longer than any that could exist.
    static func shown(_ name: String) -> String {
        name.utf8.count <= longest ? name : name.prefix(40) + "… (\(name.utf8.count) bytes)"
    }

    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
