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

    /// Passwords of one login configuration that are hidden on their own; beyond these the whole is hidden only.
    private static let maximumOptions = 64

    /// Registers a secret with the redactor for good.
    package static func hide(_ value: String) {
        for secret in secrets(in: value) { LogSystem.redactor.register(secret) }
    }

    /// What of a secret value is to be hidden: the value, and of a login configuration its passwords too, which may show up
    /// alone.
    package static func secrets(in value: String) -> [String] {
        let logins = (try? JAASConfig.parse(value)) ?? []
        let options = logins.lazy.flatMap(\.options)
            .filter { $0.key.lowercased().contains("password") || $0.key.hasSuffix("Secret") }
        return [value] + options.prefix(maximumOptions).map(\.value)
    }
}
