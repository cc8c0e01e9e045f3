import PluginKit

/// Lines of a file, or of standard input, into a topic. One task, whatever `tasks.max` says.
///
/// Source: `org.apache.kafka.connect.file.FileStreamSourceConnector`.
final class FileStreamSourceConnector: SourceConnector {
    typealias Task = FileStreamSourceTask

    static var definition: ClassDefinition {
        ClassDefinition(
            name: "org.apache.kafka.connect.file.FileStreamSourceConnector",
            documentation: "Reads lines of a file, or of standard input, into a topic.",
            keys: [
                ConfigKey(
                    Keys.file, .string, default: .null, importance: .high,
                    documentation: "Source filename. If not specified, the standard input will be used"),
                ConfigKey(
                    Keys.topic, .string, default: .required, importance: .high,
                    documentation: "The topic to publish data to", validators: [.nonEmpty]),
                ConfigKey(
                    Keys.batchSize, .int, default: .text("2000"), importance: .low,
                    documentation: "The maximum number of records the source task can read from the file each time "
                        + "it is polled"),
                ConfigKey(
                    Keys.maximumLineBytes, .int, default: .text("1048576"), importance: .low,
                    documentation:
                        "The longest line that is accepted, in bytes without its line end. The task fails at "
                        + "a longer one, naming its position, and holds no more than this in memory",
                    validators: [.range(minimum: 1, maximum: Double(Keys.largestLine))]),
            ])
    }

    /// Names of keys and fields, as Apache's class spells them.
    enum Keys {
        static let file = "file"
        static let topic = "topic"
        static let batchSize = "batch.size"
        static let maximumLineBytes = "native.line.max.bytes"
        static let largestLine: Int64 = 1 << 29
        static let filename = "filename"
        static let position = "position"
    }

    private let context: HostContext
    private var configuration = Configuration()

    init(context: HostContext) { self.context = context }

    func start(_ configuration: Configuration) throws(PluginError) {
        self.configuration = configuration
        let name = configuration.text(Keys.file)
        context.log(.info, "Starting file source connector reading from \(name ?? "standard input")")
    }

    func taskConfigurations(maximum: Int) throws(PluginError) -> [Configuration] { [configuration] }

    func supportsExactlyOnce(_ configuration: Configuration) throws(PluginError) -> Bool? {
        configuration.text(Keys.file) != nil
    }

    func alterOffsets(_ configuration: Configuration, _ offsets: [SourceOffset]) throws(PluginError) -> Bool {
        guard configuration.text(Keys.file) != nil else {
            throw .fatal(
                "Offsets cannot be modified if the '\(Keys.file)' configuration is unspecified. This is because stdin is "
                    + "used for input and offsets are not tracked.")
        }
        for change in offsets {
            // A tombstone is allowed for anything, so that garbage can be cleaned up.
            if change.offset == .null { continue }
            try FileStreamSourceConnector.check(change)
        }
        return true
    }

    private static func check(_ change: SourceOffset) throws(PluginError) {
        guard let position = change.offset[Keys.position] else {
            throw .fatal("Offset objects should either be null or contain the key '\(Keys.position)'")
        }
        guard case .integer(let number) = position else {
            throw .fatal("The value for the '\(Keys.position)' key in the offset is expected to be a Long value")
        }
        guard number >= 0 else {
            throw .fatal("The value for the '\(Keys.position)' key in the offset should be a non-negative value")
        }
        if change.partition == .null { throw .fatal("Partition objects cannot be null") }
        guard change.partition[Keys.filename] != nil else {
            throw .fatal("Partition objects should contain the key '\(Keys.filename)'")
        }
    }
}
