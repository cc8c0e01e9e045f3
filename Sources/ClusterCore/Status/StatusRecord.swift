package import ConnectModel
import JSON

/// One record of the status topic.
///
/// Source: `org.apache.kafka.connect.storage.KafkaStatusBackingStore`.
package enum StatusRecord: Sendable, Equatable {
    /// A connector; nil when it is gone, with its tasks.
    case connector(String, InstanceStatus?)
    /// A task; nil when it is gone.
    case task(TaskID, InstanceStatus?)
    /// A topic that a connector uses; nil when that is forgotten.
    case topic(String, connector: String, TopicUse?)

    /// How a topic came to be used.
    package struct TopicUse: Sendable, Equatable {
        /// Number of the task that used it first.
        package let task: Int32
        /// Milliseconds since 1970.
        package let discoveredAt: Int64

        /// A use that was seen.
        package init(task: Int32, discoveredAt: Int64) {
            self.task = task
            self.discoveredAt = discoveredAt
        }
    }

    /// Reads a record; nil for a key that is none of ours, and for a value that cannot be read.
    package init?(key: [UInt8], value: [UInt8]?) {
        switch StatusKey(String(decoding: key, as: UTF8.self)) {
        case .connector(let name):
            guard let value else {
                self = .connector(name, nil)
                return
            }
            guard let status = Self.status(value) else { return nil }
            self = .connector(name, status)
        case .task(let task):
            guard let value else {
                self = .task(task, nil)
                return
            }
            guard let status = Self.status(value) else { return nil }
            self = .task(task, status)
        case .topic(let topic, let connector):
            guard let value else {
                self = .topic(topic, connector: connector, nil)
                return
            }
            guard let use = Self.topicUse(value) else { return nil }
            self = .topic(topic, connector: connector, use)
        case nil: return nil
        }
    }

    /// The record as it is written.
    package var entry: LogEntry {
        switch self {
        case .connector(let name, let status):
            LogEntry(key: Array(StatusKey.connector(name).text.utf8), value: status.map(Self.bytes))
        case .task(let task, let status):
            LogEntry(key: Array(StatusKey.task(task).text.utf8), value: status.map(Self.bytes))
        case .topic(let topic, let connector, let use):
            LogEntry(
                key: Array(StatusKey.topic(topic, connector: connector).text.utf8),
                value: use.map { Self.bytes(topic, connector, $0) })
        }
    }

    private static func bytes(_ status: InstanceStatus) -> [UInt8] {
        let value: JSONValue = [
            "state": .string(status.state.rawValue), "trace": .optional(status.trace),
            "worker_id": .string(status.workerID), "generation": .int64(Int64(status.generation)),
            "version": .optional(status.version),
        ]
        return value.serialized()
    }

    private static func bytes(_ topic: String, _ connector: String, _ use: TopicUse) -> [UInt8] {
        let value: JSONValue = [
            "topic": [
                "name": .string(topic), "connector": .string(connector), "task": .int64(Int64(use.task)),
                "discoverTimestamp": .int64(use.discoveredAt),
            ]
        ]
        return value.serialized()
    }

    private static func status(_ bytes: [UInt8]) -> InstanceStatus? {
        guard let object = (try? JSONValue.parse(bytes, limits: .internalTopics))?.object,
            let state = object["state"]?.string.flatMap(InstanceState.init), let workerID = object["worker_id"]?.string,
            let generation = object["generation"]?.int64,
            // Workers before 4.2 write no version, and null stands for none of either.
            let trace = optionalString(object["trace"]), let version = optionalString(object["version"])
        else { return nil }
        return InstanceStatus(
            state: state, trace: trace, workerID: workerID, generation: Int32(truncatingIfNeeded: generation),
            version: version)
    }

    private static func topicUse(_ bytes: [UInt8]) -> TopicUse? {
        guard let object = (try? JSONValue.parse(bytes, limits: .internalTopics))?["topic"]?.object,
            let task = object["task"]?.int64, let discovered = object["discoverTimestamp"]?.int64
        else { return nil }
        return TopicUse(task: Int32(truncatingIfNeeded: task), discoveredAt: discovered)
    }

    /// A string, or none; nil for anything else.
    private static func optionalString(_ value: JSONValue?) -> String?? {
        guard let value, !value.isNull else { return .some(nil) }
        return value.string.map { .some($0) }
    }
}

/// What a key of the status topic stands for.
package enum StatusKey: Sendable, Equatable {
    case connector(String)
    case task(TaskID)
    case topic(String, connector: String)

    private static let connectorPrefix = "status-connector-"
    private static let taskPrefix = "status-task-"
    private static let topicPrefix = "status-topic-"
    private static let topicSeparator = ":connector-"

    /// Reads a key; nil for one that is none of ours. The order of the checks is Apache's.
    package init?(_ text: String) {
        if let name = text.rest(behind: Self.connectorPrefix) {
            guard !name.isEmpty else { return nil }
            self = .connector(String(Substring(name)))
        } else if let name = text.rest(behind: Self.taskPrefix) {
            guard let task = TaskID(keyText: name) else { return nil }
            self = .task(task)
        } else if let name = text.rest(behind: Self.topicPrefix) {
            // Names of topics contain no colon, those of connectors may.
            guard let colon = name.firstIndex(of: UInt8(ascii: ":")), colon > name.startIndex,
                name[colon...].starts(with: Self.topicSeparator.utf8)
            else { return nil }
            let connector = name[colon...].dropFirst(Self.topicSeparator.utf8.count)
            guard !connector.isEmpty else { return nil }
            self = .topic(String(Substring(name[..<colon])), connector: String(Substring(connector)))
        } else {
            return nil
        }
    }

    /// The key as it is written.
    package var text: String {
        switch self {
        case .connector(let name): Self.connectorPrefix + name
        case .task(let task): "\(Self.taskPrefix)\(task)"
        case .topic(let topic, let connector): Self.topicPrefix + topic + Self.topicSeparator + connector
        }
    }
}
