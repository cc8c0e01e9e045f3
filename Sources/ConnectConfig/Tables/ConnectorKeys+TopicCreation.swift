internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension ConnectorKeys {
    /// Keys of one topic creation group, without its prefix.
    static let topicCreation: [SettingKey] = [
        SettingKey(
            "include", .list, default: .text(".*"), validator: .all([.nonNull, .expressions]), .low,
            """
            A list of regular expression literals used to match the topic names used by the source connector. This \
            list is used to include topics that should be created using the topic settings defined by this group.
            """,
            group: "default", order: 1, width: .long, display: "Inclusion Topic Pattern for default"),
        SettingKey(
            "exclude", .list, default: .text(""), validator: .all([.nonNull, .expressions]), .low,
            """
            A list of regular expression literals used to match the topic names used by the source connector. This \
            list is used to exclude topics from being created with the topic settings defined by this group. Note \
            that exclusion rules have precedent and override any inclusion rules for the topics.
            """,
            group: "default", order: 2, width: .long, display: "Exclusion Topic Pattern for default"),
        SettingKey(
            "replication.factor", .short, default: .required, validator: .replicationFactor, .low,
            """
            The replication factor for new topics created for this connector using this group. This value may be \
            -1 to use the broker'sdefault replication factor, or may be a positive number not larger than the \
            number of brokers in the Kafka cluster. A value larger than the number of brokers in the Kafka cluster \
            will result in an error when the new topic is created. For the default group this configuration is \
            required. For any other group defined in topic.creation.groups this config is optional and if it's \
            missing it gets the value of the default group
            """,
            group: "default", order: 3, width: .long, display: "Replication Factor for Topics in default"),
        SettingKey(
            "partitions", .int, default: .required, validator: .partitions, .low,
            """
            The number of partitions new topics created for this connector. This value may be -1 to use the \
            broker's default number of partitions, or a positive number representing the desired number of \
            partitions. For the default group this configuration is required. For any other group defined in \
            topic.creation.groups this config is optional and if it's missing it gets the value of the default \
            group
            """,
            group: "default", order: 4, width: .long, display: "Partition Count for Topics in default"),
    ]
}
