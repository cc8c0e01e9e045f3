package import ConnectModel
import JSON

/// What the config log says: reads its records one by one and keeps the state that they add up to.
///
/// The same on every worker, since all read the same log. Source: `KafkaConfigBackingStore` (reference internal-topics.md
/// §3.2–3.3). Records that make no sense are passed over with a ``ConfigLogEvent/ignored(key:reason:)``; nothing here fails.
package struct ConfigLogMachine: Sendable {
    /// Offset after the last record whose value could be read; −1 before the first. The "config offset" of the group.
    package private(set) var offset: Int64 = -1
    /// The newest key for requests between workers.
    package private(set) var sessionKey: SessionKey?
    private var connectors = SortedTable<String, ConnectorConfigState>()

    /// Bytes of the longest key that is read: its connector's name can be told in the group's protocol, whose strings are no
    /// longer than 32767 bytes. Of a longer one no assignment could be written, and all of the group would stand still.
    private static let longestKey = Int(Int16.max)

    /// An empty log.
    package init() {}

    /// Names of the connectors that have a configuration, in order.
    package var connectorNames: [String] { connectors.entries.filter { $0.value.config != nil }.map(\.key) }

    /// What the log says of a connector; nil where it has no configuration.
    package func connector(_ name: String) -> ConnectorConfigState? {
        guard let state = connectors[name], state.config != nil else { return nil }
        return state
    }

    /// Takes the next record.
    ///
    /// - Parameters:
    ///   - offset: the record's offset in the log.
    ///   - isLive: false while the log is read for the first time: then requests are not carried out again, and only the
    ///     state counts.
    /// - Returns: what changed, in order.
    package mutating func apply(_ record: ConfigLogRecord, offset: Int64, isLive: Bool) -> [ConfigLogEvent] {
        self.offset = offset + 1
        guard record.key.utf8.count <= Self.longestKey else {
            return [.ignored(key: String(record.key.prefix(64)) + "…", reason: "the key is too long")]
        }
        guard let key = ConfigLogKey(record.key) else {
            return [.ignored(key: record.key, reason: "unknown key")]
        }
        let events = apply(key, record.value)
        return isLive ? events : events.filter { if case .ignored = $0 { true } else { false } }
    }

    private mutating func apply(_ key: ConfigLogKey, _ value: JSONValue?) -> [ConfigLogEvent] {
        // A null without a tombstone's meaning is what Jackson makes of an empty value.
        let value = value == .null ? nil : value
        switch key {
        case .targetState(let name): return applyTargetState(name, value)
        case .connector(let name): return applyConnector(name, value)
        case .task(let task): return applyTask(task, value)
        case .commit(let name): return applyCommit(name, value)
        case .restart(let name): return applyRestart(name, value)
        case .fencing(let name): return applyFencing(name, value)
        case .sessionKey: return applySessionKey(value)
        case .logger(let namespace):
            guard let level = value?["level"]?.string else { return ignored(key, "no level") }
            return [.loggerLevel(namespace: namespace, level: level)]
        }
    }

    private mutating func applyTargetState(_ name: String, _ value: JSONValue?) -> [ConfigLogEvent] {
        guard let value else {
            // Without a target a connector that exists runs.
            if let state = connectors[name] {
                connectors[name, default: state].targetState = state.config == nil ? nil : .started
            }
            return []
        }
        let text = value["state.v2"]?.string ?? value["state"]?.string
        guard let text, let target = TargetState(rawValue: text) else {
            return ignored(.targetState(name), "no target state")
        }
        let before = connectors[name]?.targetState
        connectors[name, default: ConnectorConfigState()].targetState = target
        guard connectors[name]?.config != nil, before != target else { return [] }
        return [.targetStateChanged(name)]
    }

    private mutating func applyConnector(_ name: String, _ value: JSONValue?) -> [ConfigLogEvent] {
        guard let value else {
            guard let state = connectors[name] else { return [] }
            let existed = state.config != nil
            connectors[name, default: state].remove()
            return existed ? [.connectorRemoved(name)] : []
        }
        guard let config = Self.properties(value) else { return ignored(.connector(name), "no properties") }
        connectors[name, default: ConnectorConfigState()].configure(config, offset: offset)
        return [.connectorUpdated(name)]
    }

    private mutating func applyTask(_ task: TaskID, _ value: JSONValue?) -> [ConfigLogEvent] {
        guard let value, let config = Self.properties(value) else { return ignored(.task(task), "no properties") }
        connectors[task.connector, default: ConnectorConfigState()].defer(config, for: task.number)
        return []
    }

    private mutating func applyCommit(_ name: String, _ value: JSONValue?) -> [ConfigLogEvent] {
        guard let count = Self.count(value?["tasks"]) else { return ignored(.commit(name), "no number of tasks") }
        guard var state = connectors[name], state.config != nil else {
            connectors[name]?.commitWithoutConfig()
            return ignored(.commit(name), "the connector has no configuration")
        }
        let updated = state.commit(count: count, offset: offset)
        connectors[name] = state
        guard let updated else { return [.tasksConfirmed(name)] }
        return [.tasksUpdated(name, updated.map { TaskID(connector: name, number: $0) })]
    }

    private mutating func applyFencing(_ name: String, _ value: JSONValue?) -> [ConfigLogEvent] {
        guard let count = Self.count(value?["task-count"]) else { return ignored(.fencing(name), "no number of tasks") }
        connectors[name, default: ConnectorConfigState()].fencedTaskCount = count
        connectors[name]?.isFencingPending = false
        return []
    }

    private mutating func applySessionKey(_ value: JSONValue?) -> [ConfigLogEvent] {
        guard let key = value?["key"]?.string, let algorithm = value?["algorithm"]?.string,
            let createdAt = value?["creation-timestamp"]?.int64
        else { return ignored(.sessionKey, "a field is missing or has the wrong type") }
        let newKey = SessionKey(base64: key, algorithm: algorithm, createdAt: createdAt)
        sessionKey = newKey
        return [.sessionKeyChanged(newKey)]
    }

    private func applyRestart(_ name: String, _ value: JSONValue?) -> [ConfigLogEvent] {
        guard value?.object != nil else { return ignored(.restart(name), "no object") }
        return [
            .restartRequested(
                RestartRequest(
                    connector: name, includeTasks: value?["include-tasks"]?.bool ?? false,
                    onlyFailed: value?["only-failed"]?.bool ?? false))
        ]
    }

    private func ignored(_ key: ConfigLogKey, _ reason: String) -> [ConfigLogEvent] {
        [.ignored(key: key.text, reason: reason)]
    }

    /// Texts by key, in the order of the record; anything but a text counts as null, as Apache's schema demands.
    private static func properties(_ value: JSONValue) -> ConfigMap? {
        guard let object = value["properties"]?.object else { return nil }
        var config = ConfigMap()
        for member in object.members { config.set(member.key, member.value.string) }
        return config
    }

    private static func count(_ value: JSONValue?) -> Int32? {
        guard let number = value?.int64, number >= 0 else { return nil }
        return Int32(exactly: number)
    }
}

/// What a record of the config log changed.
package enum ConfigLogEvent: Sendable, Equatable {
    /// A connector is new or has a new configuration.
    case connectorUpdated(String)
    case connectorRemoved(String)
    /// Task configurations were committed; the numbers that are in force now, none for an incomplete commit.
    case tasksUpdated(String, [TaskID])
    /// The task configurations that are in force were committed again.
    case tasksConfirmed(String)
    case targetStateChanged(String)
    case sessionKeyChanged(SessionKey)
    case restartRequested(RestartRequest)
    case loggerLevel(namespace: String, level: String)
    /// The record was passed over.
    case ignored(key: String, reason: String)
}
