/// An API that this module has messages for.
public struct APIDescription: Sendable {
    /// Kafka's number for it.
    public let key: Int16
    /// Kafka's name for it, without `Request`.
    public let name: String
    /// The versions that can be read and written.
    public let versions: ClosedRange<Int16>
    /// The first version with compact lengths and tag sections, nil when there is none.
    public let firstFlexible: Int16?
    /// The type of its request.
    public let request: any KafkaMessage.Type
    /// The type of its answer.
    public let response: any KafkaMessage.Type

    /// Looks an API up by its number; nil when this module has no messages for it.
    public static func find(_ key: Int16) -> APIDescription? { all.first { $0.key == key } }

    /// Whether `version` has compact lengths and tag sections.
    public func isFlexible(_ version: Int16) -> Bool {
        guard let firstFlexible else { return false }
        return version >= firstFlexible
    }
}
