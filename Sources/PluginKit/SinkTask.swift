/// Writes to somewhere. Calls are serial, save ``interrupt()``.
public protocol SinkTask: AnyObject {
    /// Whether ``preCommit(_:)`` has an opinion of its own; otherwise the worker flushes and commits everything put.
    static var decidesOffsets: Bool { get }

    /// Makes an instance: no I/O, no thread.
    init(context: HostContext)
    /// Opens what is written to.
    func start(_ configuration: Configuration) throws(PluginError)
    /// These partitions are the task's from now on.
    func open(_ partitions: [TopicPartition]) throws(PluginError)
    /// Takes records; all that they point to is valid during the call only. After a retriable error the same come again,
    /// none of them counting as taken.
    func put(_ records: SinkRecords) throws(PluginError)
    /// Makes safe what was put; the worker is about to commit these offsets.
    func flush(_ offsets: [TopicOffset]) throws(PluginError)
    /// Which offsets may be committed; partitions left out are not.
    func preCommit(_ offsets: [TopicOffset]) throws(PluginError) -> [TopicOffset]
    /// These partitions are somebody else's soon.
    func close(_ partitions: [TopicPartition]) throws(PluginError)
    /// Ends the work.
    func stop() throws(PluginError)
    /// Makes the call that is under way return. Called from any thread.
    func interrupt()
}

extension SinkTask {
    public static var decidesOffsets: Bool { false }
    public func open(_ partitions: [TopicPartition]) throws(PluginError) {}
    public func flush(_ offsets: [TopicOffset]) throws(PluginError) {}
    public func preCommit(_ offsets: [TopicOffset]) throws(PluginError) -> [TopicOffset] { offsets }
    public func close(_ partitions: [TopicPartition]) throws(PluginError) {}
    public func stop() throws(PluginError) {}
    public func interrupt() {}
}
