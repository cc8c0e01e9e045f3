public import ConnectModel

/// What a run of a task is made from. Values only; configurations are resolved.
public struct TaskSpecification: Sendable {
    public let id: TaskID
    /// Number of this run, which its reports carry.
    public let incarnation: UInt64
    public let kind: ConnectorKind
    public let plugin: PluginDescription
    public let connectorConfig: ConfigMap
    /// With `task.class`.
    public let taskConfig: ConfigMap
    /// The plugin is not started before the first resume.
    public let startsPaused: Bool

    /// A specification.
    public init(
        id: TaskID, incarnation: UInt64, kind: ConnectorKind, plugin: PluginDescription, connectorConfig: ConfigMap,
        taskConfig: ConfigMap, startsPaused: Bool
    ) {
        self.id = id
        self.incarnation = incarnation
        self.kind = kind
        self.plugin = plugin
        self.connectorConfig = connectorConfig
        self.taskConfig = taskConfig
        self.startsPaused = startsPaused
    }
}

/// Starts tasks. Any thread; nothing here blocks, since all that may block happens on the task's own lane.
public protocol TaskStarting: AnyObject, Sendable {
    /// Launches a task and returns before it has started.
    ///
    /// `observer` is told of its states, then exactly once of its end. A task that fails ends by itself.
    /// - Throws: what is wrong with its configuration at once, such as an unknown converter.
    func startTask(_ task: TaskSpecification, observer: any TaskObserver) throws(ConnectError) -> any TaskHandle
}

/// A run of a task. Any thread; no call blocks, and none has an effect once the task has ended.
public protocol TaskHandle: AnyObject, Sendable {
    /// No more records until ``resume()``.
    func pause()
    /// Records go on.
    func resume()
    /// Commits, takes the task down, and reports its end.
    ///
    /// - Parameters:
    ///   - deadline: monotonic nanoseconds (`EventLoop.now()`). A call of the plugin that has not returned by then is left
    ///     alone with its thread, and the task reported as abandoned.
    ///   - sessionEnds: from when on another worker may run the task; Kafka's answers are not waited for that long.
    func stop(deadline: UInt64, sessionEnds: UInt64)
    /// The topics that the task has told of are known no more: each is told again with its next record.
    func forgetTopics()
    /// What the task is doing: the plugin's call under way, or a stage of its life.
    var activity: String { get }
}

extension TaskHandle {
    /// The same where no other worker may run the task before it has ended here.
    public func stop(deadline: UInt64) { stop(deadline: deadline, sessionEnds: .max) }
}
