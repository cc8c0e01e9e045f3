import ClusterCore
import ConnectConfig
import ConnectModel
import Herder
import Synchronization

/// Replaces references to config providers, and knows with what values of theirs each connector and task runs here. Any thread;
/// may block.
final class References: Sendable {
    /// A connector that runs here, in part at least.
    struct Running {
        let info: ConnectorInfo
        /// The connector's instance and the tasks that run here.
        let parts: [ReferenceUser]
    }

    /// What of one connector was started with which values.
    private struct Uses {
        /// By what the references look like, which is the same in a task's configuration as in its connector's.
        var values: [ReferenceUser: [String: String]] = [:]
        /// What lacks the values that it should have: they could not be read, or it was not restarted.
        var behind: Set<ReferenceUser> = []
    }

    private struct State {
        var transformer: ConfigTransformer
        var uses: [String: Uses] = [:]

        /// Drops what is not configured any more: connectors, and tasks from a number on.
        mutating func forget(except configured: [String: Int]) {
            func isThere(_ user: ReferenceUser) -> Bool {
                guard let count = configured[user.connector] else { return false }
                return if case .task(let task) = user { Int(task.number) < count } else { true }
            }
            for (name, used) in uses {
                let values = used.values.filter { isThere($0.key) }
                let behind = used.behind.filter(isThere)
                uses[name] = values.isEmpty && behind.isEmpty ? nil : Uses(values: values, behind: behind)
            }
        }
    }

    private let state: Mutex<State>

    init(_ transformer: ConfigTransformer) {
        state = Mutex(State(transformer: transformer))
    }

    /// Providers that were declared anew.
    func replace(_ transformer: ConfigTransformer) { state.withLock { $0.transformer = transformer } }

    /// The configuration with what its references stand for now.
    ///
    /// - Parameter user: what is going to run with it, and does not run with anything else any more; nil for a look.
    func resolved(_ config: ConfigMap, for user: ReferenceUser?) throws(ConnectError) -> ConfigMap {
        let transformer = state.withLock { $0.transformer }
        do throws(ConnectError) {
            let resolved = try transformer.resolved(config)
            if let user { note(Self.values(config, resolved), of: user) }
            return resolved
        } catch {
            if let user { notTaken(by: user) }
            throw error
        }
    }

    /// The names of the connectors that have to be started again to get what their references stand for now, and why others
    /// cannot be looked at. A connector stays one of them until it was started with those values.
    ///
    /// - Parameter configured: all connectors with the number of their tasks: of others nothing is kept.
    func changed(
        in connectors: [Running], configured: [String: Int]
    ) -> (names: [String], failures: [(name: String, error: ConnectError)]) {
        let (transformer, uses) = state.withLock { state in
            state.forget(except: configured)
            return (state.transformer, state.uses)
        }
        var names: [String] = []
        var failures: [(name: String, error: ConnectError)] = []
        for connector in connectors where connector.info.config["config.action.reload"] != "none" {
            let references = connector.info.config.entries.filter { TaskConfigPlan.isReference($0.value) }
            guard !references.isEmpty, let used = uses[connector.info.name] else { continue }
            do throws(ConnectError) {
                let config = ConfigMap(references.map { ($0.key, $0.value) })
                let now = Self.values(config, try transformer.resolved(config))
                let isBehind = connector.parts.contains { part in
                    used.behind.contains(part) || Self.differs(used.values[part], now)
                }
                if isBehind { names.append(connector.info.name) }
            } catch {
                failures.append((connector.info.name, error))
            }
        }
        return (names, failures)
    }

    /// Something did not come up with the values that it should have: it is to be tried again.
    func notTaken(by user: ReferenceUser) {
        state.withLock { _ = $0.uses[user.connector, default: Uses()].behind.insert(user) }
    }

    /// How many values are kept, for tests.
    var count: Int {
        state.withLock { $0.uses.values.reduce(0) { $0 + $1.values.values.reduce(0) { $0 + $1.count } } }
    }

    private func note(_ values: [String: String], of user: ReferenceUser) {
        state.withLock { state in
            if values.isEmpty, state.uses[user.connector] == nil { return }
            state.uses[user.connector, default: Uses()].values[user] = values
            state.uses[user.connector]?.behind.remove(user)
        }
    }

    private static func values(_ config: ConfigMap, _ resolved: ConfigMap) -> [String: String] {
        var values: [String: String] = [:]
        for entry in config.entries where TaskConfigPlan.isReference(entry.value) {
            if let raw = entry.value, let value = resolved[entry.key] { values[raw] = value }
        }
        return values
    }

    private static func differs(_ used: [String: String]?, _ now: [String: String]) -> Bool {
        guard let used else { return false }
        // Byte by byte: what Unicode takes for the same may be another password.
        return now.contains { raw, value in used[raw].map { Array($0.utf8) != Array(value.utf8) } ?? false }
    }
}
