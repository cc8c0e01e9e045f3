/// Refuses client overrides that would make the worker run programs, load code or read files for a connector, whatever
/// the override policy says. Apache's worker had several holes of this kind.
package struct OverrideGuard: Sendable {
    private let folders: [[Substring]]

    /// - Parameter folders: Where key stores, keys and keytabs that a connector names may lie.
    package init(folders: [String]) {
        self.folders = folders.filter { $0.hasPrefix("/") }.map { AllowedPaths.components($0[...]) }
    }

    /// The login modules that this worker understands itself.
    private static let loginModules: Set<String> = [
        "org.apache.kafka.common.security.plain.PlainLoginModule",
        "org.apache.kafka.common.security.scram.ScramLoginModule",
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule",
        "com.sun.security.auth.module.Krb5LoginModule",
    ]

    /// Keys that run a program or load a class.
    private static let codeKeys: Set<String> = [
        "sasl.kerberos.kinit.cmd", "sasl.client.callback.handler.class", "sasl.login.callback.handler.class",
        "sasl.login.class", "ssl.engine.factory.class", "security.providers", "sasl.oauthbearer.jwt.retriever.class",
        "sasl.oauthbearer.jwt.validator.class", "config.providers",
    ]

    /// Keys that name a file.
    private static let fileKeys: Set<String> = [
        "ssl.keystore.location", "ssl.truststore.location", "sasl.oauthbearer.assertion.file",
        "sasl.oauthbearer.assertion.private.key.file", "sasl.oauthbearer.assertion.template.file",
    ]

    private static let urlKeys: Set<String> = [
        "sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.jwks.endpoint.url",
    ]

    /// Why a key may not be overridden with this value; nil where it may. The value is not part of the text.
    package func refusal(of key: String, value: String) -> String? {
        guard let reason = reason(key, value) else { return nil }
        return "'\(key)' may not be overridden in the connector configuration: \(reason)"
    }

    private func reason(_ key: String, _ value: String) -> String? {
        if Self.codeKeys.contains(key) || key.hasPrefix("config.providers.") {
            return "it would run code that the worker's operator did not choose"
        }
        if Self.fileKeys.contains(key) {
            return isAllowed(value) ? nil : "the file is outside of native.client.file.folders"
        }
        if Self.urlKeys.contains(key) {
            let scheme = value.drop(while: \.isWhitespace).prefix { $0 != ":" }.lowercased()
            return scheme == "https" || scheme == "http" ? nil : "the URL must start with https:// or http://"
        }
        return key == "sasl.jaas.config" ? loginReason(value) : nil
    }

    private func loginReason(_ value: String) -> String? {
        do throws(JAASConfig.Malformed) {
            for login in try JAASConfig.parse(value) {
                guard Self.loginModules.contains(login.module) else {
                    return "the login module is none of "
                        + Self.loginModules.sorted().map { String($0.split(separator: ".").last ?? "") }
                        .joined(separator: ", ")
                }
                for option in ["keyTab", "ticketCache"] {
                    guard let path = login.options[option], !isAllowed(path) else { continue }
                    return "\(option) is outside of native.client.file.folders"
                }
            }
            return nil
        } catch {
            return "it is not a login configuration: \(error.reason)"
        }
    }

    private func isAllowed(_ path: String) -> Bool {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else { return false }
        let parts = AllowedPaths.components(path[...])
        return folders.contains { parts.starts(with: $0) && parts.count > $0.count }
    }
}
