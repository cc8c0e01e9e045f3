internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension WorkerKeys {
    /// The cluster of workers: its group, its topics, its internal requests.
    static let cluster: [SettingKey] = [
        SettingKey(
            "group.id", .string, default: .required, .high,
            """
            A unique string that identifies the Connect cluster group this worker belongs to.
            """),
        SettingKey(
            "session.timeout.ms", .int, default: .text("10000"), .high,
            """
            The timeout used to detect worker failures. The worker sends periodic heartbeats to indicate its \
            liveness to the broker. If no heartbeats are received by the broker before the expiration of this \
            session timeout, then the broker will remove the worker from the group and initiate a rebalance. Note \
            that the value must be in the allowable range as configured in the broker configuration by \
            <code>group.min.session.timeout.ms</code> and <code>group.max.session.timeout.ms</code>.
            """),
        SettingKey(
            "rebalance.timeout.ms", .int, default: .text("60000"), .high,
            """
            The maximum allowed time for each worker to join the group once a rebalance has begun. This is \
            basically a limit on the amount of time needed for all tasks to flush any pending data and commit \
            offsets. If the timeout is exceeded, then the worker will be removed from the group, which will cause \
            offset commit failures.
            """),
        SettingKey(
            "heartbeat.interval.ms", .int, default: .text("3000"), .high,
            """
            The expected time between heartbeats to the group coordinator when using Kafka's group management \
            facilities. Heartbeats are used to ensure that the worker's session stays active and to facilitate \
            rebalancing when new members join or leave the group. The value must be set lower than \
            <code>session.timeout.ms</code>, but typically should be set no higher than 1/3 of that value. It can \
            be adjusted even lower to control the expected time for normal rebalances.
            """),
        SettingKey(
            "exactly.once.source.support", .string, default: .text("disabled"),
            validator: .oneOfIgnoringCase(["DISABLED", "ENABLED", "PREPARING"]), .high,
            """
            Whether to enable exactly-once support for source connectors in the cluster by using transactions to \
            write source records and their source offsets, and by proactively fencing out old task generations \
            before bringing up new ones. \
            To enable exactly-once source support on a new cluster, set this property to 'enabled'. To enable \
            support on an existing cluster, first set to 'preparing' on every worker in the cluster, then set to \
            'enabled'. A rolling upgrade may be used for both changes. For more information on this feature, see \
            the <a href="https://kafka.apache.org/documentation.html#connect_exactlyoncesource">exactly-once \
            source support documentation</a>.
            """),
        SettingKey(
            "worker.sync.timeout.ms", .int, default: .text("3000"), .medium,
            """
            When the worker is out of sync with other workers and needs to resynchronize configurations, wait up \
            to this amount of time before giving up, leaving the group, and waiting a backoff period before \
            rejoining.
            """),
        SettingKey(
            "worker.unsync.backoff.ms", .int, default: .text("300000"), .medium,
            """
            When the worker is out of sync with other workers and  fails to catch up within the \
            <code>worker.sync.timeout.ms</code>, leave the Connect cluster for this long before rejoining.
            """),
        SettingKey(
            "offset.storage.topic", .string, default: .required, .high,
            "The name of the Kafka topic where source connector offsets are stored"),
        SettingKey(
            "offset.storage.partitions", .int, default: .text("25"), validator: .partitions, .low,
            "The number of partitions used when creating the offset storage topic"),
        SettingKey(
            "offset.storage.replication.factor", .short, default: .text("3"), validator: .replicationFactor, .low,
            "Replication factor used when creating the offset storage topic"),
        SettingKey(
            "config.storage.topic", .string, default: .required, .high,
            "The name of the Kafka topic where connector configurations are stored"),
        SettingKey(
            "config.storage.replication.factor", .short, default: .text("3"), validator: .replicationFactor, .low,
            "Replication factor used when creating the configuration storage topic"),
        SettingKey(
            "status.storage.topic", .string, default: .required, .high,
            "The name of the Kafka topic where connector and task status are stored"),
        SettingKey(
            "status.storage.partitions", .int, default: .text("5"), validator: .partitions, .low,
            "The number of partitions used when creating the status storage topic"),
        SettingKey(
            "status.storage.replication.factor", .short, default: .text("3"), validator: .replicationFactor, .low,
            "Replication factor used when creating the status storage topic"),
        SettingKey(
            "connect.protocol", .string, default: .text("sessioned"), validator: .protocolMode, .low,
            "Compatibility mode for Kafka Connect Protocol"),
        SettingKey(
            "scheduled.rebalance.max.delay.ms", .int, default: .text("10000"), validator: .between(0, 2147483647),
            .low,
            """
            The maximum delay that is scheduled in order to wait for the return of one or more departed workers \
            before rebalancing and reassigning their connectors and tasks to the group. During this period the \
            connectors and tasks of the departed workers remain unassigned
            """),
        SettingKey(
            "inter.worker.key.ttl.ms", .int, default: .text("3600000"), validator: .between(0, 2147483647), .low,
            """
            The TTL of generated session keys used for internal request validation (in milliseconds)
            """),
        SettingKey(
            "inter.worker.key.generation.algorithm", .string, default: .text("HmacSHA256"), validator: .algorithm,
            .low,
            """
            The algorithm to use for generating internal request keys. The algorithm 'HmacSHA256' will be used as \
            a default on JVMs that support it; on other JVMs, no default is used and a value for this property \
            must be manually specified in the worker config.
            """),
        SettingKey(
            "inter.worker.key.size", .int, default: .none, .low,
            """
            The size of the key to use for signing internal requests, in bits. If null, the default key size for \
            the key generation algorithm will be used.
            """),
        SettingKey(
            "inter.worker.signature.algorithm", .string, default: .text("HmacSHA256"), validator: .algorithm, .low,
            """
            The algorithm used to sign internal requests. The algorithm 'HmacSHA256' will be used as a default on \
            JVMs that support it; on other JVMs, no default is used and a value for this property must be manually \
            specified in the worker config.
            """),
        SettingKey(
            "inter.worker.verification.algorithms", .list, default: .text("HmacSHA256"), validator: .algorithms, .low,
            """
            A list of permitted algorithms for verifying internal requests, which must include the algorithm used \
            for the <code>inter.worker.signature.algorithm</code> property. The algorithm(s) '[HmacSHA256]' will \
            be used as a default on JVMs that provide them; on other JVMs, no default is used and a value for this \
            property must be manually specified in the worker config.
            """),
    ]
}
