internal import Settings

/// The keys of one transform or predicate alias, which depend on what the configuration says.
struct TransformKeys {
    /// `transforms` or `predicates`: the key with the aliases and the prefix of theirs.
    let list: String
    /// `Transforms` or `Predicates`: the group.
    let group: String
    /// `transformation` or `predicate`, for texts.
    let noun: String
    let kind: ClassKind
    /// Keys that the framework adds to the class's own.
    let added: [SettingKey]

    static let transforms = TransformKeys(
        list: "transforms", group: "Transforms", noun: "transformation", kind: .transformation,
        added: [
            SettingKey(
                "predicate", .string, default: .none, .medium,
                "The alias of a predicate used to determine whether to apply this transformation."),
            SettingKey(
                "negate", .boolean, default: .text("false"), .medium,
                "Whether the configured predicate should be negated."),
        ])

    static let predicates = TransformKeys(
        list: "predicates", group: "Predicates", noun: "predicate", kind: .predicate, added: [])

    /// Aliases whose keys are known. A connector has a handful; each brings keys to every check of it.
    private static let maximumAliases = 100

    /// The aliases, each once, in order.
    func aliases(in config: [String: String?]) -> [String] {
        let table = SettingsTable([SettingKey(list, .list, default: .text(""), .low, "")])
        guard case .list(let aliases)? = table.validate(config).values[list] else { return [] }
        var seen: Set<String> = []
        return Array(aliases.filter { seen.insert($0).inserted }.prefix(Self.maximumAliases))
    }

    /// Adds the keys of every alias: its type, its version, and the options of its class where that is known.
    func embed(into table: inout SettingsTable, config: [String: String?], catalog: ClassCatalog) {
        for alias in aliases(in: config) {
            let prefix = "\(list).\(alias)."
            let group = "\(group): \(alias)"
            let entry = (config[prefix + "type"] ?? nil).flatMap { catalog.resolve($0) }
            let isUsable = entry?.kinds.contains(kind) ?? false
            let version = entry.flatMap { isUsable ? SettingKey.Default.text($0.version) : nil } ?? .none
            let title = noun == "predicate" ? "Predicate" : "Transformation"
            table.define([
                SettingKey(
                    prefix + "type", .class, default: .required, .high, "Class for the '\(alias)' \(noun).",
                    group: group, order: 0, width: .long, display: "\(title) type for \(alias)",
                    recommender: .fixed(catalog.names(kind))),
                SettingKey(
                    prefix + "plugin.version", .string, default: version, .high,
                    "Version of the '\(alias)' \(noun).", group: group, order: 1, width: .long,
                    display: "\(title) version for \(alias)",
                    recommender: entry.flatMap { isUsable ? .fixed([$0.version]) : nil }),
            ])
            guard let entry, isUsable else { continue }
            var options = entry.table
            options.define(added)
            table.embed(options, prefix: prefix, group: group, order: 2)
        }
    }
}
