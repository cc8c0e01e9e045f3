/// One named value of a log event.
///
/// The message of an event is fixed text; what varies travels in fields, so that an operator can select by them
/// (`journalctl CONNECTOR=orders`).
public struct LogField: Sendable, Equatable {
    /// Lower snake case; the journal sink writes it in upper case.
    public let key: String
    /// The value as text; redacted and escaped by the registry and the sinks.
    public let value: String

    /// A field of any name. Keys are fixed text chosen by the caller, never data from outside.
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    /// A field whose value is an integer.
    public init(_ key: String, _ value: some BinaryInteger) {
        self.init(key, String(value))
    }

    /// The connector that the event is about.
    public static func connector(_ name: String) -> LogField { LogField(connectorKey, name) }

    /// The task that the event is about, as `connector-number`.
    public static func task(_ id: String) -> LogField { LogField(taskKey, id) }

    /// The worker (its REST address) that the event is about.
    public static func worker(_ id: String) -> LogField { LogField(workerKey, id) }

    /// The dotted code of the error table.
    public static func errorCode(_ code: String) -> LogField { LogField(errorCodeKey, code) }

    /// Key of ``connector(_:)``.
    public static let connectorKey = "connector"
    /// Key of ``task(_:)``.
    public static let taskKey = "task"
    /// Key of ``worker(_:)``.
    public static let workerKey = "worker"
    /// Key of ``errorCode(_:)``.
    public static let errorCodeKey = "error_code"
    /// Key under which a limited error says how many of its kind were left out before it.
    public static let repeatedKey = "repeated"
}
