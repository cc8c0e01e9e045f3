/// What a sink receives: one event, its texts already redacted and bounded in length.
public struct LogEvent: Sendable, Equatable {
    /// Milliseconds since 1970, UTC.
    public let wallMilliseconds: Int64
    /// Never `all` or `off`.
    public let level: LogLevel
    /// Dotted name of the logger.
    public let logger: String
    /// May hold line breaks and control characters; a sink that writes lines escapes them.
    public let message: String
    /// In the order in which the caller gave them.
    public let fields: [LogField]

    /// An event as a sink would receive it.
    public init(wallMilliseconds: Int64, level: LogLevel, logger: String, message: String, fields: [LogField]) {
        self.wallMilliseconds = wallMilliseconds
        self.level = level
        self.logger = logger
        self.message = message
        self.fields = fields
    }

    /// The value of the first field called `key`.
    public func value(of key: String) -> String? {
        fields.first { $0.key == key }?.value
    }
}
