import PluginKit

private let plugin = Plugin(
    name: "kafka-connect-heartbeat", version: "1.0", description: "A template of a connector in Swift",
    classes: [.source(HeartbeatSourceConnector.self)])

/// What `kafka_connect.h` asks of a plugin: its description.
@c(kafka_connect_entry) public func kafkaConnectEntry() -> UnsafeRawPointer? { plugin.descriptor }

/// A record every so often, its value the number of the beat. Rename it, then change what the task reads.
final class HeartbeatSourceConnector: SourceConnector {
    typealias Task = HeartbeatSourceTask

    static var definition: ClassDefinition {
        ClassDefinition(
            name: "org.example.HeartbeatSourceConnector", documentation: "A numbered record every so often.",
            keys: [
                ConfigKey(
                    "topic", .string, default: .required, importance: .high, documentation: "The topic to publish to",
                    validators: [.nonEmpty]),
                ConfigKey(
                    "interval.ms", .long, default: .text("1000"), importance: .medium,
                    documentation: "Time between beats",
                    validators: [.range(minimum: 1, maximum: nil)]),
            ])
    }

    private var configuration = Configuration()

    init(context: HostContext) {}

    func start(_ configuration: Configuration) throws(PluginError) { self.configuration = configuration }

    /// The work cannot be split: one task, whatever `tasks.max` says.
    func taskConfigurations(maximum: Int) throws(PluginError) -> [Configuration] { [configuration] }
}
