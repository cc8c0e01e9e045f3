/// A part of a message that Kafka's schemas describe, in all versions that this module knows.
public protocol KafkaStructure: Sendable, Equatable {
    /// Every field at its default.
    init()
    /// Reads one as `version` lays it out. Fields that this version lacks keep their defaults.
    init(from r: inout ByteReader, version: Int16) throws(ProtocolError)
    /// Writes it as `version` lays it out.
    ///
    /// Throws `fieldNotInVersion` when a field that matters holds something else than its default and this version cannot
    /// carry it; fields that the schema calls ignorable are dropped.
    func encode(_ w: inout ByteWriter, version: Int16) throws(ProtocolError)
    /// The fewest bytes that one takes in any version; what a count of elements is checked with.
    static var leastSize: Int { get }
}

/// A request or an answer without its header.
public protocol KafkaMessage: KafkaStructure {
    /// Kafka's number for the API.
    static var apiKey: Int16 { get }
    /// The versions that can be read and written.
    static var versions: ClosedRange<Int16> { get }
    /// The first version with compact lengths and tag sections, nil when there is none.
    static var firstFlexible: Int16? { get }
}

/// A request, with the type of its answer.
public protocol KafkaRequest: KafkaMessage {
    /// What the broker answers.
    associatedtype Response: KafkaMessage
}

extension KafkaMessage {
    /// A message is never an array's element.
    public static var leastSize: Int { 1 }

    /// Whether `version` has compact lengths and tag sections.
    public static func isFlexible(_ version: Int16) -> Bool {
        guard let firstFlexible else { return false }
        return version >= firstFlexible
    }

    /// Throws unless there is a layout for `version`.
    static func check(_ version: Int16) throws(ProtocolError) {
        guard versions.contains(version) else { throw .unsupportedVersion("\(Self.self)", version) }
    }
}

/// Bytes with a layout of their own that travel inside other messages.
protocol EmbeddedMessage: KafkaStructure {
    static var versions: ClosedRange<Int16> { get }
}

extension EmbeddedMessage {
    /// A message is never an array's element.
    public static var leastSize: Int { 1 }

    static func check(_ version: Int16) throws(ProtocolError) {
        guard versions.contains(version) else { throw .unsupportedVersion("\(Self.self)", version) }
    }
}
