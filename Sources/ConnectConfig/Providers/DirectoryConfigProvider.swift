internal import Glibc
internal import Logging

/// Takes values from files of their own: the path names a directory, the key a file in it. The content is the value,
/// its last line end included.
struct DirectoryConfigProvider: ConfigProvider {
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
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            Self.log.warning("The path \(path) is not a directory")
            return [:]
        }
        var result: [String: String] = [:]
        for key in keys.sorted() where Self.isFileName(key) {
            let file = path + "/" + key
            guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            do throws(FileError) {
                result[key] = String(decoding: try FileContents.read(file), as: UTF8.self)
            } catch {
                throw ConfigProviderError("Could not read file \(file) for property \(key): \(error.reason)")
            }
        }
        return result
    }

    /// A key is a name in the directory and never a way out of it.
    private static func isFileName(_ key: String) -> Bool {
        !key.isEmpty && key != "." && key != ".." && !key.utf8.contains(UInt8(ascii: "/")) && !key.utf8.contains(0)
    }
}
