import ClusterCore
import ConnectConfig
import ConnectModel
import Synchronization

/// Replaces references to config providers, and knows which of them stand for something else than they did when somebody
/// began to use them. Any thread; may block.
final class References: Sendable {
    private struct State {
        var transformer: ConfigTransformer
        /// What a value with references stood for when it was looked up first since the last ``changed(in:)``: whoever began
        /// later has that or something newer. Values, not keys, so that a task's configuration counts like its connector's.
        var seen: [String: String] = [:]
    }

    /// Bounds what clients can have kept here by asking for checks of ever new configurations.
    private static let mostValues = 10_000

    private let state: Mutex<State>

    init(_ transformer: ConfigTransformer) {
        state = Mutex(State(transformer: transformer))
    }

    /// Providers that were declared anew.
    func replace(_ transformer: ConfigTransformer) { state.withLock { $0.transformer = transformer } }

    /// The configuration with what its references stand for now.
    func resolved(_ config: ConfigMap) throws(ConnectError) -> ConfigMap {
        let transformer = state.withLock { $0.transformer }
        let resolved = try transformer.resolved(config)
        for entry in config.entries where TaskConfigPlan.isReference(entry.value) {
            guard let raw = entry.value, let value = resolved[entry.key] else { continue }
            state.withLock { state in
                if state.seen[raw] == nil, state.seen.count < Self.mostValues { state.seen[raw] = value }
            }
        }
        return resolved
    }

    /// The names of the connectors that have to be started again to get what their references stand for now, and why others
    /// cannot be looked at. From now on, what is found here counts as in use.
    func changed(
        in connectors: [ConnectorInfo]
    ) -> (names: [String], failures: [(name: String, error: ConnectError)]) {
        let (transformer, seen) = state.withLock { ($0.transformer, $0.seen) }
        var now: [String: String] = [:]
        var names: [String] = []
        var failures: [(name: String, error: ConnectError)] = []
        for connector in connectors where connector.config["config.action.reload"] != "none" {
            let references = connector.config.entries.filter { TaskConfigPlan.isReference($0.value) }
            guard !references.isEmpty else { continue }
            do throws(ConnectError) {
                let resolved = try transformer.resolved(ConfigMap(references.map { ($0.key, $0.value) }))
                var isOther = false
                for reference in references {
                    guard let raw = reference.value, let value = resolved[reference.key] else { continue }
                    now[raw] = value
                    if let before = seen[raw], Array(before.utf8) != Array(value.utf8) { isOther = true }
                }
                if isOther { names.append(connector.name) }
            } catch {
                failures.append((connector.name, error))
            }
        }
        state.withLock { $0.seen.merge(now) { _, new in new } }
        return (names, failures)
    }
}
