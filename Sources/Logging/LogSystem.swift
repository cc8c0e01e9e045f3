/// The log system of the process: ``LogRegistry/shared`` under one short name.
public enum LogSystem {
    /// The redactor of every log text, status text and REST body.
    public static var redactor: Redactor { LogRegistry.shared.redactor }

    /// See ``LogRegistry/setSinks(_:)``.
    public static func setSinks(_ sinks: [any LogSink]) { LogRegistry.shared.setSinks(sinks) }

    /// See ``LogRegistry/configure(root:levels:)``.
    public static func configure(root: LogLevel, levels: [String: LogLevel] = [:]) {
        LogRegistry.shared.configure(root: root, levels: levels)
    }

    /// See ``LogRegistry/reconfigure(root:levels:before:)``.
    @discardableResult
    public static func reconfigure(
        root: LogLevel, levels: [String: LogLevel], before: (root: LogLevel, levels: [String: LogLevel])
    ) -> [String] {
        LogRegistry.shared.reconfigure(root: root, levels: levels, before: before)
    }

    /// See ``LogRegistry/writeRepeats(atEnd:)``.
    public static func writeRepeats(atEnd: Bool = false) { LogRegistry.shared.writeRepeats(atEnd: atEnd) }

    /// See ``LogRegistry/flush(milliseconds:)``.
    public static func flush(milliseconds: Int32) { LogRegistry.shared.flush(milliseconds: milliseconds) }

    /// See ``LogRegistry/setLevel(_:for:at:)``.
    @discardableResult
    public static func setLevel(_ level: LogLevel, for name: String, at now: Int64) -> [String] {
        LogRegistry.shared.setLevel(level, for: name, at: now)
    }

    /// See ``LogRegistry/changeLevel(to:for:at:)``.
    public static func changeLevel(to level: LogLevel, for name: String, at now: Int64) -> LogRegistry.LevelChange? {
        LogRegistry.shared.changeLevel(to: level, for: name, at: now)
    }

    /// See ``LogRegistry/takes(_:)``.
    public static func takes(_ name: String) -> Bool { LogRegistry.shared.takes(name) }

    /// See ``LogRegistry/loggers()``.
    public static func loggers() -> [LogRegistry.Entry] { LogRegistry.shared.loggers() }

    /// See ``LogRegistry/level(of:)``.
    public static func level(of name: String) -> LogRegistry.Entry? { LogRegistry.shared.level(of: name) }
}
