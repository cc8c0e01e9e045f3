/// A broker's error code, one of the 135 of Kafka 4.3.1 or one that this version does not know.
public struct ErrorCode: RawRepresentable, Sendable, Hashable {
    /// The number on the wire; 0 is success.
    public let rawValue: Int16

    /// Any number is accepted: brokers may be newer than this table.
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// How Java's client treats an error.
    public enum Kind: Sendable {
        /// Success.
        case none
        /// The same request may succeed later.
        case retriable
        /// The same, after the metadata were refreshed.
        case refreshesMetadata
        /// The same, after the coordinator was looked up again.
        case findsCoordinator
        /// The application can go on after it aborted the transaction, joined again or made a new client.
        case applicationRecoverable
        /// The principal lacks a permission.
        case authorization
        /// Final for the request.
        case other
    }

    /// How Java's client treats it; a code that is not known counts as `unknownServerError`.
    public var kind: Kind { Self.table[rawValue]?.kind ?? (rawValue == 0 ? .none : .other) }

    /// Whether the same request may succeed later.
    public var isRetriable: Bool {
        switch kind {
        case .retriable, .refreshesMetadata, .findsCoordinator: true
        case .none, .applicationRecoverable, .authorization, .other: false
        }
    }

    /// Whether it says that the metadata are out of date.
    public var refreshesMetadata: Bool { kind == .refreshesMetadata }

    /// Whether it says that the coordinator must be looked up again.
    public var findsCoordinator: Bool { kind == .findsCoordinator }

    /// Whether the principal lacks a permission.
    public var isAuthorization: Bool { kind == .authorization }

    /// Kafka's name for it.
    public var name: String { Self.table[rawValue]?.name ?? (rawValue == 0 ? "NONE" : "UNKNOWN_\(rawValue)") }
}

extension ErrorCode: CustomStringConvertible {
    /// Name and number, such as `NOT_COORDINATOR (16)`.
    public var description: String { "\(name) (\(rawValue))" }
}
