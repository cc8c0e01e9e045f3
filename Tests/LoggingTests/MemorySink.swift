import Logging
import Synchronization

/// Keeps every event.
final class MemorySink: LogSink {
    private let kept = Mutex<[LogEvent]>([])

    var events: [LogEvent] { kept.withLock { $0 } }

    func write(_ event: LogEvent) { kept.withLock { $0.append(event) } }
}
