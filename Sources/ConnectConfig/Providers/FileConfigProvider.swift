internal import Logging

/// Takes values from a properties file, which the path names.
struct FileConfigProvider: ConfigProvider {
    private let allowed: AllowedPaths
    private static let log = Logger("connect.config.providers")

    init(parameters: [String: String]) throws(ConfigProviderError) {
        allowed = try AllowedPaths(parameters["allowed.paths"])
    }

    func values(path: String, keys: Set<String>) throws(ConfigProviderError) -> [String: String] {
        guard !path.isEmpty else { return [:] }
        guard allowed.allows(path) else {
            Self.log.warning("The path \(path) is not allowed to be accessed")
            return [:]
        }
        let document: ConfigDocument
        do throws(FileError) {
            document = PropertiesReader.read(try FileContents.read(path), file: path)
        } catch {
            throw ConfigProviderError("Could not read properties from file \(path): \(error.reason)")
        }
        guard !document.hasErrors else { throw ConfigProviderError("Could not read properties from file \(path)") }
        return document.values.filter { keys.contains($0.key) }
    }
}
