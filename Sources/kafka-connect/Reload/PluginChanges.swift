import ConnectModel

/// What another look at the plugin folders found.
struct PluginChanges: Equatable {
    /// Classes with their versions that were not there before; sorted.
    private(set) var added: [String] = []
    /// Classes that have another version or come from another library now.
    private(set) var replaced: [String] = []
    /// Classes that are gone.
    private(set) var removed: [String] = []
    /// Libraries that cannot be used and are not known to be so already, each with the reason.
    private(set) var broken: [String] = []

    /// What was found by one look.
    struct Found {
        let plugins: [PluginDescription]
        let broken: [BrokenPlugin]
    }

    /// Nothing changed.
    init() {}

    init(before: Found, now: Found) {
        for plugin in now.plugins {
            let name = "\(plugin.className) \(plugin.version)"
            guard let known = before.plugins.first(where: { $0.className == plugin.className }) else {
                added.append(name)
                continue
            }
            if (known.version, known.location) != (plugin.version, plugin.location) { replaced.append(name) }
        }
        removed = before.plugins.map(\.className).filter { name in !now.plugins.contains { $0.className == name } }
        broken = now.broken.filter { library in
            !before.broken.contains { ($0.location, $0.reason) == (library.location, library.reason) }
        }.map { "\($0.location): \($0.reason)" }
    }
}

extension PluginChanges.Found {
    /// What a catalog knows now.
    init(_ catalog: any PluginCatalog) {
        self.init(plugins: catalog.plugins, broken: catalog.broken)
    }
}
