package import Settings

/// What a class can be used for; the raw value is the name of Connect's interface.
package enum ClassKind: String, Sendable, CaseIterable {
    case connector = "Connector"
    case converter = "Converter"
    case headerConverter = "HeaderConverter"
    case transformation = "Transformation"
    case predicate = "Predicate"
    case configProvider = "ConfigProvider"
    case overridePolicy = "ConnectorClientConfigOverridePolicy"
}

extension ConverterKind {
    /// The interface of its classes.
    var classKind: ClassKind { self == .header ? .headerConverter : .converter }
}

/// The classes that configurations may name, with the aliases that Connect's rule gives them. A value, made once.
package struct ClassCatalog: Sendable {
    /// One class.
    package struct Entry: Sendable {
        package let name: String
        package let kinds: [ClassKind]
        package let version: String
        /// The options of converters, transforms and predicates.
        package let table: SettingsTable

        package init(_ name: String, _ kinds: [ClassKind], version: String, table: SettingsTable = SettingsTable()) {
            self.name = name
            self.kinds = kinds
            self.version = version
            self.table = table
        }
    }

    private let entries: [String: Entry]
    private let aliases: [String: String]

    package init(_ list: [Entry]) {
        var entries: [String: Entry] = [:]
        for entry in list where entries[entry.name] == nil { entries[entry.name] = entry }
        self.entries = entries
        var owners: [String: Set<String>] = [:]
        for entry in entries.values {
            for alias in Self.aliases(of: entry) { owners[alias, default: []].insert(entry.name) }
        }
        // An alias of several classes names none of them.
        aliases = owners.compactMapValues { $0.count == 1 ? $0.first : nil }
    }

    /// The class of a full name or an alias.
    package func resolve(_ text: String) -> Entry? { entries[aliases[text] ?? text] }

    /// Full names of the classes of a kind, in order.
    package func names(_ kind: ClassKind) -> [String] {
        entries.values.filter { $0.kinds.contains(kind) }.map(\.name).sorted()
    }

    /// The full name for CLASS keys; a name that stands for several nested classes is taken too, so that it can be told
    /// apart from one that nobody knows.
    var resolver: ClassResolver {
        ClassResolver { self.resolve($0)?.name ?? (self.nested(in: $0).isEmpty ? nil : $0) }
    }

    /// The classes nested in one that cannot be used itself: `HoistField` has `HoistField$Key` and `HoistField$Value`.
    func nested(in name: String) -> [String] {
        guard entries[name] == nil else { return [] }
        return entries.keys.filter { $0.hasPrefix(name + "$") }.sorted()
    }

    /// The simple name, and the simple name cut at its last kind of suffix.
    private static func aliases(of entry: Entry) -> [String] {
        let simple = entry.name.split { $0 == "." || $0 == "$" }.last.map(String.init) ?? entry.name
        var result = [simple]
        for kind in entry.kinds {
            guard let range = simple.lastRange(of: kind.rawValue), range > simple.startIndex else { continue }
            result.append(String(simple[..<range]))
        }
        return result
    }
}

extension String {
    /// Where a text stands for the last time.
    fileprivate func lastRange(of text: String) -> Index? { indices.last { self[$0...].hasPrefix(text) } }
}
