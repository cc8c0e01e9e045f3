/// What a topic can be called. Source: `org.apache.kafka.common.internals.Topic`.
enum TopicName {
    /// Bytes of the longest name.
    static let longest = 249

    /// False for a name that no broker accepts and that a request may not even have room for. Everything else is the broker's
    /// to judge.
    static func canExist(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= longest
    }
}
