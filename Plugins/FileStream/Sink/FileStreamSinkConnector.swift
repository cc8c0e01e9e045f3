import PluginKit

/// Records of topics as lines of a file, or on standard output. Every task appends to the same file.
///
/// Source: `org.apache.kafka.connect.file.FileStreamSinkConnector`.
final class FileStreamSinkConnector: SinkConnector {
    typealias Task = FileStreamSinkTask

    static let fileKey = "file"

    static var definition: ClassDefinition {
        ClassDefinition(
            name: "org.apache.kafka.connect.file.FileStreamSinkConnector",
            documentation: "Writes the values of records as lines to a file, or to standard output.",
            keys: [
                ConfigKey(
                    fileKey, .string, default: .null, importance: .high,
                    documentation: "Destination filename. If not specified, the standard output will be used")
            ])
    }

    private let context: HostContext
    private var configuration = Configuration()

    init(context: HostContext) { self.context = context }

    func start(_ configuration: Configuration) throws(PluginError) {
        self.configuration = configuration
        let name = configuration.text(FileStreamSinkConnector.fileKey)
        context.log(.info, "Starting file sink connector writing to \(name ?? "standard output")")
    }

    func taskConfigurations(maximum: Int) throws(PluginError) -> [Configuration] {
        Array(repeating: configuration, count: max(maximum, 0))
    }

    /// The offsets are those of the group alone, so every change is right.
    func alterOffsets(_ configuration: Configuration, _ offsets: [TopicOffset]) throws(PluginError) -> Bool { true }
}
