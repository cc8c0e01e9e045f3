/// One task of a connector. Printed `NAME-NUMBER`, as logs and client ids show it.
public struct TaskID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let connector: String
    /// 0 to `tasks.max` − 1.
    public let number: Int32

    /// A task's identity.
    public init(connector: String, number: Int32) {
        self.connector = connector
        self.number = number
    }

    public var description: String { "\(connector)-\(number)" }

    public static func == (left: TaskID, right: TaskID) -> Bool {
        left.number == right.number && left.connector.isExactly(right.connector)
    }

    public static func < (left: TaskID, right: TaskID) -> Bool {
        if left.connector.isExactly(right.connector) { return left.number < right.number }
        return left.connector.precedesExactly(right.connector)
    }

    public func hash(into hasher: inout Hasher) {
        connector.hashExactly(into: &hasher)
        hasher.combine(number)
    }
}

/// A partition of a topic.
public struct TopicPartition: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let topic: String
    public let partition: Int32

    /// A partition of a topic.
    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public var description: String { "\(topic)-\(partition)" }

    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// Whether a connector brings records into Kafka or takes them out.
public enum ConnectorKind: String, Sendable {
    case source
    case sink
    /// The class could not be loaded.
    case unknown
}

/// Where an operator wants a connector to be: Connect's target state.
public enum TargetState: String, Sendable {
    case started = "STARTED"
    case paused = "PAUSED"
    case stopped = "STOPPED"
}

/// Where a connector or task is, as status and REST spell it. Tasks are never `stopped`.
public enum InstanceState: String, Sendable {
    case unassigned = "UNASSIGNED"
    case running = "RUNNING"
    case paused = "PAUSED"
    case failed = "FAILED"
    case restarting = "RESTARTING"
    case stopped = "STOPPED"
}

/// The status of a connector or task, as the status store keeps it.
public struct InstanceStatus: Sendable, Equatable {
    public var state: InstanceState
    /// Why it failed; nil or empty while it did not.
    public var trace: String?
    /// `host:port` of the worker that wrote it.
    public var workerID: String
    /// Generation of the group when it was written; 0 in standalone mode.
    public var generation: Int32
    /// Version of the plugin; nil when it told none.
    public var version: String?

    /// A status.
    public init(
        state: InstanceState, trace: String? = nil, workerID: String, generation: Int32 = 0, version: String? = nil
    ) {
        self.state = state
        self.trace = trace
        self.workerID = workerID
        self.generation = generation
        self.version = version
    }
}
