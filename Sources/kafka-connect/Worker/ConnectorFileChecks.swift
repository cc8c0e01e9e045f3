import ConnectConfig
import ConnectModel
import Settings

/// What is wrong with a connector's file as far as it can be told without its plugin and without a worker: keys of the
/// framework, converters, and overrides of client settings.
enum ConnectorFileChecks {
    /// Adds what is found to the file's problems. Values that depend on a config provider are left alone.
    static func run(on file: inout ConnectorFile) {
        let config = file.config
        let kind = kind(of: config["connector.class"] ?? "")
        // What a worker's policy would refuse beyond this is not known here.
        let rules = OverrideRules(policy: .all, overrideGuard: OverrideGuard(folders: ["/"]))
        let table = ConnectorConfigTable(
            kind: kind, catalog: ClassCatalog(BuiltInClasses.entries), converters: [:], rules: rules)
        var errors = table.validate(config, plugin: SettingsTable(), version: nil).errors
        if kind == .sink, let feature = ConfigurationChecker.missingFeature(of: config) { errors.append(feature) }
        let layers = ClientLayers(worker: ["bootstrap.servers": "localhost:9092"], groupID: nil)
        for client in clients(of: kind) {
            errors += ConfigurationChecker.overrideProblems(config, of: client, layers: layers)
        }
        file.add(errors.filter { !file.refers($0.key) })
        file.warn(UnknownClientKeys.overrides(in: config))
    }

    /// Whether the class is a source or a sink, by the custom that its name says so.
    static func kind(of className: String) -> ConnectorKind {
        var name = className[...]
        let suffix = "Connector"
        if name.hasSuffix(suffix) { name = name.dropLast(suffix.count) }
        if name.hasSuffix("Source") { return .source }
        return name.hasSuffix("Sink") ? .sink : .unknown
    }

    private static func clients(of kind: ConnectorKind) -> [ClientKind] {
        switch kind {
        case .source: [.producer, .admin]
        case .sink: [.consumer, .admin]
        case .unknown: ClientKind.allCases
        }
    }
}
