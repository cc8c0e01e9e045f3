/// Why OpenSSL did not do what it was asked.
package struct CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line.
    package let description: String

    init(_ description: String) { self.description = description }
}
