/// Makes the providers that a worker's configuration declares.
enum ConfigProviders {
    /// The classes that this worker has, with their aliases.
    private static let classes: [(name: String, aliases: [String])] = [
        ("org.apache.kafka.common.config.provider.FileConfigProvider", ["FileConfigProvider", "File"]),
        ("org.apache.kafka.common.config.provider.DirectoryConfigProvider", ["DirectoryConfigProvider", "Directory"]),
        ("org.apache.kafka.common.config.provider.EnvVarConfigProvider", ["EnvVarConfigProvider", "EnvVar"]),
        (CredentialConfigProvider.className, ["CredentialConfigProvider", "Credential"]),
    ]

    /// What went wrong with one provider, and the key to blame.
    struct Failure {
        let key: String
        let message: String
    }

    /// The providers by name, and what is wrong with those that could not be made.
    static func make(
        from config: [String: String], environment: [String: String]
    ) -> (providers: [String: any ConfigProvider], failures: [Failure]) {
        var providers: [String: any ConfigProvider] = [:]
        var failures: [Failure] = []
        for name in names(config["config.providers"] ?? "") {
            let prefix = "config.providers.\(name)."
            let key = prefix + "class"
            // The one name that says the class.
            let standard = name == CredentialConfigProvider.name ? CredentialConfigProvider.className : nil
            guard let text = config[key] ?? standard else {
                failures.append(
                    Failure(
                        key: key, message: "Missing required configuration \"\(key)\" which has no default value."))
                continue
            }
            var parameters: [String: String] = [:]
            for (key, value) in config where key.hasPrefix(prefix + "param.") {
                parameters[String(key.dropFirst(prefix.count + 6))] = value
            }
            do throws(ConfigProviderError) {
                providers[name] = try provider(text, parameters: parameters, environment: environment)
            } catch {
                failures.append(Failure(key: key, message: error.message))
            }
        }
        return (providers, failures)
    }

    private static func names(_ list: String) -> [String] {
        list.split(separator: ",").map { part in
            let body = part.drop(while: \.isWhitespace)
            return String(body.reversed().drop(while: \.isWhitespace).reversed())
        }.filter { !$0.isEmpty }
    }

    private static func provider(
        _ text: String, parameters: [String: String], environment: [String: String]
    ) throws(ConfigProviderError) -> any ConfigProvider {
        switch classes.firstIndex(where: { $0.name == text || $0.aliases.contains(text) }) {
        case 0: try FileConfigProvider(parameters: parameters)
        case 1: try DirectoryConfigProvider(parameters: parameters)
        case 2: try EnvironmentConfigProvider(parameters: parameters, environment: environment)
        case 3: CredentialConfigProvider(environment: environment)
        default:
            throw ConfigProviderError(
                "Failed to find any class that implements ConfigProvider and which name matches \(text), "
                    + "available ConfigProviders are: " + classes.map(\.name).joined(separator: ", "))
        }
    }
}
