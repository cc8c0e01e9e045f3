import Glibc
import Synchronization

/// Levels of all loggers by name, the sinks, and the redactor that every text passes.
///
/// A logger's effective level is the one set for the longest dotted prefix of its name, `root` where there is none. Safe
/// on any thread; one lock guards the tables, and only calls that write an event or change a level take it.
public final class LogRegistry: Sendable {
    /// The level of a logger as the REST API reports it.
    public struct Entry: Sendable, Equatable {
        /// The logger's name, or `root`.
        public let name: String
        /// Its effective level.
        public let level: LogLevel
        /// Milliseconds since 1970 of the last change through ``LogRegistry/setLevel(_:for:at:)``; nil before the first.
        public let lastModified: Int64?
    }

    /// What a change of a level did.
    public struct LevelChange: Sendable, Equatable {
        /// The logger that was named and all whose names start with its name, sorted.
        public let names: [String]
        /// Those of them whose effective level was another one before, sorted.
        public let changed: [String]
    }

    /// Loggers beyond which ``changeLevel(to:for:at:)`` makes no new ones: they last as long as the process, and each has to
    /// be looked at when a level changes.
    public static let maximumLoggers = 4096
    /// Bytes of UTF-8 of a name that ``changeLevel(to:for:at:)`` takes.
    public static let maximumNameLength = 255
    /// Name of the ancestor of all loggers; its case is ignored.
    public static let rootName = "root"
    /// The registry of the process: INFO and standard error until configured otherwise.
    public static let shared = LogRegistry(sinks: [TextSink.standardError], limitsRepeats: true)
    /// Bytes of UTF-8 beyond which a message or a field's value is cut.
    static let maximumTextLength = 32 * 1024

    private struct Explicit {
        var level: LogLevel
        var lastModified: Int64?
    }

    private struct Tables {
        var explicit: [String: Explicit] = [rootName: Explicit(level: .info)]
        var states: [String: LoggerState] = [:]
        var sinks: [any LogSink]

        func effectiveLevel(of name: String) -> LogLevel {
            var prefix = Substring(name)
            while true {
                if let explicit = explicit[String(prefix)] { return explicit.level }
                guard let dot = prefix.lastIndex(of: ".") else { return explicit[rootName]?.level ?? .info }
                prefix = prefix[..<dot]
            }
        }

        func takes(_ name: String) -> Bool {
            if states[name] != nil || explicit[name] != nil { return true }
            return states.count < maximumLoggers && name.utf8.count <= maximumNameLength
        }

        func publishThresholds() {
            for state in states.values {
                state.threshold.store(effectiveLevel(of: state.name).rawValue, ordering: .relaxed)
            }
        }
    }

    /// Replaces secrets in every message and field; status texts and REST bodies go through it as well.
    public let redactor = Redactor()
    private let tables: Mutex<Tables>
    /// nil where every event is written.
    private let repeats: Mutex<RepeatFilter?>

    /// A registry of its own, for programs and tests that keep apart from ``shared``.
    ///
    /// - Parameter limitsRepeats: like warnings and errors are counted instead of written beyond the first few. Then
    ///   ``writeRepeats()`` has to be called now and then.
    public init(sinks: [any LogSink], limitsRepeats: Bool = false) {
        tables = Mutex(Tables(sinks: sinks))
        repeats = Mutex(limitsRepeats ? RepeatFilter() : nil)
    }

    /// Replaces where events go from now on.
    public func setSinks(_ sinks: [any LogSink]) {
        tables.withLock { $0.sinks = sinks }
    }

    /// Sets levels from the configuration: the root's, and those of single loggers and all below them by dotted name.
    /// Leaves ``Entry/lastModified`` alone, as Kafka does for levels of its log4j file.
    public func configure(root: LogLevel, levels: [String: LogLevel] = [:]) {
        let levels = Self.levels(root, levels)
        tables.withLock { tables in
            for (name, level) in levels { tables.explicit[name, default: Explicit(level: level)].level = level }
            tables.publishThresholds()
        }
    }

    /// Takes over what changed in the configuration: levels that are new or other ones there are set, single loggers that it
    /// names no more inherit again. Levels that it leaves as they were stay what they are, also where ``setLevel(_:for:at:)``
    /// has changed them.
    ///
    /// - Returns: the names of the loggers whose configured level changed, sorted.
    @discardableResult
    public func reconfigure(
        root: LogLevel, levels: [String: LogLevel], before: (root: LogLevel, levels: [String: LogLevel])
    ) -> [String] {
        let old = Self.levels(before.root, before.levels)
        let new = Self.levels(root, levels)
        let changed = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
        guard !changed.isEmpty else { return [] }
        tables.withLock { tables in
            for name in changed { tables.explicit[name] = new[name].map { Explicit(level: $0) } }
            tables.publishThresholds()
        }
        return changed
    }

    /// Sets the level of `name` and of every existing logger whose name starts with it (a plain prefix, as in Kafka;
    /// `root` means all), and returns all their names, sorted.
    ///
    /// A logger whose effective level is already `level` is in the answer, but keeps its time of change and stays out of
    /// ``loggers()`` if it had no level of its own.
    /// - Parameter now: milliseconds since 1970.
    @discardableResult
    public func setLevel(_ level: LogLevel, for name: String, at now: Int64) -> [String] {
        changeLevel(to: level, for: name, at: now)?.names ?? []
    }

