import Glibc

/// The folder `connectors.d` beside a worker's file: connectors of a standalone worker.
enum ConnectorFolder {
    /// What was found there.
    enum Listing: Equatable {
        /// The connector files, sorted by name.
        case files([String])
        case missing
        /// The reason. What is in it is not known, which is not the same as that nothing is.
        case unreadable(String)
    }

    private static let endings = [".yaml", ".yml", ".properties", ".json"]

    /// The folder's path.
    static func path(beside workerFile: String) -> String {
        let parts = workerFile.split(separator: "/", omittingEmptySubsequences: false)
        return (parts.dropLast() + ["connectors.d"]).joined(separator: "/")
    }

    /// Looks for files. Hidden ones, and those with other endings than configuration files have, are not among them.
    static func list(_ folder: String) -> Listing {
        guard let stream = opendir(folder) else {
            return errno == ENOENT ? .missing : .unreadable(String(cString: strerror(errno)))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { return .unreadable(String(cString: strerror(errno))) }
                return .files(names.sorted().map { "\(folder)/\($0)" })
            }
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix("."), endings.contains(where: name.hasSuffix) { names.append(name) }
        }
    }
}
