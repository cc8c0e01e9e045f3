import CommandLine
import ConnectConfig
import ConnectModel
import PluginHost

/// `kafka-connect plugins`: what can be used, and why the rest cannot.
enum PluginsCommand {
    static func run(worker: String?, pluginPath: String?) -> Int32 {
        let folders: [String]
        if let pluginPath {
            folders = pluginPath.split(separator: ",").map(String.init)
        } else if let worker {
            let document = ConfigFile.readWorker(worker)
            for problem in document.problems { Terminal.error(problem.description) }
            // Another worker's folders, or the usual ones, would be an answer to what nobody asked.
            guard !document.hasErrors else { return ExitStatus.failure.code }
            folders = PluginFolders.all(document.values["plugin.path"].map(list))
        } else {
            folders = PluginFolders.all(nil)
        }
        let host = PluginHost(folders: folders, program: PluginFolders.executable, cacheFolder: nil)
        host.rescan()
        show("Folders searched: \(folders.map(PluginFolders.described).joined(separator: ", "))")
        for plugin in host.plugins {
            show("\(plugin.kind.rawValue)  \(plugin.className)  \(plugin.version)  \(plugin.location)")
        }
        for broken in host.broken { show("broken  \(broken.location): \(broken.reason)") }
        if host.plugins.isEmpty, host.broken.isEmpty { Terminal.print("No plugin library (.so) was found.") }
        return ExitStatus.success.code
    }

    /// Names and reasons are the libraries' own words.
    private static func show(_ text: String) { Terminal.print(TerminalText.line(text)) }

    /// The child of a scan: prints what one library declares.
    static func probe(_ file: String) -> Int32 { PluginHost.probe(file) }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}
