package import Settings

/// The tables of a worker's keys.
package enum WorkerKeys {
    /// Keys that Apache's worker does not have.
    static let native: [SettingKey] = [
        SettingKey(
            "native.log.level", .string, default: .text("INFO"),
            validator: .oneOfIgnoringCase(["OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL"]), .medium,
            """
            Level of the root logger at start. `PUT /admin/loggers/root` changes it while the worker runs. Single \
            loggers get theirs by `native.log.levels.LOGGER`, such as `native.log.levels.connect.herder: DEBUG`.
            """),
        SettingKey(
            "native.event.loops", .int, default: .text("1"), validator: .between(1, 64), .low,
            "Threads that do the network input and output of Kafka clients. One serves thousands of tasks."),
        SettingKey(
            "native.client.file.folders", .list, default: .text("/etc/kafka-connect"),
            validator: .list(emptyAllowed: true, nullAllowed: false, valid: []), .medium,
            """
            Folders in which a connector's client overrides may name files: key and trust stores, keytabs, keys of \
            tokens. Files elsewhere are refused for connectors, whatever the override policy; the worker's own \
            settings may name any file.
            """),
    ]

    /// What the override policy Allowlist reads.
    static let allowlist = SettingKey(
        "connector.client.config.override.allowlist", .list, default: .text(""), .medium,
        "Client keys that connectors may override where the policy is Allowlist.")

    /// Keys of a distributed worker.
    package static let distributed = SettingsTable(
        common + tls + rest + client + sasl + oauth + cluster + [allowlist] + native)

    /// Keys of a standalone worker.
    package static let standaloneWorker = SettingsTable(common + tls + rest + [allowlist] + standalone + native)

    /// Every key that some worker understands: one file may serve both kinds.
    static let known = SettingsTable(
        common + tls + rest + client + sasl + oauth + cluster + [allowlist] + standalone + native)
}
