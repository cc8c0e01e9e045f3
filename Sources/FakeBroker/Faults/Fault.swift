package import KafkaProtocol

/// Something that goes wrong on request: with which requests, how, and how often.
package struct Fault: Sendable, Equatable {
    /// What becomes of a request.
    package enum Action: Sendable, Equatable {
        /// Carried out and answered; only a ``Fault/delay`` is felt.
        case none
        /// Not carried out, answered with this error.
        case error(ErrorCode)
        /// Not carried out, the connection closed.
        case cut
        /// Carried out, the connection closed in place of the answer.
        case lose
        /// Not carried out, never answered.
        case hang
        /// Not carried out, answered with hostile bytes; nil: of each kind in turn.
        case garbage(Garbage?)
    }

    /// As it was written.
    package let text: String
    /// Number of the API, nil for any.
    package let apiKey: Int16?
    package let action: Action
    /// How long the answer, or the action in its place, is held back; nanoseconds.
    package let delay: UInt64
    /// Only requests that name this topic count.
    package let topic: String?
    /// Only requests of this `client.id` count.
    package let client: String?
    /// So many requests that count go well first.
    package let after: Int
    /// Of those that follow, each such one has the fault.
    package let every: Int
    /// How often it happens at most, nil for no end.
    package let count: Int?

    /// Whether only some of the requests of its API count, by what stands in them.
    package var looksIntoRequests: Bool { topic != nil }
}
