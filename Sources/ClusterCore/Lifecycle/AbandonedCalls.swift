package import ConnectModel

/// Counts the plugin calls of one connector that never returned. Each keeps its thread and what was lent to it for ever, so
/// that their number is bounded.
package struct AbandonedCalls: Sendable, Equatable {
    /// As many may stay behind; the next start is refused.
    package static let limit = 8

    package private(set) var count = 0

    /// None so far.
    package init() {}

    /// Notes one more.
    package mutating func add() { count += 1 }

    /// Why nothing of the connector is started any more; nil while it may be.
    package func refusal(of connector: String) -> ConnectError? {
        guard count >= Self.limit else { return nil }
        return ConnectError(
            .tooManyAbandoned,
            "\(count) calls of connector \(connector) never returned; it is not started again before the worker is")
    }
}
