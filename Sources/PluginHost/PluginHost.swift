import CLinux
package import ConnectModel
import Glibc
import Logging
package import Settings
import Synchronization

/// The plugins of a worker: finds their libraries, opens one at first use, makes instances.
///
/// Thread-safe. Scanning and making block: lanes, or the main thread before it serves. A library is looked into in a child
/// process first; in this process it is opened through the descriptor that was checked, and never closed again.
package final class PluginHost: PluginCatalog {
    private struct State {
        var found: [FoundClass] = []
        var table = ClassNames([])
        var broken: [BrokenPlugin] = []
        /// By identity of the file: those that are open, and those that are in this process and no plugin.
        var libraries: [String: Result<OpenLibrary, PluginRefusal>] = [:]
        /// Outcomes of probes; nil before the first scan.
        var cache: ProbeCache?
    }

    /// A class with the library that it comes from.
    struct FoundClass: Sendable {
        let description: PluginDescription
        let table: SettingsTable
        let path: String
        /// Of the very file that was probed.
        let identity: String
    }

    private static let log = Logger("connect.plugins")

    private let folders: [String]
    private let program: String
    private let cacheFolder: String?
    private let state = Mutex(State())
    private let loading = Mutex<Void>(())

    /// - Parameters:
    ///   - folders: folders with libraries, or libraries, in the order in which they are searched.
    ///   - program: this program, which probes libraries as a child.
    ///   - cacheFolder: where outcomes of probes are kept; nil for nowhere.
    package init(folders: [String], program: String, cacheFolder: String?) {
        self.folders = folders
        self.program = program
        self.cacheFolder = cacheFolder
    }

    package var plugins: [PluginDescription] { state.withLock { $0.found.map(\.description) } }

    package var broken: [BrokenPlugin] { state.withLock { $0.broken } }

    package func resolve(_ className: String) throws(ConnectError) -> PluginDescription {
        try found(className).description
    }

    /// The keys that a class declares, without the framework's; empty for one that is gone.
    package func table(of plugin: PluginDescription) -> SettingsTable {
        state.withLock { state in state.found.first { $0.description.className == plugin.className }?.table }
            ?? SettingsTable()
    }

    private func found(_ className: String) throws(ConnectError) -> FoundClass {
        let (names, found) = state.withLock { ($0.table, $0.found) }
        switch names.lookUp(className) {
        case .one(let index): return found[index]
        case .several(let indices):
            let several = indices.map { found[$0].description.className }.joined(separator: ", ")
            throw ConnectError(
                .configAmbiguousClass,
                "More than one connector matches alias \(className). Please use full package and class name instead. "
                    + "Classes found: \(several)")
        case .none:
            throw unknown(className, names.all, found.map(\.description))
        }
    }

    private func unknown(_ className: String, _ names: [String], _ known: [PluginDescription]) -> ConnectError {
        var message = "Invalid value \(className) for configuration connector.class: no plugin has such a class"
        message += KeySuggestion.nearest(to: className, in: names).map { "; did you mean \($0)?" } ?? "."
        let listed = known.map(\.className).joined(separator: ", ")
        message += " Known connectors: \(listed.isEmpty ? "none" : listed)."
        message += " Folders searched: \(folders.joined(separator: ", "))"
        return ConnectError(.configUnknownClass, message)
    }

    // MARK: - Scanning

    /// What the probing child does: writes one line of JSON with what the library declares, or why it cannot be used.
    ///
    /// - Returns: the exit code; the process has to end at once then, without running the library's destructors.
    package static func probe(_ path: String) -> Int32 { PluginProbe.answer(for: path) }

    package func rescan() {
        // What was looked into and is the same is not looked into again: a probe that fails under load would take classes away
        // that are in use.
        var cache = state.withLock { $0.cache } ?? ProbeCache(folder: cacheFolder)
        var found: [FoundClass] = []
        var broken: [BrokenPlugin] = []
        for path in libraries() {
            do throws(PluginRefusal) {
                found += try probe(path, &cache)
            } catch {
                broken.append(BrokenPlugin(location: path, reason: error.reason))
            }
        }
        cache.save()
        let (chosen, twins) = Self.highestVersions(found)
        for twin in twins {
            Self.log.warning(
                "Class \(twin.className) \(twin.version) comes from two libraries: \(twin.used) is used, "
                    + "\(twin.ignored) is not")
        }
        found = chosen
        let sorted = found.sorted {
            ($0.description.kind.rawValue, $0.description.className) < (
                $1.description.kind.rawValue, $1.description.className
            )
        }
        state.withLock { state in
            state.found = sorted
            state.table = ClassNames(sorted.map(\.description))
            state.broken = broken
            state.cache = cache
        }
    }

    private func probe(_ path: String, _ cache: inout ProbeCache) throws(PluginRefusal) -> [FoundClass] {
        let file = try LibraryFile.open(path)
        defer { file.close() }
        let manifest: PluginManifest
        if let known = cache.manifest(of: path, identity: file.identity) {
            manifest = known
        } else {
            manifest = try PluginProbe.run(path, program: program)
            cache.store(manifest, of: path, identity: file.identity)
        }
        var classes: [FoundClass] = []
        for entry in manifest.classes {
            guard let kind = entry.connectorKind else {
                Self.log.warning("\(path): class \(entry.name) is of a kind that this version does not use")
                continue
            }
            classes.append(
                FoundClass(
                    description: PluginDescription(
                        className: entry.name, aliases: entry.aliases, kind: kind, version: entry.version,
                        location: path, build: file.build), table: entry.table, path: path,
                    identity: file.identity))
        }
        return classes
    }

    /// The libraries of all folders, each folder's sorted by name.
    private func libraries() -> [String] {
        var paths: [String] = []
        for folder in folders {
            var status = stat()
            guard stat(folder, &status) == 0 else {
                Self.log.debug("No plugin folder \(folder): \(errorText(errno))")
                continue
            }
            if status.st_mode & S_IFMT != S_IFDIR {
                paths.append(folder)
                continue
            }
            paths += Self.entries(of: folder).filter { $0.hasSuffix(".so") }.map { "\(folder)/\($0)" }
        }
        return paths
    }

    private static func entries(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names.sorted()
    }

    /// A class that two libraries have in the same version.
    struct Twin: Equatable {
        let className: String
        let version: String
        let used: String
        let ignored: String
    }

    /// Of several versions of one class the highest stays; of equal ones the first that was found, which is told.
    static func highestVersions(_ found: [FoundClass]) -> (chosen: [FoundClass], twins: [Twin]) {
        var best: [String: Int] = [:]
        for (index, entry) in found.enumerated() {
            if let known = best[entry.description.className],
                !VersionOrder.isHigher(entry.description.version, than: found[known].description.version)
            {
                continue
            }
            best[entry.description.className] = index
        }
        var chosen: [FoundClass] = []
        var twins: [Twin] = []
        for (index, entry) in found.enumerated() {
            guard let used = best[entry.description.className] else { continue }
            if used == index {
                chosen.append(entry)
            } else if entry.description.version == found[used].description.version, entry.path != found[used].path {
                twins.append(
                    Twin(
                        className: entry.description.className, version: entry.description.version,
                        used: found[used].path, ignored: entry.path))
            }
        }
        return (chosen, twins)
    }

    // MARK: - Instances

    package func makeConnector(
        _ plugin: PluginDescription, services: any ConnectorServices
    ) throws(ConnectError) -> any ConnectorPort {
        try ConnectorInstance(try opened(plugin), plugin, services)
    }

    package func makeSourceTask(
        _ plugin: PluginDescription, services: any SourceTaskServices
    ) throws(ConnectError) -> any SourceTaskPort {
        try SourceTaskInstance(try opened(plugin), plugin, services)
    }

    package func makeSinkTask(
        _ plugin: PluginDescription, services: any SinkTaskServices
    ) throws(ConnectError) -> any SinkTaskPort {
        try SinkTaskInstance(try opened(plugin), plugin, services)
    }

    private func opened(_ plugin: PluginDescription) throws(ConnectError) -> PluginClass {
        let found = try found(plugin.className)
        // A library that hangs while it is opened holds up the first uses of others alone.
        let opened = state.withLock { $0.libraries[found.identity] } ?? loading.withLock { _ in load(found) }
        do throws(PluginRefusal) {
            guard let kcClass = try opened.get().kcClass(named: plugin.className) else {
                throw PluginRefusal("has no class \(plugin.className) any more: it was replaced since it was looked at")
            }
            return PluginClass(kcClass)
        } catch {
            throw ConnectError(.pluginUnusable, "\(found.path): \(error.reason)")
        }
    }

    private func load(_ found: FoundClass) -> Result<OpenLibrary, PluginRefusal> {
        if let library = state.withLock({ $0.libraries[found.identity] }) { return library }
        do throws(PluginRefusal) {
            let file = try checkedFile(found)
            let loaded: OpenLibrary.Loaded
            do throws(PluginRefusal) {
                loaded = try OpenLibrary.load(file)
            } catch {
                // Nothing of it is in this process, and what it lacks may be there the next time.
                file.close()
                throw error
            }
            // From here on the library is in this process for good, usable or not: it keeps its file, and is not loaded again.
            // What its constructors, and then its entry, have registered for the end of the process is not to run before the guard.
            _ = kcl_guard_exit_again()
            let library = Result { () throws(PluginRefusal) in try OpenLibrary(loaded) }
            _ = kcl_guard_exit_again()
            state.withLock { $0.libraries[found.identity] = library }
            return library
        } catch {
            return .failure(error)
        }
    }

    private func checkedFile(_ found: FoundClass) throws(PluginRefusal) -> LibraryFile {
        let file = try LibraryFile.open(found.path)
        guard file.identity == found.identity else {
            file.close()
            throw PluginRefusal(
                "was replaced since it was looked at: reload the worker (systemctl reload kafka-connect), which looks again"
            )
        }
        return file
    }
}

extension PluginManifest.Class {
    /// nil for kinds that this version does not use.
    fileprivate var connectorKind: ConnectorKind? {
        switch kind {
        case 1: return .source
        case 2: return .sink
        default: return nil
        }
    }
}
