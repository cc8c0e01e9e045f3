/// The keys that some part of the worker or a plugin understands, in the order in which they were defined: what Java
/// calls a ConfigDef.
package struct SettingsTable: Sendable {
    /// In the order of definition.
    package private(set) var keys: [SettingKey] = []
    private var positions: [String: Int] = [:]

    package init(_ keys: [SettingKey] = []) {
        for key in keys { define(key) }
    }

    /// Adds a key; one of the same name is replaced in its place.
    package mutating func define(_ key: SettingKey) {
        if let position = positions[key.name] {
            keys[position] = key
        } else {
            positions[key.name] = keys.count
            keys.append(key)
        }
    }

    package mutating func define(_ keys: [SettingKey]) {
        for key in keys { define(key) }
    }

    package subscript(name: String) -> SettingKey? { positions[name].map { keys[$0] } }

    package func contains(_ name: String) -> Bool { positions[name] != nil }

    /// Groups in the order in which their first keys were defined.
    package var groups: [String] {
        var seen: Set<String> = []
        return keys.compactMap(\.group).filter { seen.insert($0).inserted }
    }

    /// Adds the keys of `child` under a prefix, in one group, numbered from `order`: transforms, predicates.
    ///
    /// Validators of the child speak of its keys without the prefix, as Java's do.
    package mutating func embed(_ child: SettingsTable, prefix: String, group: String, order: Int) {
        for (offset, original) in child.sorted().enumerated() {
            var key = original
            key.name = prefix + original.name
            key.validator = original.validator.map { .unprefixed(prefix, $0) }
            key.group = original.group.map { "\(group): \($0)" } ?? group
            key.orderInGroup = order + offset
            key.dependents = original.dependents.map { prefix + $0 }
            key.recommender = original.recommender.map { Self.embedded($0, prefix: prefix) }
            define(key)
        }
    }

    /// By group, place in the group, required first, importance, name.
    package func sorted() -> [SettingKey] {
        var groupOrder: [String: Int] = [:]
        for (position, group) in groups.enumerated() { groupOrder[group] = position }
        func rank(_ key: SettingKey) -> (Int, Int, Int, Int) {
            let group = key.group.map { groupOrder[$0] ?? 0 } ?? -1
            let importance = SettingImportance.allCases.firstIndex(of: key.importance) ?? 0
            return (group, key.orderInGroup, key.isRequired ? 0 : 1, importance)
        }
        return keys.sorted { left, right in
            let (l, r) = (rank(left), rank(right))
            return l == r ? left.name < right.name : l < r
        }
    }

    private static func embedded(_ inner: SettingKey.Recommender, prefix: String) -> SettingKey.Recommender {
        @Sendable func stripped(_ parsed: [String: SettingValue]) -> [String: SettingValue] {
            var result: [String: SettingValue] = [:]
            for (name, value) in parsed where name.hasPrefix(prefix) {
                result[String(name.dropFirst(prefix.count))] = value
            }
            return result
        }
        return SettingKey.Recommender(
            values: { inner.values(String($0.dropFirst(prefix.count)), stripped($1)) },
            isVisible: { inner.isVisible(String($0.dropFirst(prefix.count)), stripped($1)) })
    }
}
