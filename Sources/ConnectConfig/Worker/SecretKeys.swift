internal import Logging
internal import Settings

/// Knows which client and worker keys hold secrets, under whatever prefix, and hides their values.
package enum SecretKeys {
    private static let names: Set<String> = Set(
        WorkerKeys.known.keys.filter { $0.type == .password }.map(\.name))

    /// True for the PASSWORD keys of Kafka's clients, also behind `producer.`, `admin.override.` and their like.
    package static func isSecret(_ key: String) -> Bool {
        if names.contains(key) { return true }
        for prefix in [
            "producer.override.", "consumer.override.", "admin.override.", "producer.", "consumer.", "admin.",
            "listeners.https.", "admin.listeners.https.",
        ] where key.hasPrefix(prefix) {
            return names.contains(String(key.dropFirst(prefix.count)))
        }
        return false
    }

    /// Registers a secret with the redactor; of a login configuration its password too, which may show up alone.
    package static func hide(_ value: String) {
        LogSystem.redactor.register(value)
        guard let logins = try? JAASConfig.parse(value) else { return }
        for login in logins {
            for (name, option) in login.options where name.lowercased().contains("password") || name.hasSuffix("Secret")
            {
                LogSystem.redactor.register(option)
            }
        }
    }
}
