import Glibc

/// The folder `connectors.d` beside a worker's file: connectors that a standalone worker starts at boot.
enum ConnectorFolder {
    private static let endings = [".yaml", ".yml", ".properties", ".json"]

    /// The connector files, sorted by name; empty where there is no such folder.
    static func files(beside workerFile: String) -> [String] {
        let parts = workerFile.split(separator: "/", omittingEmptySubsequences: false)
        let folder = (parts.dropLast() + ["connectors.d"]).joined(separator: "/")
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix("."), endings.contains(where: name.hasSuffix) { names.append(name) }
        }
        return names.sorted().map { "\(folder)/\($0)" }
    }
}
