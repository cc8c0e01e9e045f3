/// How workers of a group rebalance, as `connect.protocol` spells it.
///
/// Source: `ConnectProtocolCompatibility`.
package enum ConnectProtocolMode: String, Sendable, CaseIterable {
    /// All work stops while the group rebalances.
    case eager
    /// Only what changes hands stops.
    case compatible
    /// As `compatible`, and workers sign their requests to one another.
    case sessioned

    /// A name under which a group protocol is offered, with the version of what is encoded under it.
    package struct Offer: Sendable, Equatable {
        package let name: String
        package let version: Int16
    }

    /// What a worker in this mode offers to its group, the preferred first.
    package var offers: [Offer] {
        // `eager` is never on the wire: its name is from before there were others.
        let eager = Offer(name: "default", version: 0)
        let compatible = Offer(name: "compatible", version: 1)
        return switch self {
        case .eager: [eager]
        case .compatible: [compatible, eager]
        case .sessioned: [Offer(name: "sessioned", version: 2), compatible, eager]
        }
    }

    /// The version that a group in this mode has: 0, 1 or 2.
    package var version: Int16 {
        switch self {
        case .eager: 0
        case .compatible: 1
        case .sessioned: 2
        }
    }

    /// Whether members keep their work while the group rebalances.
    package var isCooperative: Bool { self != .eager }

    /// The mode of the protocol that a group elected; nil for a name that is none of ours.
    package init?(protocolName: String) {
        switch protocolName {
        case "default": self = .eager
        case "compatible": self = .compatible
        case "sessioned": self = .sessioned
        default: return nil
        }
    }

    /// The version of the protocol that a group elected; nil for a name that is none of ours.
    package static func version(ofProtocolName name: String) -> Int16? {
        ConnectProtocolMode(protocolName: name)?.version
    }
}
