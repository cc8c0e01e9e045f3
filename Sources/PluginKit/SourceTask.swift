/// Reads from somewhere. Calls are serial, save ``interrupt()``.
public protocol SourceTask: AnyObject {
    /// Makes an instance: no I/O, no thread.
    init(context: HostContext)
    /// Opens what is read.
    func start(_ configuration: Configuration) throws(PluginError)
    /// Appends the next records.
    ///
    /// The bytes that records point to must stay valid and unchanged until ``released(_:)`` is called with the same object;
    /// ``SourceRecords/owner`` keeps an object alive for so long. Several may be out at a time. Where nothing was
    /// appended nothing goes out, and nothing comes back.
    ///
    /// What was appended before an error is handed out all the same, and the error is thrown in place of the next poll.
    ///
    /// - Parameter maximum: how many the worker would like at most.
    func poll(_ records: SourceRecords, maximum: Int) throws(PluginError) -> PollAnswer
    /// The worker is done with these records.
    func released(_ records: SourceRecords)
    /// The offsets of what Kafka has are stored.
    func commit() throws(PluginError)
    /// Kafka has these records, or they were left out on purpose.
    func acknowledged(_ ranges: [Acknowledgement]) throws(PluginError)
    /// Ends the work; records that are out stay valid.
    func stop() throws(PluginError)
    /// Makes the call that is under way return. Called from any thread.
    func interrupt()
}

extension SourceTask {
    public func released(_ records: SourceRecords) {}
    public func commit() throws(PluginError) {}
    public func acknowledged(_ ranges: [Acknowledgement]) throws(PluginError) {}
    public func stop() throws(PluginError) {}
    public func interrupt() {}
}

/// What a poll came to.
public enum PollAnswer: Sendable, Equatable {
    /// Records were appended; there may be more.
    case records
    /// Nothing to do until ``HostContext/wake()``, or for so many milliseconds; costs no thread.
    case nothing(retryAfterMilliseconds: UInt32)
}

/// A range of records of a task, numbered from 0 in the order in which polls returned them.
public struct Acknowledgement: Sendable, Equatable {
    public let first: UInt64
    public let count: Int64
    /// Where the first of them is now, the others after it; nil when the worker does not tell.
    public let stored: TopicOffset?
    /// Left out by a transform or by tolerance of errors.
    public let wasDropped: Bool
}
