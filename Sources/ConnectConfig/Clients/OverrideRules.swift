package import Settings

/// What connectors may override of their clients' settings: the worker's policy, and refusals that hold whatever it says.
///
/// Checked when a configuration is validated, and again when clients are made, since a configuration may have come
/// through another worker or straight into the config topic.
package struct OverrideRules: Sendable {
    private let policy: OverridePolicy
    private let overrideGuard: OverrideGuard

    package init(policy: OverridePolicy, overrideGuard: OverrideGuard) {
        self.policy = policy
        self.overrideGuard = overrideGuard
    }

    /// The rules of a worker. A policy that does not exist allows nothing; reading the worker's file has refused it.
    package init(_ settings: Settings) {
        policy =
            OverridePolicy(
                name: settings.string(Self.policyKey) ?? "All",
                allowlist: settings.list("connector.client.config.override.allowlist") ?? []) ?? .none
        overrideGuard = OverrideGuard(folders: settings.list("native.client.file.folders") ?? [])
    }

    static let policyKey = "connector.client.config.override.policy"

    /// Why a client key may not be overridden; nil where it may. The value is not part of the text.
    package func refusal(of key: String, value: String) -> String? {
        policy.refusal(of: key) ?? overrideGuard.refusal(of: key, value: value)
    }

    /// The refusals among a connector's overrides for one kind of client, by full key, in order.
    package func refusals(_ client: ClientKind, in config: [String: String]) -> [(key: String, message: String)] {
        ClientLayers.overrides(client, in: config).sorted { $0.key < $1.key }.compactMap { key, value in
            refusal(of: key, value: value).map { (client.overridePrefix + key, $0) }
        }
    }
}
