internal import Settings

/// Takes values from the environment of the worker, as it was at start. The path must be empty.
struct EnvironmentConfigProvider: ConfigProvider {
    private let environment: [String: String]

    /// - Parameter environment: All variables; those that `allowlist.pattern` does not match whole are forgotten.
    init(parameters: [String: String], environment: [String: String]) throws(ConfigProviderError) {
        guard let expression = parameters["allowlist.pattern"] else {
            self.environment = environment
            return
        }
        var allowed: [String: String] = [:]
        do throws(PatternError) {
            let pattern = try Pattern(expression)
            for (name, value) in environment where try pattern.matchesWhole(name) { allowed[name] = value }
        } catch {
            throw ConfigProviderError("Invalid value \(expression) for configuration allowlist.pattern: \(error)")
        }
        self.environment = allowed
    }

    func values(path: String, keys: Set<String>) throws(ConfigProviderError) -> [String: String] {
        guard path.isEmpty else {
            throw ConfigProviderError(
                "Path is not supported for EnvVarConfigProvider, invalid value '\(path)'")
        }
        return environment.filter { keys.contains($0.key) }
    }
}
