import ConnectConfig
import Glibc

/// Where plugins are looked for, and with what.
enum PluginFolders {
    /// The program itself, which opens each library in a child first.
    static let executable: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            return readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : "/usr/bin/kafka-connect"
    }()

    /// `plugin.path`, else the folder that belongs to this program and the operator's own.
    static func all(_ configured: [String]?) -> [String] {
        if let configured, !configured.isEmpty { return configured }
        let folder = executable.split(separator: "/").dropLast(2).joined(separator: "/")
        return ["/\(folder)/lib/kafka-connect/plugins", "/usr/local/lib/kafka-connect/plugins"]
    }

    /// A folder as it is shown to somebody who misses a plugin.
    static func described(_ folder: String) -> String {
        access(folder, F_OK) == 0
            ? folder : "\(folder) (\(errno == ENOENT ? "does not exist" : String(cString: strerror(errno))))"
    }

    /// Where outcomes of probes are kept between starts: beside the offsets file.
    static func cache(_ config: WorkerConfig) -> String? {
        guard let file = config.offsetStorageFile else { return nil }
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
    }
}
