/// Why there is no answer.
package struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The request cannot be sent as it is.
        case invalid
        /// No connection came about: the name is unknown, nobody listens, or TLS failed.
        case unreachable
        /// The connection broke before the answer was there; the request may have been carried out.
        case broken
        /// The time was over; the request may have been carried out.
        case timedOut
        /// The answer was longer than allowed.
        case tooLong
        /// Too many requests are under way.
        case overloaded
        /// Whoever was asked is not expected to answer any more; the request may have been carried out.
        case abandoned
        /// The client was closed; a request under way may have been carried out.
        case closed
    }

    package let kind: Kind
    /// One line, in libcurl's words where it had some.
    package let description: String

    /// An error.
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    static let noMemory = HTTPClientError(.overloaded, "libcurl has no memory.")
    static let closed = HTTPClientError(.closed, "The HTTP client is closed.")
}
