internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension ConnectorKeys {
    /// Keys of sink connectors besides.
    static let sink: [SettingKey] = [
        SettingKey(
            "topics", .list, default: .text(""), validator: .list(emptyAllowed: true, nullAllowed: false, valid: []),
            .high,
            "List of topics to consume, separated by commas",
            group: "Common", order: 4, width: .long, display: "Topics"),
        SettingKey(
            "topics.regex", .string, default: .text(""), validator: .regularExpression, .high,
            """
            Regular expression giving topics to consume. Under the hood, the regex is compiled to a \
            <code>java.util.regex.Pattern</code>. Only one of topics or topics.regex should be specified.
            """,
            group: "Common", order: 4, width: .long, display: "Topics regex"),
        SettingKey(
            "errors.deadletterqueue.topic.name", .string, default: .text(""), .medium,
            """
            The name of the topic to be used as the dead letter queue (DLQ) for messages that result in an error \
            when processed by this sink connector, or its transformations or converters. The topic name is blank \
            by default, which means that no messages are to be recorded in the DLQ.
            """,
            group: "Error Handling", order: 6, width: .medium, display: "Dead Letter Queue Topic Name"),
        SettingKey(
            "errors.deadletterqueue.topic.replication.factor", .short, default: .text("3"), .medium,
            """
            Replication factor used to create the dead letter queue topic when it doesn't already exist.
            """,
            group: "Error Handling", order: 7, width: .medium, display: "Dead Letter Queue Topic Replication Factor"),
        SettingKey(
            "errors.deadletterqueue.context.headers.enable", .boolean, default: .text("false"), .medium,
            """
            If true, add headers containing error context to the messages written to the dead letter queue. To \
            avoid clashing with headers from the original record, all error context header keys, all error context \
            header keys will start with <code>__connect.errors.</code>
            """,
            group: "Error Handling", order: 8, width: .medium, display: "Enable Error Context Headers"),
    ]
}
