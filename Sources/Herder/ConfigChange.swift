import ConnectModel

/// A command that changes a connector's configuration, waiting for its turn: changes of one connector are checked and stored
/// in the order in which they came.
struct ConfigChange: Sendable {
    enum Kind: Sendable {
        /// Refused where the connector exists.
        case create(ConfigMap, initialState: TargetState?)
        case put(ConfigMap)
        /// Laid over what is stored when its turn comes; null takes a key out.
        case patch(ConfigMap)
        /// A connector file that is refused for itself alone: stored, and FAILED for the reason.
        case fail(ConfigMap, ConnectError)
    }

    let name: String
    let kind: Kind
    let reply: ReplyHandler
}

/// The changes of one connector, first come, first served. Confined to the herder's loop; a class, so that a long queue is
/// never copied.
final class ConfigChangeQueue {
    /// The one that is being checked.
    private(set) var running: ConfigChange?
    private var waiting: [ConfigChange] = []
    private var head = 0

    /// Every change that has not been answered.
    var all: [ConfigChange] { [running].compactMap(\.self) + waiting[head...] }

    /// Takes a change in.
    func add(_ change: ConfigChange) { waiting.append(change) }

    /// The next change, which runs from now on; nil where none waits.
    func next() -> ConfigChange? {
        guard head < waiting.count else { return nil }
        running = waiting[head]
        head += 1
        if head == waiting.count {
            waiting = []
            head = 0
        }
        return running
    }

    /// The running change is through.
    func finish() { running = nil }

    /// The running change has to wait again, before all others.
    func putBack() {
        guard let change = running else { return }
        running = nil
        waiting.replaceSubrange(..<head, with: [change])
        head = 0
    }
}

/// A configuration that was looked at.
struct CheckedConfig: Sendable {
    let plugin: PluginDescription
    let validation: ConfigValidation

    /// What is wrong, as Apache's worker puts it; nil for a valid configuration.
    var failure: ConnectError? {
        let errors = validation.keys.flatMap { key in key.errors.map { ConnectError.KeyError(key.name, $0) } }
        guard validation.errorCount > 0, !errors.isEmpty else { return nil }
        return ConnectError(
            .configInvalid,
            "Connector configuration is invalid and contains the following \(validation.errorCount) error(s):\n"
                + errors.map(\.message).joined(separator: "\n")
                + "\nYou can also find the above list of errors at the endpoint "
                + "`/connector-plugins/{connectorType}/config/validate`",
            keyErrors: errors)
    }
}
