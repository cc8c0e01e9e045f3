import ConnectConfig
import Logging

/// The levels that a worker's file sets.
struct LogLevels {
    let root: LogLevel
    let levels: [String: LogLevel]

    init(_ config: WorkerConfig) {
        root = LogLevel(name: config.logLevel) ?? .info
        levels = config.logLevels.compactMapValues { LogLevel(name: $0) }
    }

    /// Puts them into force, at the start.
    func configure() { LogSystem.configure(root: root, levels: levels) }

    /// Puts into force what differs from `before`.
    ///
    /// - Returns: the names of those loggers, with their new levels where they have one of their own.
    func reconfigure(before: LogLevels) -> [String] {
        LogSystem.reconfigure(root: root, levels: levels, before: (before.root, before.levels)).map { name in
            named[name].map { "\(name) (\($0.name))" } ?? "\(name) (inherited)"
        }
    }

    private var named: [String: LogLevel] { LogRegistry.levels(root, levels) }
}
