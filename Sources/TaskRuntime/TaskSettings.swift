public import ConnectModel
import RecordPipeline

/// What the worker's configuration says to all tasks.
public struct TaskRuntimeSettings: Sendable {
    /// `offset.flush.interval.ms` in nanoseconds.
    public var offsetFlushInterval: UInt64 = 60_000_000_000
    /// `offset.flush.timeout.ms` in nanoseconds.
    public var offsetFlushTimeout: UInt64 = 5_000_000_000
    /// The worker's own configuration, for the converters of connectors that name none.
    public var workerConfig = ConfigMap()

    /// Apache's defaults.
    public init() {}
}

/// What a connector's configuration says to its tasks.
struct TaskSettings: Sendable {
    struct Converter: Sendable {
        let className: String
        let options: ConfigMap
    }

    /// Records that go through the pipeline at once: enough to make the calls around them cheap, few enough for the
    /// processor's cache.
    static let chunkLength = 2048

    let key: Converter
    let value: Converter
    let header: Converter
    let tolerance: ErrorTolerance
    let logsErrors: Bool
    /// Whether such a line tells what the record holds.
    let logsMessages: Bool
    let retryTimeout: UInt64?
    let maximumRetryDelay: UInt64

    /// - Throws: `config.…` for a key that no default covers or whose text is wrong; the message names it.
    init(connector: ConfigMap, worker: ConfigMap) throws(ConnectError) {
        key = try Self.converter("key.converter", connector, worker, default: nil)
        value = try Self.converter("value.converter", connector, worker, default: nil)
        header = try Self.converter(
            "header.converter", connector, worker, default: ConverterFactory.simpleHeaderConverter)
        switch (connector["errors.tolerance"] ?? "none").lowercased() {
        case "none": tolerance = .none
        case "all": tolerance = .all
        case let other:
            throw ConnectError(
                .configInvalid,
                "Invalid value \(other) for configuration errors.tolerance: String must be one of (case insensitive): NONE, ALL"
            )
        }
        logsErrors = connector["errors.log.enable"]?.lowercased() == "true"
        logsMessages = connector["errors.log.include.messages"]?.lowercased() == "true"
        let timeout = try Self.milliseconds("errors.retry.timeout", connector, default: 0)
        retryTimeout = timeout < 0 ? nil : UInt64(milliseconds: timeout)
        let delay = try Self.milliseconds("errors.retry.delay.max.ms", connector, default: 60_000)
        maximumRetryDelay = UInt64(milliseconds: delay)
        // What cannot be made is known before the task is launched.
        _ = try makeConverter(key)
        _ = try makeConverter(value)
        _ = try makeHeaderConverter()
    }

    func makeSourcePipeline() throws(ConnectError) -> SourcePipeline {
        SourcePipeline(
            key: try makeConverter(key), value: try makeConverter(value), header: try makeHeaderConverter(),
            tolerance: tolerance, capacity: Self.chunkLength)
    }

    func makeSinkPipeline() throws(ConnectError) -> SinkPipeline {
        SinkPipeline(
            key: try makeConverter(key), value: try makeConverter(value), header: try makeHeaderConverter(),
            tolerance: tolerance, capacity: Self.chunkLength)
    }

    private func makeConverter(_ converter: Converter) throws(ConnectError) -> any ColumnConverter {
        try ConverterFactory.makeConverter(converter.className, options: converter.options)
    }

    private func makeHeaderConverter() throws(ConnectError) -> any HeaderConverter {
        try ConverterFactory.makeHeaderConverter(header.className, options: header.options)
    }

    /// A converter that the connector names takes its options from the connector alone, the worker's from the worker.
    private static func converter(
        _ name: String, _ connector: ConfigMap, _ worker: ConfigMap, default standard: String?
    ) throws(ConnectError) -> Converter {
        if let className = connector[name] {
            return Converter(className: className, options: connector.removingPrefix(name + "."))
        }
        if let className = worker[name] ?? standard {
            return Converter(className: className, options: worker.removingPrefix(name + "."))
        }
        throw ConnectError(
            .configMissingKey, "Missing required configuration \"\(name)\": neither connector nor worker names one")
    }

    private static func milliseconds(
        _ name: String, _ config: ConfigMap, default standard: Int64
    ) throws(ConnectError) -> Int64 {
        guard let text = config[name] else { return standard }
        guard let number = Int64(text) else {
            throw ConnectError(
                .configInvalid, "Invalid value \(text) for configuration \(name): Not a number of type LONG")
        }
        return number
    }
}
