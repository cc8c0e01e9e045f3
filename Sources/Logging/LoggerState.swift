import Synchronization

/// What all copies of one logger share. The registry writes the threshold under its lock whenever a level changes, so
/// that a log call never looks anything up.
final class LoggerState: Sendable {
    let name: String
    /// Raw value of the effective ``LogLevel``.
    let threshold: Atomic<UInt8>

    init(name: String, level: LogLevel) {
        self.name = name
        threshold = Atomic(level.rawValue)
    }
}
