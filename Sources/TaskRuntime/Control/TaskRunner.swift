import ConnectModel

/// When a runner wants its next step, besides being woken.
enum Pace: Equatable {
    /// At once, after other lanes had their turn.
    case again
    /// At this time (monotonic nanoseconds) at the latest.
    case until(UInt64)
    /// Only when woken.
    case woken
    /// Never: everything is taken down.
    case done
}

/// The source's or sink's way of moving records. Confined to the task's lane; no call waits for Kafka.
protocol TaskRunner: AnyObject {
    /// Makes and starts the plugin's task and its way to Kafka. May take long: plugin code runs.
    func start() throws(ConnectError)
    /// Moves records until there is nothing to do, something else is wanted (``TaskControl/interruption``) or others should
    /// have a turn.
    ///
    /// - Parameter isPaused: take no new ones.
    func step(isPaused: Bool) throws(ConnectError) -> Pace
    /// Commits and takes down a bit more, until ``Pace/done``. Whatever fails is logged: nothing can end it twice.
    ///
    /// - Parameter limit: monotonic nanoseconds beyond which it waits for nothing more.
    func finish(limit: UInt64?) -> Pace
    /// The task was abandoned and a call has returned after all: nothing of it counts, another run may be at work.
    func letGo() -> Pace
}

/// What may be asked of a plugin's task from any thread while its lane is in a call.
protocol PluginWatch: Sendable {
    var callUnderWay: String? { get }
    func interrupt()
}

/// ``PluginWatch`` of a source task.
struct SourceTaskWatch: PluginWatch, @unchecked Sendable {
    // The guard: only the two members that the port allows on any thread are used.
    private let port: any SourceTaskPort

    init(_ port: any SourceTaskPort) { self.port = port }

    var callUnderWay: String? { port.callUnderWay }

    func interrupt() { port.interrupt() }
}

/// ``PluginWatch`` of a sink task.
struct SinkTaskWatch: PluginWatch, @unchecked Sendable {
    // The guard: only the two members that the port allows on any thread are used.
    private let port: any SinkTaskPort

    init(_ port: any SinkTaskPort) { self.port = port }

    var callUnderWay: String? { port.callUnderWay }

    func interrupt() { port.interrupt() }
}
