internal import ClusterCore

/// Records on their way from a worker to the config topic.
final class SimulatedAppend {
    let records: [ConfigLogRecord]
    /// The session of the worker in which they are to be written, or not at all; nil for any.
    let session: Int?
    let done: (_ isWritten: Bool) -> Void
    /// Whether they have gone out, instead of waiting for the session.
    var isSent = false

    init(_ records: [ConfigLogRecord], session: Int?, _ done: @escaping (_ isWritten: Bool) -> Void) {
        self.records = records
        self.session = session
        self.done = done
    }
}
