/// Why a server could not start.
package struct HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Names the listener and the cause.
    package let description: String

    /// The kernel's reason; 0 where it has none.
    let reason: Int32

    init(_ description: String, reason: Int32 = 0) {
        self.description = description
        self.reason = reason
    }
}
