/// How a cluster can be reached at the moment, in words that may stand in a status line.
public enum ClusterState: Sendable, Equatable, CustomStringConvertible {
    /// Nothing was asked for yet.
    case idle
    /// At least one broker answers.
    case connected
    /// No broker can be reached; attempts go on without end. The text names broker and cause.
    case waiting(String)
    /// The client was closed.
    case closed

    /// As in `waiting for broker localhost:9092: connection refused`.
    public var description: String {
        switch self {
        case .idle: "not connected yet"
        case .connected: "connected"
        case .waiting(let text): text
        case .closed: "closed"
        }
    }
}
