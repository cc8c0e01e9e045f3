/// Where log events go.
///
/// `write` is called on whatever thread logged, by several at once; it must not log, and it should not wait for anything
/// but the descriptor that it writes to.
public protocol LogSink: AnyObject, Sendable {
    /// Writes one event, or drops it where its destination is gone: logging never fails its caller.
    func write(_ event: LogEvent)
}
