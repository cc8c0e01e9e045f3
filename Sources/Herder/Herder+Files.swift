import ClusterCore
package import ConnectModel
import EventLoop
import Logging

// Connectors that stand in files while the worker runs: a worker alone only.
extension Herder {
    /// Makes a connector what its file says: creates it, or gives it the file's configuration. Where that is refused, a
    /// connector that has a good configuration keeps it, and a new one is FAILED with the reason.
    ///
    /// - Parameter done: called once on the loop; with the reason, which names the file, where the connector is not what
    ///   the file says, or did not come up.
    package nonisolated func apply(
        _ connector: StartupConnector, _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        onLoop { $0.take(connector, done) }
    }

    private func take(_ connector: StartupConnector, _ done: @escaping @Sendable (ConnectError?) -> Void) {
        guard shutdown == nil else {
            return done(connector.placed(ConnectError(.workerStopping, "The worker is shutting down")))
        }
        guard log.connector(connector.name) != nil else { return startOne(connector) { _, error in done(error) } }
        if let problem = connector.problem { return fail(connector, problem, done) }
        perform(.putConnectorConfig(name: connector.name, config: connector.config)) { result in
            guard case .failure(let error) = result else { return done(nil) }
            let placed = connector.placed(error)
            guard error != Self.endedMeanwhile else { return done(placed) }
            self.onLoop { $0.fail(connector, placed, done) }
        }
    }

    /// Whether all that is known of a connector is a configuration that was refused: it is there to show why.
    func isRefused(_ name: String) -> Bool {
        guard let refusal = entries[name]?.refusal, let connector = machine.connectors[name] else { return false }
        return refusal.configuration == connector.configuration
    }

    /// The plugin folders were looked at again: what is known of connectors whose class was missing is brought up to date.
    /// Any thread.
    package nonisolated func pluginsChanged() {
        onLoop { herder in
            for (name, entry) in herder.entries.entries where entry.plugin == nil {
                guard let className = herder.log.connector(name)?.config?["connector.class"],
                    let plugin = try? herder.catalog.resolve(className)
                else { continue }
                entry.plugin = plugin
                herder.touch(entry)
                herder.logger.info(
                    "The class of the connector can be used now; what failed for lack of it needs a restart of the connector",
                    [.connector(name)])
            }
        }
    }
}
