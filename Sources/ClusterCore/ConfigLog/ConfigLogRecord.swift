package import ConnectModel
package import JSON

/// One record of the config log: what the config topic carries in distributed mode, and memory in standalone mode.
///
/// Source: `org.apache.kafka.connect.storage.KafkaConfigBackingStore`.
package struct ConfigLogRecord: Sendable, Equatable {
    package let key: String
    /// nil for a tombstone.
    package let value: JSONValue?

    /// A record as it was read.
    package init(key: String, value: JSONValue?) {
        self.key = key
        self.value = value
    }

    /// A connector's configuration; nil removes the connector.
    package static func connector(_ name: String, _ config: ConfigMap?) -> ConfigLogRecord {
        ConfigLogRecord(key: ConfigLogKey.connector(name).text, value: config.map(properties))
    }

    /// A task's configuration, without force until the commit that follows it.
    package static func task(_ task: TaskID, _ config: ConfigMap) -> ConfigLogRecord {
        ConfigLogRecord(key: ConfigLogKey.task(task).text, value: properties(config))
    }

    /// Puts the task configurations written before it into force.
    package static func commit(_ connector: String, tasks: Int32) -> ConfigLogRecord {
        ConfigLogRecord(key: ConfigLogKey.commit(connector).text, value: ["tasks": .int64(Int64(tasks))])
    }

    /// Where a connector is wanted to be; nil forgets it. Workers that know no STOPPED read PAUSED.
    package static func targetState(_ connector: String, _ state: TargetState?) -> ConfigLogRecord {
        let value: JSONValue? = state.map { state in
            let old: TargetState = state == .stopped ? .paused : state
            return ["state": .string(old.rawValue), "state.v2": .string(state.rawValue)]
        }
        return ConfigLogRecord(key: ConfigLogKey.targetState(connector).text, value: value)
    }

    /// Asks every worker to restart what it owns of a connector.
    package static func restart(_ request: RestartRequest) -> ConfigLogRecord {
        ConfigLogRecord(
            key: ConfigLogKey.restart(request.connector).text,
            value: ["include-tasks": .bool(request.includeTasks), "only-failed": .bool(request.onlyFailed)])
    }

    /// The number of tasks whose older generations were fenced out.
    package static func taskCount(_ connector: String, _ count: Int32) -> ConfigLogRecord {
        ConfigLogRecord(key: ConfigLogKey.fencing(connector).text, value: ["task-count": .int64(Int64(count))])
    }

    /// The key that signs requests between workers.
    package static func sessionKey(_ key: SessionKey) -> ConfigLogRecord {
        ConfigLogRecord(
            key: ConfigLogKey.sessionKey.text,
            value: [
                "key": .string(key.base64), "algorithm": .string(key.algorithm),
                "creation-timestamp": .int64(key.createdAt),
            ])
    }

    /// Level of a logger on every worker.
    package static func loggerLevel(_ namespace: String, _ level: String) -> ConfigLogRecord {
        ConfigLogRecord(key: ConfigLogKey.logger(namespace).text, value: ["level": .string(level)])
    }

    /// The connector whose configuration it is; nil for all other records.
    package var connectorName: String? {
        if case .connector(let name) = ConfigLogKey(key) { name } else { nil }
    }

    /// Whether it is a task's configuration, which a commit puts into force.
    package var isTask: Bool { if case .task = ConfigLogKey(key) { true } else { false } }

    private static func properties(_ config: ConfigMap) -> JSONValue {
        var properties = JSONObject()
        for entry in config.entries { properties[entry.key] = .optional(entry.value) }
        return ["properties": .object(properties)]
    }
}

/// What a key of the config log stands for.
package enum ConfigLogKey: Sendable, Equatable {
    case targetState(String)
    case connector(String)
    case task(TaskID)
    case commit(String)
    case restart(String)
    case fencing(String)
    case sessionKey
    case logger(String)

    /// Reads a key; nil for one that is none of ours. The order of the checks is Apache's.
    package init?(_ text: String) {
        func rest(_ prefix: String) -> String? { text.rest(behind: prefix).map { String(Substring($0)) } }
        if let name = rest("target-state-") {
            self = .targetState(name)
        } else if let name = rest("connector-") {
            self = .connector(name)
        } else if let task = text.rest(behind: "task-") {
            guard let task = TaskID(keyText: task) else { return nil }
            self = .task(task)
        } else if let name = rest("commit-") {
            self = .commit(name)
        } else if let name = rest("restart-connector-") {
            self = .restart(name)
        } else if let name = rest("tasks-fencing-") {
            self = .fencing(name)
        } else if text == "session-key" {
            self = .sessionKey
        } else if let name = rest("logger-cluster-") {
            self = .logger(name)
        } else {
            return nil
        }
    }

    /// The key as it is written.
    package var text: String {
        switch self {
        case .targetState(let name): "target-state-" + name
        case .connector(let name): "connector-" + name
        case .task(let task): "task-\(task)"
        case .commit(let name): "commit-" + name
        case .restart(let name): "restart-connector-" + name
        case .fencing(let name): "tasks-fencing-" + name
        case .sessionKey: "session-key"
        case .logger(let namespace): "logger-cluster-" + namespace
        }
    }
}
