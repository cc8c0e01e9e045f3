internal import Settings

/// Finds keys of a worker's file that nobody reads, and the keys that were meant.
enum UnknownWorkerKeys {
    /// What stands under these belongs to others: converters, providers, reporters.
    private static let openFamilies = [
        "key.converter.", "value.converter.", "header.converter.",
        "internal.key.converter.", "internal.value.converter.", "config.providers.", "metrics.context.", "metrics.jmx.",
        "native.log.levels.",
    ]

    /// Keys under these are those of TLS.
    private static let tlsFamilies = ["listeners.https.", "admin.listeners.https."]

    private static let topicFamilies = ["config.storage.", "offset.storage.", "status.storage."]

    /// Keys that Apache's worker takes and does nothing with, or no longer has.
    private static let removed = [
        "internal.key.converter": "ignored: internal data is always JSON without schemas",
        "internal.value.converter": "ignored: internal data is always JSON without schemas",
        "auto.include.jmx.reporter": "ignored: there is no JMX here",
        "rest.host.name": "removed in Kafka 3.0; use listeners",
        "rest.port": "removed in Kafka 3.0; use listeners",
    ]

    private static let names = WorkerKeys.known.keys.map(\.name) + ClientKeyNames.sorted

    static func warnings(for document: ConfigDocument) -> [Problem] {
        var problems: [Problem] = []
        for entry in document.entries {
            guard let message = warning(for: entry.key, suggests: problems.count < UnknownClientKeys.mostSuggestions)
            else { continue }
            problems.append(
                Problem(
                    file: document.file, position: entry.position, key: entry.key, message: message, severity: .warning)
            )
        }
        return problems
    }

    private static func warning(for key: String, suggests: Bool) -> String? {
        if let text = removed[key] { return text }
        guard !isKnown(key) else { return nil }
        let candidates = names + topicSettings(near: key) + clientSettings(near: key)
        return UnknownClientKeys.message(key, suggests ? KeySuggestion.nearest(to: key, in: candidates) : nil)
    }

    static func isKnown(_ key: String) -> Bool {
        if WorkerKeys.known.contains(key) || ClientKeyNames.all.contains(key) || key == "config.storage.partitions" {
            return true
        }
        if openFamilies.contains(where: { key.hasPrefix($0) }) { return true }
        for family in tlsFamilies where key.hasPrefix(family) {
            return WorkerKeys.known.contains(String(key.dropFirst(family.count)))
        }
        for family in topicFamilies where key.hasPrefix(family) {
            return TopicSettingNames.all.contains(String(key.dropFirst(family.count)))
        }
        for client in ClientKind.allCases where key.hasPrefix(client.workerPrefix) {
            return UnknownClientKeys.isKnown(String(key.dropFirst(client.workerPrefix.count)), to: client)
        }
        return false
    }

    private static func topicSettings(near key: String) -> [String] {
        topicFamilies.filter { key.hasPrefix($0) }.flatMap { family in TopicSettingNames.sorted.map { family + $0 } }
    }

    private static func clientSettings(near key: String) -> [String] {
        ClientKind.allCases.filter { key.hasPrefix($0.workerPrefix) }.flatMap { client in
            ClientKeyNames.sorted(client).map { client.workerPrefix + $0 }
        }
    }
}
