package import ConnectModel
internal import Settings

/// Finds settings of Kafka clients that Java's clients do not know either, and those that were meant.
package enum UnknownClientKeys {
    /// What stands under these belongs to classes that a client makes in Java: serializers, reporters, config providers.
    private static let openFamilies = [
        "config.providers.", "metrics.context.", "metrics.jmx.", "default.list.", "serializer.", "deserializer.",
        "key.serializer.", "value.serializer.", "key.deserializer.", "value.deserializer.",
    ]

    /// Looking for the nearest key is slow beside all else; a file with more unknown keys than this has another fault.
    static let mostSuggestions = 50

    /// Whether a kind of client has a key, or hands it on to a class of its own.
    static func isKnown(_ name: String, to client: ClientKind) -> Bool {
        ClientKeyNames.of(client).contains(name) || openFamilies.contains { name.hasPrefix($0) }
    }

    /// Unknown settings among a connector's overrides, by full key, with a word about each.
    package static func overrides(in config: ConfigMap) -> [(key: String, message: String)] {
        ClientKind.allCases.flatMap { overrides(of: $0, in: config) }
    }

    /// The same for one kind of client.
    package static func overrides(of client: ClientKind, in config: ConfigMap) -> [(key: String, message: String)] {
        let prefix = client.overridePrefix
        let names = ClientKeyNames.sorted(client)
        var found: [(key: String, message: String)] = []
        for entry in config.entries where entry.key.hasPrefix(prefix) {
            let name = String(entry.key.dropFirst(prefix.count))
            guard !isKnown(name, to: client) else { continue }
            let meant = found.count < mostSuggestions ? KeySuggestion.nearest(to: name, in: names) : nil
            found.append((entry.key, message(entry.key, meant.map { prefix + $0 })))
        }
        return found
    }

    /// What is said of an unknown key.
    static func message(_ key: String, _ meant: String?) -> String {
        "unknown key \(key)" + (meant.map { "; did you mean \($0)?" } ?? "")
    }
}
