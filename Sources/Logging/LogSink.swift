/// Where log events go.
///
/// `write` is called on whatever thread logged, by several at once; it must not log, and it should not wait for anything
/// but the descriptor that it writes to. Where that may be long, a ``QueuedSink`` stands before it.
public protocol LogSink: AnyObject, Sendable {
    /// Writes one event, or drops it where its destination is gone: logging never fails its caller.
    func write(_ event: LogEvent)

    /// Waits until what was given to ``write(_:)`` is written, and no longer than that time.
    ///
    /// - Returns: false where it was not within that time.
    @discardableResult
    func flush(milliseconds: Int32) -> Bool
}

extension LogSink {
    /// For sinks that keep nothing back.
    @discardableResult
    public func flush(milliseconds: Int32) -> Bool { true }
}
