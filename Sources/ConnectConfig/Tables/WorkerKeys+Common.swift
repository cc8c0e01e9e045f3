internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension WorkerKeys {
    /// What every worker needs: Kafka, converters, offsets, plugins, metrics.
    static let common: [SettingKey] = [
        SettingKey(
            "bootstrap.servers", .list, default: .required,
            validator: .list(emptyAllowed: false, nullAllowed: false, valid: []), .high,
            """
            A list of host/port pairs used to establish the initial connection to the Kafka cluster. Clients use \
            this list to bootstrap and discover the full set of Kafka brokers. While the order of servers in the \
            list does not matter, we recommend including more than one server to ensure resilience if any servers \
            are down. This list does not need to contain the entire set of brokers, as Kafka clients automatically \
            manage and update connections to the cluster efficiently. This list must be in the form \
            <code>host1:port1,host2:port2,...</code>.
            """),
        SettingKey(
            "client.dns.lookup", .string, default: .text("use_all_dns_ips"),
            validator: .oneOf(["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]), .medium,
            """
            Controls how the client uses DNS lookups. If set to <code>use_all_dns_ips</code>, connect to each \
            returned IP address in sequence until a successful connection is established. After a disconnection, \
            the next IP is used. Once all IPs have been used once, the client resolves the IP(s) from the hostname \
            again (both the JVM and the OS cache DNS name lookups, however). If set to \
            <code>resolve_canonical_bootstrap_servers_only</code>, resolve each bootstrap address into a list of \
            canonical names. After the bootstrap phase, this behaves the same as <code>use_all_dns_ips</code>.
            """),
        SettingKey(
            "key.converter", .class, default: .required, .high,
            """
            Converter class used to convert between Kafka Connect format and the serialized form that is written \
            to Kafka. This controls the format of the keys in messages written to or read from Kafka, and since \
            this is independent of connectors it allows any connector to work with any serialization format. \
            Examples of common formats include JSON and Avro.
            """),
        SettingKey(
            "key.converter.plugin.version", .string, default: .none, .low,
            "Version of the key converter."),
        SettingKey(
            "value.converter", .class, default: .required, .high,
            """
            Converter class used to convert between Kafka Connect format and the serialized form that is written \
            to Kafka. This controls the format of the values in messages written to or read from Kafka, and since \
            this is independent of connectors it allows any connector to work with any serialization format. \
            Examples of common formats include JSON and Avro.
            """),
        SettingKey(
            "value.converter.plugin.version", .string, default: .none, .low,
            "Version of the value converter."),
        SettingKey(
            "task.shutdown.graceful.timeout.ms", .long, default: .text("5000"), .low,
            """
            Amount of time to wait for tasks to shutdown gracefully. This is the total amount of time, not per \
            task. All task have shutdown triggered, then they are waited on sequentially.
            """),
        SettingKey(
            "offset.flush.interval.ms", .long, default: .text("60000"), .low,
            "Interval at which to try committing offsets for tasks."),
        SettingKey(
            "offset.flush.timeout.ms", .long, default: .text("5000"), .low,
            """
            Maximum number of milliseconds to wait for records to flush and partition offset data to be committed \
            to offset storage before cancelling the process and restoring the offset data to be committed in a \
            future attempt. This property has no effect for source connectors running with exactly-once support.
            """),
        SettingKey(
            "plugin.path", .list, default: .none, validator: .list(emptyAllowed: false, nullAllowed: true, valid: []),
            .low,
            """
            List of paths separated by commas (,) that contain plugins (connectors, converters, transformations). \
            The list should consist of top level directories that include any combination of: \
            a) directories immediately containing jars with plugins and their dependencies \
            b) uber-jars with plugins and their dependencies \
            c) directories immediately containing the package directory structure of classes of plugins and their \
            dependencies \
            Note: symlinks will be followed to discover dependencies or plugins. \
            Examples: plugin.path=/usr/local/share/java,/usr/local/share/kafka/plugins,/opt/connectors \
            Do not use config provider variables in this property, since the raw path is used by the worker's \
            scanner before config providers are initialized and used to replace variables.
            """),
        SettingKey(
            "plugin.discovery", .string, default: .text("hybrid_warn"),
            validator: .oneOfIgnoringCase(["ONLY_SCAN", "SERVICE_LOAD", "HYBRID_WARN", "HYBRID_FAIL"]), .low,
            """
            Method to use to discover plugins present in the classpath and plugin.path configuration. This can be \
            one of multiple values with the following meanings: \
            * only_scan: Discover plugins only by reflection. Plugins which are not discoverable by ServiceLoader \
            will not impact worker startup. \
            * hybrid_warn: Discover plugins reflectively and by ServiceLoader. Plugins which are not discoverable \
            by ServiceLoader will print warnings during worker startup. \
            * hybrid_fail: Discover plugins reflectively and by ServiceLoader. Plugins which are not discoverable \
            by ServiceLoader will cause worker startup to fail. \
            * service_load: Discover plugins only by ServiceLoader. Faster startup than other modes. Plugins which \
            are not discoverable by ServiceLoader may not be usable.
            """),
        SettingKey(
            "metrics.sample.window.ms", .long, default: .text("30000"), validator: .atLeast(0), .low,
            "The window of time a metrics sample is computed over."),
        SettingKey(
            "metrics.num.samples", .int, default: .text("2"), validator: .atLeast(1), .low,
            "The number of samples maintained to compute metrics."),
        SettingKey(
            "metrics.recording.level", .string, default: .text("INFO"), validator: .oneOf(["INFO", "DEBUG"]), .low,
            """
            The highest recording level for metrics. It has three levels for recording metrics - info, debug, and \
            trace. \
            INFO level records only essential metrics necessary for monitoring system performance and health. It \
            collects vital data without gathering too much detail, making it suitable for production environments \
            where minimal overhead is desired. \
            DEBUG level records most metrics, providing more detailed information about the system's operation. \
            It's useful for development and testing environments where you need deeper insights to debug and \
            fine-tune the application. \
            TRACE level records all possible metrics, capturing every detail about the system's performance and \
            operation. It's best for controlled environments where in-depth analysis is required, though it can \
            introduce significant overhead.
            """),
        SettingKey(
            "metric.reporters", .list, default: .text("org.apache.kafka.common.metrics.JmxReporter"),
            validator: .list(emptyAllowed: true, nullAllowed: false, valid: []), .low,
            """
            A list of classes to use as metrics reporters. Implementing the \
            <code>org.apache.kafka.common.metrics.MetricsReporter</code> interface allows plugging in classes that \
            will be notified of new metric creation. When custom reporters are set and \
            <code>org.apache.kafka.common.metrics.JmxReporter</code> is needed, it has to be explicitly added to \
            the list.
            """),
        SettingKey(
            "header.converter", .class, default: .text("org.apache.kafka.connect.storage.SimpleHeaderConverter"), .low,
            """
            HeaderConverter class used to convert between Kafka Connect format and the serialized form that is \
            written to Kafka. This controls the format of the header values in messages written to or read from \
            Kafka, and since this is independent of connectors it allows any connector to work with any \
            serialization format. Examples of common formats include JSON and Avro. By default, the \
            SimpleHeaderConverter is used to serialize header values to strings and deserialize them by inferring \
            the schemas.
            """),
        SettingKey(
            "header.converter.plugin.version", .string, default: .none, .low,
            "Version of the header converter."),
        SettingKey(
            "config.providers", .list, default: .text(""),
            validator: .list(emptyAllowed: true, nullAllowed: false, valid: []), .low,
            """
            Comma-separated alias names for classes implementing the <code>ConfigProvider</code> interface. This \
            enables loading configuration data (such as passwords, API keys, and other credentials) from external \
            sources. For example, see <a \
            href="https://kafka.apache.org/documentation/#config_providers">Configuration Providers</a>.
            """),
        SettingKey(
            "connector.client.config.override.policy", .string, default: .text("All"), .medium,
            """
            Class name or alias of implementation of <code>ConnectorClientConfigOverridePolicy</code>. Defines \
            what client configurations can be overridden by the connector. The default policy is <code>All</code>, \
            meaning connector configurations can override all client properties. The other possible policies in \
            the framework include <code>Allowlist</code> to specify allowed configurations via \
            <code>connector.client.config.override.allowlist</code>, <code>None</code> to disallow connectors from \
            overriding client properties, and <code>Principal</code> (now deprecated) to allow connectors to \
            override only client principals.
            """),
        SettingKey(
            "topic.creation.enable", .boolean, default: .text("true"), .low,
            """
            Whether to allow automatic creation of topics used by source connectors, when source connectors are \
            configured with <code>topic.creation.</code> properties. Each task will use an admin client to create \
            its topics and will not depend on the Kafka brokers to create topics automatically.
            """),
    ]
}
