import Glibc
import JSON
import Logging

/// Outcomes of probes between starts, by path and identity of the file. A cache: whatever is wrong with it, it is made anew.
struct ProbeCache {
    private static let fileName = "plugin-probes.json"
    private static let formatVersion: Int64 = 2
    private static let log = Logger("connect.plugins")

    private let path: String?
    private var entries: [String: (identity: String, manifest: PluginManifest)] = [:]
    private var isChanged = false

    /// - Parameter folder: where the file is kept; nil for no cache beyond this process.
    init(folder: String?) {
        path = folder.map { "\($0)/\(Self.fileName)" }
        guard let path, let bytes = Self.read(path) else { return }
        do throws(JSONError) {
            let json = try JSONValue.parse(bytes)
            guard json["version"]?.int64 == Self.formatVersion else { return }
            for member in json["entries"]?.object?.members ?? [] {
                guard let identity = member.value["identity"]?.string, let stored = member.value["manifest"],
                    let manifest = PluginManifest(stored)
                else { continue }
                entries[member.key] = (identity, manifest)
            }
        } catch {
            Self.log.debug("The cache of plugin probes is made anew: \(error.description)")
        }
    }

    /// What was found in this very file before.
    func manifest(of path: String, identity: String) -> PluginManifest? {
        entries[path].flatMap { $0.identity == identity ? $0.manifest : nil }
    }

    mutating func store(_ manifest: PluginManifest, of path: String, identity: String) {
        entries[path] = (identity, manifest)
        isChanged = true
    }

    /// Writes the cache where something was added. A failure costs time at the next start and nothing else.
    mutating func save() {
        guard isChanged, let path else { return }
        isChanged = false
        var object = JSONObject()
        for (file, entry) in entries.sorted(by: { $0.key < $1.key }) {
            object[file] = .object(["identity": .string(entry.identity), "manifest": entry.manifest.json])
        }
        let bytes = JSONValue.object(["version": .int64(Self.formatVersion), "entries": .object(object)]).serialized()
        let temporary = "\(path).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return Self.log.debug("No cache of plugin probes: \(errorText(errno))") }
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        if count == bytes.count { rename(temporary, path) } else { unlink(temporary) }
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o022 == 0,
            status.st_size > 0, status.st_size < 16 << 20
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        return count == bytes.count ? bytes : nil
    }
}
