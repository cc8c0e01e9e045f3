/// The kinds of Kafka client whose settings a connector may override.
package enum ClientKind: String, Sendable, CaseIterable {
    case producer, consumer, admin

    /// `producer.`: the worker's settings for connectors' clients.
    package var workerPrefix: String { rawValue + "." }
    /// `producer.override.`: a connector's own.
    package var overridePrefix: String { rawValue + ".override." }
}

/// Which client settings a connector may override: `connector.client.config.override.policy`.
package enum OverridePolicy: Sendable, Equatable {
    case all
    case none
    /// Who logs in, and nothing else.
    case principal
    case allowlist(Set<String>)

    private static let principalKeys: Set<String> = ["sasl.jaas.config", "sasl.mechanism", "security.protocol"]
    private static let package = "org.apache.kafka.connect.connector.policy."
    private static let suffix = "ConnectorClientConfigOverridePolicy"

    /// The policy of a class name or an alias; nil for one that this worker does not have.
    package init?(name: String, allowlist: [String]) {
        var short = name[...]
        if short.hasPrefix(Self.package) { short = short.dropFirst(Self.package.count) }
        if short.hasSuffix(Self.suffix) { short = short.dropLast(Self.suffix.count) }
        switch short {
        case "All": self = .all
        case "None": self = .none
        case "Principal": self = .principal
        case "Allowlist": self = .allowlist(Set(allowlist))
        default: return nil
        }
    }

    /// The alias.
    package var name: String {
        switch self {
        case .all: "All"
        case .none: "None"
        case .principal: "Principal"
        case .allowlist: "Allowlist"
        }
    }

    /// Why a client key may not be overridden, in Apache's words; nil where it may.
    package func refusal(of key: String) -> String? {
        let isAllowed =
            switch self {
            case .all: true
            case .none: false
            case .principal: Self.principalKeys.contains(key)
            case .allowlist(let keys): keys.contains(key)
            }
        return isAllowed
            ? nil : "The '\(name)' policy does not allow '\(key)' to be overridden in the connector configuration."
    }
}