    /// Whether ``changeLevel(to:for:at:)`` takes a name: one of a logger that is there, or a new one where there is room.
    public func takes(_ name: String) -> Bool {
        let name = Self.canonical(name)
        return tables.withLock { $0.takes(name) }
    }

    /// The same as ``setLevel(_:for:at:)``, saying which loggers had another level before.
    ///
    /// - Returns: nil where the name is not taken, and nothing was changed.
    public func changeLevel(to level: LogLevel, for name: String, at now: Int64) -> LevelChange? {
        let name = Self.canonical(name)
        return tables.withLock { tables in
            guard tables.takes(name) else { return nil }
            var affected: Set<String> = [name]
            let everyName = Array(tables.states.keys) + Array(tables.explicit.keys)
            affected.formUnion(name == Self.rootName ? everyName : everyName.filter { $0.hasPrefix(name) })
            // The name itself comes first, so that loggers which inherit from it need no level of their own.
            let names = [name] + affected.filter { $0 != name }.sorted()
            // Before any is changed, since one may inherit from another.
            let changed = names.filter { tables.effectiveLevel(of: $0) != level }.sorted()
            for name in names where tables.effectiveLevel(of: name) != level {
                tables.explicit[name] = Explicit(level: level, lastModified: now)
            }
            if tables.states[name] == nil, name != Self.rootName {
                tables.states[name] = LoggerState(name: name, level: level)
            }
            tables.publishThresholds()
            return LevelChange(names: names.sorted(), changed: changed)
        }
    }

    /// The loggers with a level of their own, `root` always among them, sorted by name.
    public func loggers() -> [Entry] {
        tables.withLock { tables in
            tables.explicit.map { Entry(name: $0.key, level: $0.value.level, lastModified: $0.value.lastModified) }
        }.sorted { $0.name < $1.name }
    }

    /// The effective level of `name`; nil where no such logger exists.
    public func level(of name: String) -> Entry? {
        let name = Self.canonical(name)
        return tables.withLock { tables in
            guard tables.states[name] != nil || tables.explicit[name] != nil else { return nil }
            return Entry(
                name: name, level: tables.effectiveLevel(of: name), lastModified: tables.explicit[name]?.lastModified)
        }
    }

    func state(of name: String) -> LoggerState {
        let name = Self.canonical(name)
        return tables.withLock { tables in
            if let state = tables.states[name] { return state }
            let state = LoggerState(name: name, level: tables.effectiveLevel(of: name))
            tables.states[name] = state
            return state
        }
    }

    func write(_ level: LogLevel, _ logger: String, _ message: String, _ fields: [LogField]) {
        let event = LogEvent(
            wallMilliseconds: Self.wallMilliseconds, level: level, logger: logger,
            message: clean(message), fields: fields.map { LogField($0.key, clean($0.value)) })
        guard level == .warn || level == .error else { return send([event]) }
        send(repeats.withLock { $0?.admit(event, now: Self.monotonicNanoseconds) } ?? [event])
    }

    /// Writes how often warnings and errors were repeated, of those whose time has come. Nothing else does so once a flood
    /// has ended: to be called about once a second. Any thread.
    ///
    /// - Parameter atEnd: of all of them, since the process ends.
    public func writeRepeats(atEnd: Bool = false) {
        let now = Self.monotonicNanoseconds
        let wall = Self.wallMilliseconds
        send(repeats.withLock { atEnd ? $0?.drain(now: now, wall: wall) : $0?.due(now: now, wall: wall) } ?? [])
    }

    /// Waits until the sinks have written what they keep, each no longer than that time. Any thread.
    public func flush(milliseconds: Int32) {
        let sinks = tables.withLock { $0.sinks }
        for sink in sinks { sink.flush(milliseconds: milliseconds) }
    }

    private func send(_ events: [LogEvent]) {
        guard !events.isEmpty else { return }
        // The lock is not held while a sink writes: a slow descriptor must not stop level changes.
        let sinks = tables.withLock { $0.sinks }
        for event in events { for sink in sinks { sink.write(event) } }
    }

    static var wallMilliseconds: Int64 {
        let time = read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    static var monotonicNanoseconds: UInt64 {
        let time = read(CLOCK_MONOTONIC)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }

    /// Redaction comes before the cut, so that no cut leaves the first half of a secret.
    private func clean(_ text: String) -> String {
        let text = redactor.redact(text)
        let length = text.utf8.count
        guard length > Self.maximumTextLength else { return text }
        let cut = text.utf8.index(text.startIndex, offsetBy: Self.maximumTextLength)
        return String(decoding: text.utf8[..<cut], as: UTF8.self)
            + "… (\(length - Self.maximumTextLength) bytes left out)"
    }

    /// What a configuration says, by the names of this registry. The root's own level gives way to one that is set for a logger
    /// called root, in whatever case; of several spellings the last in order counts.
    public static func levels(_ root: LogLevel, _ levels: [String: LogLevel]) -> [String: LogLevel] {
        var named = [rootName: root]
        for (name, level) in levels.sorted(by: { $0.key < $1.key }) { named[canonical(name)] = level }
        return named
    }

    private static func canonical(_ name: String) -> String {
        name.lowercased() == rootName ? rootName : name
    }
}
