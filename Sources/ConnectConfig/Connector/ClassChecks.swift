internal import Settings

/// Checks that classes are of the kind that their keys ask for, and what concerns transforms as a whole.
struct ClassChecks {
    let catalog: ClassCatalog

    func run(on result: inout ConnectorValidation, config: [String: String?]) {
        for kind in ConverterKind.allCases {
            check(kind.key, kind.classKind, config, &result)
        }
        for (key, message) in missingFeatures(in: config) { result.addError(message, to: key) }
        for keys in [TransformKeys.transforms, .predicates] {
            for alias in keys.aliases(in: config) { check("\(keys.list).\(alias).type", keys.kind, config, &result) }
        }
        for alias in TransformKeys.transforms.aliases(in: config) {
            let prefix = "transforms.\(alias)."
            guard config[prefix + "negate"] != nil, config[prefix + "predicate"] == nil else { continue }
            result.addError(
                "Config '\(prefix)negate' was provided but there is no config '\(prefix)predicate' "
                    + "defining a predicate to be negated.", to: prefix + "type")
        }
        checkVersions(config, &result)
    }

    /// Transforms and predicates where no class of theirs exists: what no spelling would help.
    func missingFeatures(in config: [String: String?]) -> [(key: String, message: String)] {
        [TransformKeys.transforms, .predicates].compactMap { keys in
            guard !keys.aliases(in: config).isEmpty, catalog.names(keys.kind).isEmpty else { return nil }
            return (keys.list, "\(keys.list) are not part of this version; leave the key out")
        }
    }

    private func check(
        _ key: String, _ kind: ClassKind, _ config: [String: String?], _ result: inout ConnectorValidation
    ) {
        guard let text = config[key] ?? nil, case .class(let name)? = result.value(key) else { return }
        if let entry = catalog.resolve(text) {
            guard !entry.kinds.contains(kind) else { return }
            result.addError("Class class \(name) does not implement the \(kind.rawValue) interface", to: key)
        } else {
            let nested = catalog.nested(in: name)
            let hint = nested.isEmpty ? "" : " Did you mean \(nested.joined(separator: ", "))?"
            result.addError("This class is abstract and cannot be created.\(hint)", to: key)
        }
    }

    /// There is one version of each class: asking for another is an error of both keys.
    private func checkVersions(_ config: [String: String?], _ result: inout ConnectorValidation) {
        var pairs = ConverterKind.allCases.map { ($0.key, "\($0.key).plugin.version") }
        for keys in [TransformKeys.transforms, .predicates] {
            for alias in keys.aliases(in: config) {
                pairs.append(("\(keys.list).\(alias).type", "\(keys.list).\(alias).plugin.version"))
            }
        }
        for (classKey, versionKey) in pairs {
            guard let wanted = config[versionKey] ?? nil, let text = config[classKey] ?? nil,
                let entry = catalog.resolve(text), wanted != entry.version
            else { continue }
            let message =
                "Plugin \(entry.name) not found that matches the version range [\(wanted),\(wanted)], "
                + "available versions: [\(entry.version)]"
            result.addError(message, to: classKey)
            result.addError(message, to: versionKey)
        }
    }
}
