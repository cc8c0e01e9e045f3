package import ConnectConfig
package import ConnectModel

extension ConfigTransformer {
    /// Replaces references to config providers, keys in their order. May block: lanes only.
    ///
    /// - Throws: `config.unreadable` with the provider's message, 500 as Apache's worker answers.
    package func resolve(_ config: ConfigMap) throws(ConnectError) -> ConfigMap {
        var texts: [String: String] = [:]
        for entry in config.entries { texts[entry.key] = entry.value }
        let resolved: [String: String]
        do {
            resolved = try resolve(texts)
        } catch {
            throw ConnectError(.configUnreadable, "\(error)", status: 500)
        }
        return ConfigMap(config.entries.map { ($0.key, resolved[$0.key]) })
    }
}
