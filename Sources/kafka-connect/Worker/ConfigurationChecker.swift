import ConnectConfig
import ConnectModel
import Herder
import KafkaClient
import RESTAPI
import RecordPipeline
import Settings

/// Checks connector configurations against the framework's keys and the plugin's own. Thread-safe.
final class ConfigurationChecker: ConnectorChecking {
    private let worker: WorkerConfig
    private let plugins: any PluginTables
    private let classes: ClassCatalog
    private let layers: ClientLayers

    init(worker: WorkerConfig, plugins: any PluginTables) {
        self.worker = worker
        self.plugins = plugins
        classes = ClassCatalog(BuiltInClasses.entries)
        layers = ClientLayers(worker)
    }

    func validate(
        _ config: ConfigMap, plugin: PluginDescription, notes: [ValidationNote]
    ) throws(ConnectError) -> ConfigValidation {
        let table = ConnectorConfigTable(kind: plugin.kind, catalog: classes, worker: worker)
        let own = plugins.table(of: plugin)
        var outcome = table.validate(config, plugin: own, version: plugin.version)
        outcome.add(notes)
        for (key, message) in Self.overrideProblems(config, kind: plugin.kind, layers: layers) {
            outcome.addError(message, to: key)
        }
        if plugin.kind == .sink, let (key, message) = groupConflict(config) { outcome.addError(message, to: key) }
        if plugin.kind == .sink, let (key, message) = Self.missingFeature(of: config) {
            outcome.addError(message, to: key)
        }
        let ownOffsets = "offsets.storage.topic"
        if plugin.kind == .source, worker.isDistributed, let topic = config[ownOffsets], !topic.isEmpty {
            outcome.addError(
                "Invalid value \(topic) for configuration \(ownOffsets): connectors have no offsets topic of their own in "
                    + "this version; leave the key out, and the worker's offset.storage.topic keeps their offsets",
                to: ownOffsets)
        }
        return outcome.answer
    }

    /// What a sink asks for that comes with a later version.
    static func missingFeature(of config: ConfigMap) -> (key: String, message: String)? {
        let deadLetters = "errors.deadletterqueue.topic.name"
        guard let topic = config[deadLetters], !topic.isEmpty else { return nil }
        return (
            deadLetters, "Invalid value \(topic) for configuration \(deadLetters): this version writes no dead letters"
        )
    }

    func secrets(of config: ConfigMap, className: String) -> [String] {
        let plugin = try? plugins.resolve(className)
        let table = ConnectorConfigTable(kind: plugin?.kind ?? .unknown, catalog: classes, worker: worker)
        return table.secrets(of: config, plugin: plugin.map(plugins.table) ?? SettingsTable([]))
    }

    /// A sink whose consumers would join the group of the workers, which neither would survive. Source: Apache's
    /// `DistributedHerder.validateSinkConnectorGroupId`.
    private func groupConflict(_ config: ConfigMap) -> (key: String, message: String)? {
        guard let workers = worker.groupID else { return nil }
        let override = "consumer.override.group.id"
        if let own = config[override] {
            guard own == workers else { return nil }
            return (override, "Consumer group \(own) conflicts with Connect worker group \(workers)")
        }
        guard let name = config["name"], ClientLayers.sinkGroup(name) == workers else { return nil }
        let message =
            "Consumer group for sink connector named \(name) conflicts with Connect worker group \(workers)"
        return ("name", message)
    }

    func keys(of className: String) throws(ConnectError) -> [ConfigKeyDescription] {
        if let known = ConverterFactory.resolve(className) {
            return ConverterFactory.table(of: known).keys.map(ConfigKeyDescription.init)
        }
        let plugin = try plugins.resolve(className)
        return ConnectorConfigTable(kind: plugin.kind, catalog: classes, worker: worker)
            .definitions(plugin: plugins.table(of: plugin), version: plugin.version)
    }
}

/// The plugins of a worker with the keys that they declare.
protocol PluginTables: PluginCatalog {
    /// The keys of a plugin class, without the framework's.
    func table(of plugin: PluginDescription) -> SettingsTable
}

/// The classes that the worker brings along besides connectors.
enum BuiltInClasses {
    /// What configurations may name: converters, config providers, override policies.
    static var entries: [ClassCatalog.Entry] {
        ConverterFactory.classNames.map { name in
            let isHeaderOnly = name == ConverterFactory.simpleHeaderConverter
            return ClassCatalog.Entry(
                name, isHeaderOnly ? [.headerConverter] : [.converter, .headerConverter], version: Version.api,
                table: ConverterFactory.table(of: name))
        }
    }
}

extension BuiltInClasses {
    /// What `GET /connector-plugins?connectorsOnly=false` lists besides connectors.
    static var listed: [RESTSettings.BuiltIn] {
        let converters = ConverterFactory.classNames.filter { $0 != ConverterFactory.simpleHeaderConverter }
        let both = converters.map { RESTSettings.BuiltIn(className: $0, type: .converter, version: Version.api) }
        let headers = (converters + [ConverterFactory.simpleHeaderConverter])
            .map { RESTSettings.BuiltIn(className: $0, type: .headerConverter, version: Version.api) }
        return both + headers
    }
}

extension ConfigTransformer {
    /// A configuration with its references to config providers replaced; null values are left out. May block.
    func resolved(_ config: ConfigMap) throws(ConnectError) -> ConfigMap {
        var texts: [String: String] = [:]
        for entry in config.entries { texts[entry.key] = entry.value }
        let values: [String: String]
        do throws(ConfigProviderError) {
            values = try resolve(texts)
        } catch {
            throw ConnectError(.configInvalid, error.message, status: 500)
        }
        return ConfigMap(config.entries.map { ($0.key, $0.value == nil ? nil : values[$0.key]) })
    }
}

extension ConfigurationChecker {
    /// What is wrong with a connector's overrides of client settings, by key.
    ///
    /// Apache answers such a request with 500; here it is an error of the key like any other.
    static func overrideProblems(
        _ config: ConfigMap, kind: ConnectorKind, layers: ClientLayers
    ) -> [(key: String, message: String)] {
        overrideProblems(config, of: kind == .source ? .producer : .consumer, layers: layers)
    }

    /// The same for one kind of client.
    static func overrideProblems(
        _ config: ConfigMap, of client: ClientKind, layers: ClientLayers
    ) -> [(key: String, message: String)] {
        var texts: [String: String] = [:]
        for entry in config.entries { texts[entry.key] = entry.value }
        let prefix = client.overridePrefix
        let keys = config.entries.map(\.key).filter { $0.hasPrefix(prefix) }
        guard !keys.isEmpty else { return [] }
        let name = config["name"] ?? ""
        let (role, settings): (ClientSettings.Role, [String: String]) =
            switch client {
            case .producer: (.producer, layers.sourceProducer(name, task: 0, config: texts))
            case .consumer: (.consumer, layers.sinkConsumer(name, task: 0, config: texts))
            case .admin: (.admin, layers.admin(clientID: "", config: texts))
            }
        return ClientSettings.problems(in: settings, role: role).compactMap { problem in
            // What is wrong between two keys may be said of the one that is not the connector's.
            let key =
                keys.first { $0 == prefix + problem.key }
                ?? keys.first { problem.message.contains($0.dropFirst(prefix.count)) }
            return key.map { ($0, problem.message) }
        }
    }
}
