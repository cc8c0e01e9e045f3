import ConnectModel
import KafkaClient

/// What two clients must have in common to share connections and metadata: where the cluster is, and how it is reached.
///
/// Kept as sorted text, so that equal settings give equal keys in any order.
struct ClusterKey: Hashable {
    private let text: [ExactText]
    private let isWorkers: Bool

    private static let names: Set<String> = [
        "bootstrap.servers", "client.dns.lookup", "connections.max.idle.ms", "metadata.max.age.ms",
        "metadata.recovery.strategy", "metadata.recovery.rebootstrap.trigger.ms", "reconnect.backoff.ms",
        "reconnect.backoff.max.ms", "retry.backoff.ms", "retry.backoff.max.ms", "request.timeout.ms",
        "socket.connection.setup.timeout.ms", "socket.connection.setup.timeout.max.ms", "send.buffer.bytes",
        "receive.buffer.bytes", "security.protocol",
    ]

    /// - Parameter isWorkers: for the worker's own clients, which share nothing with those of connectors: a broker answers the
    ///   requests of one connection in turn, and no record of a connector may hold up the worker's configurations and statuses.
    init(_ settings: ClientSettings, isWorkers: Bool) {
        self.isWorkers = isWorkers
        text = settings.properties
            .filter { name, _ in Self.names.contains(name) || name.hasPrefix("ssl.") || name.hasPrefix("sasl.") }
            .map { ExactText("\($0)=\($1)") }
            .sorted()
    }
}
