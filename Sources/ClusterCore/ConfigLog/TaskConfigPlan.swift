package import ConnectModel

/// Makes the task configurations that are stored from those that a connector gave, and says whether they differ from what
/// is in force.
///
/// Source: `AbstractHerder.reverseTransform`, `taskConfigsChanged`, `Worker.connectorTaskConfigs`.
package enum TaskConfigPlan {
    /// Keys of a connector that its tasks get: meant for sinks, but Apache's workers copy them whatever the kind.
    private static let inheritedKeys = ["topics", "topics.regex"]

    /// The raw task configurations.
    ///
    /// `task.class` is added, and the connector's `topics` and `topics.regex`. Values that the connector's raw configuration
    /// writes with a reference to a config provider are put back to that reference, so that no secret is stored.
    /// - Parameters:
    ///   - given: what the connector gave.
    ///   - raw: the connector's configuration as it is stored.
    ///   - resolved: the same with its references resolved.
    ///   - taskClass: see ``taskClass(of:)``.
    package static func rawConfigs(
        _ given: [ConfigMap], raw: ConfigMap, resolved: ConfigMap, taskClass: String
    ) -> [ConfigMap] {
        let references = raw.entries.filter { isReference($0.value) }
        return given.map { config in
            var config = config
            config.set("task.class", taskClass)
            for key in inheritedKeys where resolved.contains(key) { config.set(key, resolved[key]) }
            for reference in references where config.contains(reference.key) {
                config.set(reference.key, reference.value)
            }
            return config
        }
    }

    /// Whether task configurations must be stored: others than those in force, or the same ones where the connector's
    /// configuration is another since. It may have changed what the runtime reads of it, such as converters.
    ///
    /// - Parameter wanted: raw task configurations.
    package static func differs(_ wanted: [ConfigMap], from state: ConnectorConfigState) -> Bool {
        state.isInconsistent || state.appliedConfig != state.config || state.taskCount != Int32(exactly: wanted.count)
            || state.taskConfigs != wanted
    }

    /// The name of a connector's task class: Apache's connectors name them so, and here they are the same thing.
    package static func taskClass(of connectorClass: String) -> String {
        let suffix = "Connector"
        let stem = connectorClass.hasSuffix(suffix) ? String(connectorClass.dropLast(suffix.count)) : connectorClass
        return stem + "Task"
    }

    /// The error of a connector that gave more task configurations than it may.
    package static func tooManyTasks(_ connector: String, given: Int, maximum: Int32) -> ConnectError {
        ConnectError(
            .connectorFailed,
            "The connector \(connector) has generated \(given) tasks, which is greater than \(maximum), the maximum number "
                + "of tasks it is configured to create. This behaviour should be considered a bug and is disallowed. If "
                + "necessary, it can be permitted by reconfiguring the connector with 'tasks.max.enforce' set to false; "
                + "however, this option will be removed in a future release of Kafka Connect.")
    }

    /// Whether `${provider:key}` or `${provider:path:key}` stands somewhere in the text.
    package static func isReference(_ value: String?) -> Bool {
        guard var rest = value?[...] else { return false }
        while let dollar = rest.firstIndex(of: "$") {
            rest = rest[rest.index(after: dollar)...]
            guard rest.first == "{" else { continue }
            guard let end = rest.firstIndex(of: "}") else { return false }
            // A provider of at least one letter, a colon, a key of at least one letter.
            if let colon = rest.firstIndex(of: ":"), colon < end,
                rest.index(after: rest.startIndex) < colon, rest.index(after: colon) < end
            {
                return true
            }
        }
        return false
    }
}
