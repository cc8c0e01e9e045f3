package import KafkaProtocol

/// Why the bytes of a member or of its leader cannot be understood, or an assignment cannot be written. Carries no payload.
package enum ConnectProtocolError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There are no bytes where at least a version has to be.
    case empty
    /// A negative version.
    case unsupportedVersion(Int16)
    /// The bytes are not laid out as they should be, or a text is too long to be written.
    case malformed(ProtocolError)

    /// One line for an operator.
    package var description: String {
        switch self {
        case .empty: "there are no bytes"
        case .unsupportedVersion(let version): "the version \(version) is not possible"
        case .malformed(let error): "\(error)"
        }
    }
}
