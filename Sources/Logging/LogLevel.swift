/// The severity of a log event and, for a logger, the least severity that is written.
///
/// The names are those that Kafka Connect's REST API and `native.log.level` use. `off` and `all` are thresholds only:
/// no event carries them.
public enum LogLevel: UInt8, Sendable, Comparable, CaseIterable {
    case all, trace, debug, info, warn, error, fatal, off

    /// The level called `name`, whatever its case; nil where Kafka knows no such level.
    public init?(name: some StringProtocol) {
        let wanted = name.uppercased()
        guard let level = Self.allCases.first(where: { $0.name == wanted }) else { return nil }
        self = level
    }

    /// The name as REST and configuration files spell it.
    public var name: String {
        switch self {
        case .all: "ALL"
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO"
        case .warn: "WARN"
        case .error: "ERROR"
        case .fatal: "FATAL"
        case .off: "OFF"
        }
    }

    /// The syslog priority (0 to 7) under which the journal files events of this level.
    public var syslogPriority: Int {
        switch self {
        case .fatal, .off: 2
        case .error: 3
        case .warn: 4
        case .info: 6
        case .debug, .trace, .all: 7
        }
    }

    /// Ordered from what is least to what is most severe.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
