import ConnectModel

/// What another look at the plugin folders found.
struct PluginChanges: Equatable {
    /// Classes with their versions that were not there before; sorted.
    private(set) var added: [String] = []
    /// Classes that have another version or come from another library now.
    private(set) var replaced: [String] = []
    /// Libraries that are another build of the same version; sorted.
    private(set) var rebuilt: [String] = []
    /// Libraries that were written over in place, which what is loaded of them does not survive for sure; sorted.
    private(set) var overwritten: [String] = []
    /// Full names of all classes that come from another library, or another build of it, than before.
    private(set) var otherClasses: Set<String> = []
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
        var libraries: Set<String> = []
        var inPlace: Set<String> = []
        for plugin in now.plugins {
            let name = "\(plugin.className) \(plugin.version)"
            guard let known = before.plugins.first(where: { $0.className == plugin.className }) else {
                added.append(name)
                continue
            }
            let isSame = (known.version, known.location) == (plugin.version, plugin.location)
            if !isSame { replaced.append(name) }
            guard !isSame || known.build != plugin.build else { continue }
            otherClasses.insert(plugin.className)
            if isSame { libraries.insert(plugin.location) }
            if let old = known.build, let new = plugin.build, old.file == new.file, old.content != new.content {
                inPlace.insert(plugin.location)
            }
        }
        rebuilt = libraries.sorted()
        overwritten = inPlace.sorted()
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
