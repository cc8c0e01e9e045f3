/// Why a server could not start.
package struct HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Names the listener and the cause.
    package let description: String

    init(_ description: String) { self.description = description }
}
