/// Where source offsets are kept: a file in standalone mode, a topic in distributed mode. Thread-safe.
public protocol OffsetStore: AnyObject, Sendable {
    /// Stored offsets of a connector's partitions, as compact JSON; nil where there is none. May block: lanes only.
    ///
    /// - Parameter isWanted: asked again and again while the store cannot be read; the wait has no other limit. nil: the store
    ///   gives up when it has lost patience.
    func read(
        connector: String, partitions: [[UInt8]], isWanted: (() -> Bool)?
    ) throws(ConnectError) -> [[UInt8]?]
    /// Every stored partition of a connector with its offset. May block: lanes only.
    func readAll(connector: String) throws(ConnectError) -> [OffsetChange]
    /// Stores changes, all or none. `done` is called from another thread once they are durable or cannot be.
    func write(connector: String, _ changes: [OffsetChange], _ done: @escaping @Sendable (ConnectError?) -> Void)
}

/// Who is told of what a task does. Any thread.
public protocol TaskObserver: AnyObject, Sendable {
    /// The task reached a state. A failed one carries the error; `hung` names the plugin's call that never returned.
    func task(_ task: TaskID, incarnation: UInt64, reached state: InstanceState, error: ConnectError?)
    /// The task has ended and let go of everything, or was abandoned.
    func task(_ task: TaskID, incarnation: UInt64, ended end: TaskEnd)
    /// The task wrote to, or read from, a topic for the first time.
    func task(_ task: TaskID, usesTopic topic: String)
}

/// How a task ended.
public enum TaskEnd: Sendable, Equatable {
    /// In order, offsets committed.
    case stopped
    /// With an error that was told as its state.
    case failed
    /// A call of the plugin did not return in time; its lane is gone.
    case abandoned(call: String)
}
