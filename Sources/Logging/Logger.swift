import Synchronization

/// A named source of log events.
///
/// Copies are cheap and share their level; a call below the level costs one relaxed load and builds neither message nor
/// fields. Loggers live as long as the process, so names come from code, never from data.
public struct Logger: Sendable {
    private let state: LoggerState
    private let registry: LogRegistry

    /// The logger called `name` (dotted words, `root` being the ancestor of all) of `registry`.
    public init(_ name: String, in registry: LogRegistry = .shared) {
        self.registry = registry
        state = registry.state(of: name)
    }

    /// The name given at creation.
    public var name: String { state.name }

    /// Whether an event of `level` would be written now.
    public func isEnabled(_ level: LogLevel) -> Bool {
        level.rawValue >= state.threshold.load(ordering: .relaxed)
    }

    /// Writes an event of `level`; `message` and `fields` are evaluated only where it is enabled.
    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []
    ) {
        guard isEnabled(level) else { return }
        registry.write(level, state.name, message(), fields())
    }

    /// The worker cannot go on.
    public func fatal(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []) {
        log(.fatal, message(), fields())
    }

    /// Something failed that an operator has to look at.
    public func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []) {
        log(.error, message(), fields())
    }

    /// Something is wrong that the worker handles by itself.
    public func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []) {
        log(.warn, message(), fields())
    }

    /// A change of state worth knowing in normal running: rare.
    public func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []) {
        log(.info, message(), fields())
    }

    /// What a developer needs to follow one connection, task or request.
    public func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []) {
        log(.debug, message(), fields())
    }

    /// Every step.
    public func trace(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []) {
        log(.trace, message(), fields())
    }

    /// Writes an event that may come in floods: `limiter` lets the first of `kind` through and then one an interval,
    /// which says in the field `repeated` how many were left out before it.
    ///
    /// - Parameter now: monotonic nanoseconds.
    public func log(
        _ level: LogLevel, limitedBy limiter: inout RepeatLimiter, kind: String, now: UInt64,
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []
    ) {
        guard isEnabled(level) else { return }
        switch limiter.admit(kind, now: now) {
        case .suppress:
            return
        case .write(suppressed: 0):
            registry.write(level, state.name, message(), fields())
        case .write(let suppressed):
            registry.write(level, state.name, message(), fields() + [LogField(LogField.repeatedKey, suppressed)])
        }
    }
}
