internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension ConnectorKeys {
    /// Keys of every connector.
    static let common: [SettingKey] = [
        SettingKey(
            "name", .string, default: .required, validator: .name, .high,
            "Globally unique name to use for this connector.",
            group: "Common", order: 1, width: .medium, display: "Connector name"),
        SettingKey(
            "connector.class", .string, default: .required, .high,
            """
            Name or alias of the class for this connector. Must be a subclass of \
            org.apache.kafka.connect.connector.Connector. If the connector is \
            org.apache.kafka.connect.file.FileStreamSinkConnector, you can either specify this full name,  or use \
            "FileStreamSink" or "FileStreamSinkConnector" to make the configuration a bit shorter
            """,
            group: "Common", order: 2, width: .long, display: "Connector class"),
        SettingKey(
            "connector.plugin.version", .string, default: .none, .medium,
            "Version of the connector.",
            group: "Common", order: 3, width: .medium, display: "Connector version"),
        SettingKey(
            "tasks.max", .int, default: .text("1"), validator: .range(.integer(1), .integer(10_000)), .high,
            "Maximum number of tasks to use for this connector.",
            group: "Common", order: 4, width: .short, display: "Tasks max"),
        SettingKey(
            "tasks.max.enforce", .boolean, default: .text("true"), .low,
            """
            (Deprecated) Whether to enforce that the tasks.max property is respected by the connector. By default, \
            connectors that generate too many tasks will fail, and existing sets of tasks that exceed the \
            tasks.max property will also be failed. If this property is set to false, then connectors will be \
            allowed to generate more than the maximum number of tasks, and existing sets of tasks that exceed the \
            tasks.max property will be allowed to run. This property is deprecated and will be removed in an \
            upcoming major release.
            """,
            group: "Common", order: 5, width: .short, display: "Enforce tasks max"),
        SettingKey(
            "key.converter", .class, default: .none, .low,
            """
            Converter class used to convert between Kafka Connect format and the serialized form that is written \
            to Kafka. This controls the format of the keys in messages written to or read from Kafka, and since \
            this is independent of connectors it allows any connector to work with any serialization format. \
            Examples of common formats include JSON and Avro.
            """,
            group: "Common", order: 6, width: .short, display: "Key converter class"),
        SettingKey(
            "key.converter.plugin.version", .string, default: .none, .low,
            "Version of the key converter.",
            group: "Common", order: 7, width: .short, display: "Key converter version"),
        SettingKey(
            "value.converter", .class, default: .none, .low,
            """
            Converter class used to convert between Kafka Connect format and the serialized form that is written \
            to Kafka. This controls the format of the values in messages written to or read from Kafka, and since \
            this is independent of connectors it allows any connector to work with any serialization format. \
            Examples of common formats include JSON and Avro.
            """,
            group: "Common", order: 8, width: .short, display: "Value converter class"),
        SettingKey(
            "value.converter.plugin.version", .string, default: .none, .low,
            "Version of the value converter.",
            group: "Common", order: 9, width: .short, display: "Value converter version"),
        SettingKey(
            "header.converter", .class, default: .none, .low,
            """
            HeaderConverter class used to convert between Kafka Connect format and the serialized form that is \
            written to Kafka. This controls the format of the header values in messages written to or read from \
            Kafka, and since this is independent of connectors it allows any connector to work with any \
            serialization format. Examples of common formats include JSON and Avro. By default, the \
            SimpleHeaderConverter is used to serialize header values to strings and deserialize them by inferring \
            the schemas.
            """,
            group: "Common", order: 10, width: .short, display: "Header converter class"),
        SettingKey(
            "header.converter.plugin.version", .string, default: .none, .low,
            "Version of the header converter.",
            group: "Common", order: 11, width: .short, display: "Header converter version"),
        SettingKey(
            "transforms", .list, default: .text(""),
            validator: .all([.nonNull, .uniqueElements(message: "Duplicate alias provided.")]), .low,
            "Aliases for the transformations to be applied to records.",
            group: "Transforms", order: 12, width: .long, display: "Transforms"),
        SettingKey(
            "predicates", .list, default: .text(""),
            validator: .all([.nonNull, .uniqueElements(message: "Duplicate alias provided.")]), .low,
            "Aliases for the predicates used by transformations.",
            group: "Predicates", order: 13, width: .long, display: "Predicates"),
        SettingKey(
            "config.action.reload", .string, default: .text("restart"), validator: .oneOf(["none", "restart"]), .low,
            """
            The action that Connect should take on the connector when changes in external configuration providers \
            result in a change in the connector's configuration properties. A value of 'none' indicates that \
            Connect will do nothing. A value of 'restart' indicates that Connect should restart/reload the \
            connector with the updated configuration properties.The restart may actually be scheduled in the \
            future if the external configuration provider indicates that a configuration value will expire in the \
            future.
            """,
            group: "Common", order: 14, width: .medium, display: "Reload Action"),
        SettingKey(
            "errors.retry.timeout", .long, default: .text("0"), .medium,
            """
            The maximum duration in milliseconds that a failed operation will be reattempted. The default is 0, \
            which means no retries will be attempted. Use -1 for infinite retries.
            """,
            group: "Error Handling", order: 1, width: .medium, display: "Retry Timeout for Errors"),
        SettingKey(
            "errors.retry.delay.max.ms", .long, default: .text("60000"), .medium,
            """
            The maximum duration in milliseconds between consecutive retry attempts. Jitter will be added to the \
            delay once this limit is reached to prevent thundering herd issues.
            """,
            group: "Error Handling", order: 2, width: .medium, display: "Maximum Delay Between Retries for Errors"),
        SettingKey(
            "errors.tolerance", .string, default: .text("none"), validator: .oneOf(["none", "all"]), .medium,
            """
            Behavior for tolerating errors during connector operation. 'none' is the default value and signals \
            that any error will result in an immediate connector task failure; 'all' changes the behavior to skip \
            over problematic records.
            """,
            group: "Error Handling", order: 3, width: .short, display: "Error Tolerance"),
        SettingKey(
            "errors.log.enable", .boolean, default: .text("false"), .medium,
            """
            If true, write each error and the details of the failed operation and problematic record to the \
            Connect application log. This is 'false' by default, so that only errors that are not tolerated are \
            reported.
            """,
            group: "Error Handling", order: 4, width: .short, display: "Log Errors"),
        SettingKey(
            "errors.log.include.messages", .boolean, default: .text("false"), .medium,
            """
            Whether to include in the log the Connect record that resulted in a failure. For sink records, the \
            topic, partition, offset, and timestamp will be logged. For source records, the key and value (and \
            their schemas), all headers, and the timestamp, Kafka topic, Kafka partition, source partition, and \
            source offset will be logged. This is 'false' by default, which will prevent record keys, values, and \
            headers from being written to log files.
            """,
            group: "Error Handling", order: 5, width: .short, display: "Log Error Details"),
    ]
}
