internal import Settings

/// Writes the reference of all keys from their tables, so that it cannot say anything else than the worker does.
package enum ReferencePage {
    /// `docs/configuration.md`.
    package static func render() -> String {
        var page = """
            # Configuration reference

            Written by `kafka-connect` from its own tables of keys. Names, defaults and descriptions are Apache Kafka
            Connect's, except where a key starts with `native.` or [ARCHITECTURE.md](ARCHITECTURE.md) says otherwise.

            A worker reads one file, YAML or Java `.properties` by its name ending. Nested maps and dotted keys mean the same,
            lists become comma lists, a scalar is its text as written, and `~`, `null` or nothing mean the default. Every
            problem of a file is reported at once with file, line and column. Connector files are YAML, `.properties`, flat
            JSON or `{name, config, initial_state}`.

            Values may refer to config providers, as in `${file:/etc/kafka-connect/secrets.properties:password}`. With
            `config.providers: credential`, `${credential:NAME}` is what systemd passed as the credential NAME.

            """
        for section in sections { page += render(section) }
        page += families
        return page
    }

    private struct Section {
        let title: String
        let text: String
        let keys: [SettingKey]
    }

    private static let sections: [Section] = [
        Section(title: "Worker", text: "Every worker.", keys: WorkerKeys.common + [WorkerKeys.allowlist]),
        Section(title: "Standalone worker", text: "Besides.", keys: WorkerKeys.standalone),
        Section(
            title: "Cluster of workers", text: "Distributed workers, which have a `group.id`.", keys: WorkerKeys.cluster
        ),
        Section(title: "REST server", text: "Every worker.", keys: WorkerKeys.rest),
        Section(
            title: "Connections to Kafka",
            text:
                "Of the worker's own clients. Clients of connectors take theirs from `producer.`, `consumer.` and `admin.`.",
            keys: WorkerKeys.client),
        Section(title: "TLS", text: "Of the REST server and of connections to Kafka.", keys: WorkerKeys.tls),
        Section(title: "SASL", text: "Of connections to Kafka.", keys: WorkerKeys.sasl),
        Section(
            title: "OAuth", text: "Of connections to Kafka with SASL mechanism OAUTHBEARER.", keys: WorkerKeys.oauth),
        Section(title: "Keys of this worker alone", text: "Apache's worker ignores them.", keys: WorkerKeys.native),
        Section(
            title: "Connectors", text: "Every connector; its own keys stand beside these.", keys: ConnectorKeys.common),
        Section(title: "Source connectors", text: "Besides.", keys: ConnectorKeys.source),
        Section(
            title: "Topic creation groups", text: "Of source connectors, behind `topic.creation.GROUP.`.",
            keys: ConnectorKeys.topicCreation),
        Section(title: "Sink connectors", text: "Besides.", keys: ConnectorKeys.sink),
    ]

    private static let families = """

        ## Families of keys

        | keys | meaning |
        |---|---|
        | `key.converter.*`, `value.converter.*`, `header.converter.*` | options of the converter that stands beside them |
        | `producer.*`, `consumer.*`, `admin.*` (worker) | settings of connectors' Kafka clients |
        | `producer.override.*`, `consumer.override.*`, `admin.override.*` (connector) | the same for one connector, as far as `connector.client.config.override.policy` allows |
        | `config.storage.*`, `offset.storage.*`, `status.storage.*` | settings of the internal topics when they are created |
        | `config.providers.NAME.class`, `config.providers.NAME.param.*` | a config provider: `FileConfigProvider`, `DirectoryConfigProvider`, `EnvVarConfigProvider` or `CredentialConfigProvider`; the last needs no class where NAME is `credential` |
        | `transforms.ALIAS.*`, `predicates.ALIAS.*` (connector) | `type`, `predicate`, `negate` and the options of the class |
        | `listeners.https.*`, `admin.listeners.https.*` | TLS keys of those listeners alone; if one is given, the others do not apply |
        | `metrics.context.*` | labels of metrics |
        | `native.log.levels.LOGGER` | level of one logger at start |

        """

    private static func render(_ section: Section) -> String {
        var text = "\n## \(section.title)\n\n\(section.text)\n"
        for key in section.keys where !key.isInternal { text += render(key) }
        return text
    }

    private static func render(_ key: SettingKey) -> String {
        var facts = [key.type.rawValue.lowercased(), "importance " + key.importance.rawValue.lowercased()]
        switch key.defaultValue {
        case .required: facts.insert("required", at: 1)
        case .none: facts.insert("no default", at: 1)
        case .text(""): facts.insert("default empty", at: 1)
        case .text(let text): facts.insert("default `\(text)`", at: 1)
        }
        if let valid = key.validator?.description, !valid.isEmpty { facts.append("valid: \(valid)") }
        return "\n### `\(key.name)`\n\n*\(facts.joined(separator: " · "))*\n\n\(HTMLText.markdown(key.documentation))\n"
    }
}
