internal import Glibc

/// The folders and files that a provider may read: its parameter `allowed.paths`.
struct AllowedPaths: Sendable {
    /// Component lists; nil where everything is allowed.
    private let roots: [[Substring]]?

    /// - Parameter text: Paths between commas, each absolute and existing; nil or empty allows everything.
    init(_ text: String?) throws(ConfigProviderError) {
        guard let text, !text.isEmpty else {
            roots = nil
            return
        }
        var roots: [[Substring]] = []
        for path in text.split(separator: ",", omittingEmptySubsequences: true) {
            guard path.hasPrefix("/") else { throw ConfigProviderError("Path \(path) is not absolute") }
            guard access(String(path), F_OK) == 0 else { throw ConfigProviderError("Path \(path) does not exist") }
            roots.append(Self.components(path))
        }
        self.roots = roots
    }

    /// True where `path`, its `.` and `..` taken out, lies in one of the allowed folders or is one of the files.
    func allows(_ path: String) -> Bool {
        guard let roots else { return true }
        guard path.hasPrefix("/") else { return false }
        let parts = Self.components(path[...])
        return roots.contains { parts.starts(with: $0) }
    }

    /// The components of an absolute path with `.` and `..` resolved by name alone.
    static func components(_ path: Substring) -> [Substring] {
        var result: [Substring] = []
        for part in path.split(separator: "/") {
            switch part {
            case ".": break
            case "..": _ = result.popLast()
            default: result.append(part)
            }
        }
        return result
    }
}
