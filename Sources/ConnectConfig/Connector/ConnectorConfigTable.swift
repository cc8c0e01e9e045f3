package import ConnectModel
package import Settings

/// The keys of connectors as a worker offers them: the framework's, with the worker's own defaults and the classes that
/// it has, and what transforms, predicates and converters add to a given configuration.
package struct ConnectorConfigTable: Sendable {
    private let kind: ConnectorKind
    private let catalog: ClassCatalog
    private let base: SettingsTable
    private let rules: OverrideRules

    /// - Parameters:
    ///   - kind: Source or sink.
    ///   - converters: The worker's own converters, which are a connector's defaults.
    package init(
        kind: ConnectorKind, catalog: ClassCatalog, converters: [ConverterKind: String], rules: OverrideRules
    ) {
        self.kind = kind
        self.catalog = catalog
        self.rules = rules
        base = Self.base(kind, catalog, converters)
    }

    /// The same from a worker's configuration.
    package init(kind: ConnectorKind, catalog: ClassCatalog, worker: WorkerConfig) {
        var converters: [ConverterKind: String] = [:]
        for kind in ConverterKind.allCases {
            let name = worker.converter(kind).className
            converters[kind] = catalog.resolve(name)?.name ?? name
        }
        self.init(kind: kind, catalog: catalog, converters: converters, rules: OverrideRules(worker.settings))
    }

    /// The keys for `GET /connector-plugins/PLUGIN/config`: the plugin's own, then the framework's that it does not
    /// define itself. Defaults are those of no worker in particular.
    ///
    /// - Parameter version: The connector's.
    package func definitions(plugin: SettingsTable, version: String?) -> [ConfigKeyDescription] {
        var framework = Self.framework(kind)
        if let version { setVersion(of: "connector", .text(version), in: &framework) }
        return (plugin.keys + framework.keys.filter { !plugin.contains($0.name) }).filter { !$0.isInternal }
            .map(ConfigKeyDescription.init)
    }

    /// The framework's table for a configuration, with the keys of its transforms and predicates.
    private func table(for config: [String: String?], version: String?) -> SettingsTable {
        var table = base
        if let version { setVersion(of: "connector", .text(version), in: &table) }
        for kind in ConverterKind.allCases {
            guard let text = (config[kind.key] ?? nil) ?? table[kind.key]?.defaultText else { continue }
            let entry = catalog.resolve(text)
            let isConverter = entry?.kinds.contains(kind.classKind) ?? false
            let version = entry.flatMap { isConverter ? SettingKey.Default.text($0.version) : nil }
            setVersion(of: kind.key, version ?? .none, isVisible: entry != nil, in: &table)
        }
        TransformKeys.transforms.embed(into: &table, config: config, catalog: catalog)
        TransformKeys.predicates.embed(into: &table, config: config, catalog: catalog)
        return table
    }

    /// Checks a configuration as `PUT …/config/validate` does, save for what only the connector or the cluster knows:
    /// notes of the connector, groups that clash, exactly-once support. Blocks for nothing.
    ///
    /// - Parameters:
    ///   - plugin: The keys that the connector's class declares.
    ///   - version: The connector's.
    package func validate(_ config: ConfigMap, plugin: SettingsTable, version: String?) -> ConnectorValidation {
        var given: [String: String?] = [:]
        for entry in config.entries { given.updateValue(entry.value, forKey: entry.key) }
        let framework = table(for: given, version: version)
        var result = ConnectorValidation(
            connectorClass: config["connector.class"] ?? "", groups: framework.groups,
            outcome: framework.validate(given, classes: catalog.resolver))
        ClassChecks(catalog: catalog).run(on: &result, config: given)
        // Before the plugin's keys, for which null may have a meaning of its own.
        for entry in config.entries where entry.value == nil && !plugin.contains(entry.key) {
            result.addError("Null value can not be supplied as the configuration value.", to: entry.key)
        }
        result.add(plugin.validate(given, classes: catalog.resolver), groups: plugin.groups)
        if kind == .sink { SinkChecks.run(on: &result) }
        checkConverters(of: given, in: &result)
        checkOverrides(of: given, in: &result)
        return result
    }

    /// What a configuration asks for that comes with a later version; ``validate(_:plugin:version:)`` tells it too.
    package static func missingFeatures(
        of config: ConfigMap, catalog: ClassCatalog
    ) -> [(key: String, message: String)] {
        var given: [String: String?] = [:]
        for entry in config.entries { given.updateValue(entry.value, forKey: entry.key) }
        return ClassChecks(catalog: catalog).missingFeatures(in: given)
    }

    /// The passwords of a configuration, its references resolved, which logs and answers must not show: those of the
    /// framework's keys, of transforms, predicates and converters, of client overrides and of the plugin.
    package func secrets(of config: ConfigMap, plugin: SettingsTable) -> [String] {
        var given: [String: String?] = [:]
        for entry in config.entries { given.updateValue(entry.value, forKey: entry.key) }
        var passwords = Set((table(for: given, version: nil).keys + plugin.keys).filter(\.isPassword).map(\.name))
        for kind in ConverterKind.allCases {
            guard let entry = config[kind.key].flatMap({ catalog.resolve($0) }) else { continue }
            for key in entry.table.keys where key.isPassword { passwords.insert("\(kind.key).\(key.name)") }
        }
        let hidden = config.entries.filter { passwords.contains($0.key) || SecretKeys.isSecret($0.key) }
        return hidden.compactMap(\.value).flatMap(SecretKeys.secrets(in:))
    }

    // MARK: Parts

    /// The one version that there is of a class stands for the newest.
    private func setVersion(
        of owner: String, _ version: SettingKey.Default, isVisible: Bool = true, in table: inout SettingsTable
    ) {
        guard var key = table["\(owner).plugin.version"] else { return }
        key.defaultValue = version
        let values = key.defaultText.map { [$0] } ?? []
        key.recommender = SettingKey.Recommender(values: { _, _ in values }, isVisible: { _, _ in isVisible })
        table.define(key)
    }

    private static func framework(_ kind: ConnectorKind) -> SettingsTable {
        switch kind {
        case .source: ConnectorKeys.sourceTable
        case .sink: ConnectorKeys.sinkTable
        case .unknown: ConnectorKeys.commonTable
        }
    }

    private static func base(
        _ kind: ConnectorKind, _ catalog: ClassCatalog, _ converters: [ConverterKind: String]
    ) -> SettingsTable {
        var table = framework(kind)
        for kind in ConverterKind.allCases {
            guard var key = table[kind.key] else { continue }
            if let standard = converters[kind] { key.defaultValue = .text(standard) }
            key.recommender = .fixed(catalog.names(kind.classKind))
            table.define(key)
        }
        return table
    }

    /// The options of the converters that the configuration itself names.
    private func checkConverters(of config: [String: String?], in result: inout ConnectorValidation) {
        for kind in ConverterKind.allCases {
            guard let text = config[kind.key] ?? nil, let entry = catalog.resolve(text),
                entry.kinds.contains(kind.classKind)
            else { continue }
            let prefix = kind.key + "."
            var options: [String: String?] = [:]
            for (key, value) in config where key.hasPrefix(prefix) {
                options.updateValue(value, forKey: String(key.dropFirst(prefix.count)))
            }
            if entry.table.contains("converter.type") { options.updateValue(kind.rawValue, forKey: "converter.type") }
            let outcome = entry.table.validate(options, classes: catalog.resolver)
            let reports = outcome.reports.map { report in
                var report = report
                report.name = prefix + report.name
                report.key?.name = report.name
                return report
            }
            result.add(SettingsValidation(reports: reports, values: outcome.values), groups: entry.table.groups)
        }
    }

    /// The submitted overrides of those clients that the connector will have.
    private func checkOverrides(of config: [String: String?], in result: inout ConnectorValidation) {
        for client in clients(of: config) {
            let prefix = client.overridePrefix
            for (key, value) in config.sorted(by: { $0.key < $1.key }) where key.hasPrefix(prefix) {
                let name = String(key.dropFirst(prefix.count))
                let refusal = rules.refusal(of: name, value: value ?? "")
                result.add(
                    SettingReport(
                        key: nil, name: key, value: SecretKeys.isSecret(key) ? Secret.mask : value,
                        errors: refusal.map { [$0] } ?? []))
            }
        }
    }

    private func clients(of config: [String: String?]) -> [ClientKind] {
        guard kind != .unknown else { return ClientKind.allCases }
        func isGiven(_ key: String) -> Bool { !((config[key] ?? nil) ?? "").isEmpty }
        let ownOffsets = isGiven("offsets.storage.topic")
        if kind == .sink {
            return isGiven("errors.deadletterqueue.topic.name") ? [.producer, .consumer, .admin] : [.consumer]
        }
        let createsTopics = config.keys.contains { $0.hasPrefix("topic.creation.") }
        return [.producer] + (ownOffsets ? [.consumer] : []) + (ownOffsets || createsTopics ? [.admin] : [])
    }
}

extension ConfigKeyDescription {
    /// A key as REST tells it.
    package init(_ key: SettingKey) {
        self.init(
            name: key.name, type: key.type.rawValue, isRequired: key.isRequired, defaultValue: key.defaultText,
            importance: key.importance.rawValue, documentation: key.documentation, group: key.group,
            order: key.orderInGroup, width: key.width.rawValue, displayName: key.displayName,
            dependents: key.dependents)
    }
}

extension SettingKey {
    fileprivate var isPassword: Bool { type == .password }
}
