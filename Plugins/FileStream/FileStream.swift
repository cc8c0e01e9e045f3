import PluginKit

private let plugin = Plugin(
    name: "kafka-connect-file", version: "4.3.1+native.0.1.0",
    description: "Lines of a file or of standard input into a topic, and a topic's records into lines of a file",
    classes: [.source(FileStreamSourceConnector.self), .sink(FileStreamSinkConnector.self)])

/// What `kafka_connect.h` asks of a plugin: its description.
@c(kafka_connect_entry) public func kafkaConnectEntry() -> UnsafeRawPointer? { plugin.descriptor }
