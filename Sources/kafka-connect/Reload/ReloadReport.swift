/// What came of a reload, in words: a line for the log that names things, and a short one for STATUS that counts them.
struct ReloadReport: Equatable {
    /// Why nothing was taken over; nil where the worker's file was good.
    var refusal: String?
    /// Loggers whose level in the file changed.
    var loggers: [String] = []
    /// Changed keys of config providers.
    var providers: [String] = []
    /// Changed keys that count only after a restart.
    var waiting: [String] = []
    var plugins = PluginChanges()
    /// Connectors by what was done about them.
    var added: [String] = []
    var changed: [String] = []
    var removed: [String] = []
    /// Restarted since what they refer to has another value.
    var restarted: [String] = []
    /// Connectors that run on with a library that was replaced.
    var outdated: [String] = []
    /// Files and connectors that could not be dealt with; each is told on its own as well.
    var failures = 0

    /// For the log: names.
    var details: String {
        let parts = [
            Self.list("log levels of", loggers), Self.list("config providers:", providers),
            Self.list("plugin classes added:", plugins.added), Self.list("plugin classes replaced:", plugins.replaced),
            Self.list("plugin classes gone:", plugins.removed),
            Self.list("plugin libraries replaced by others of the same version:", plugins.rebuilt),
            Self.list("connectors added:", added),
            Self.list("connectors changed:", changed), Self.list("connectors removed:", removed),
            Self.list("connectors restarted for other values of their references:", restarted),
            failures == 0 ? nil : "\(Self.count(failures, "failure")), told above",
        ].compactMap(\.self)
        return parts.isEmpty ? "nothing changed" : parts.joined(separator: "; ")
    }

    /// For STATUS: counts.
    var summary: String {
        if let refusal { return refusal }
        let parts = [
            Self.tally(loggers.count, "log level", "changed"), Self.tally(providers.count, "provider key", "changed"),
            Self.tally(plugins.added.count, "plugin class", "added"),
            Self.tally(plugins.replaced.count, "plugin class", "replaced"),
            Self.tally(plugins.removed.count, "plugin class", "gone"),
            Self.tally(plugins.rebuilt.count, "plugin library", "of the same version replaced"),
            Self.tally(plugins.broken.count, "plugin library", "broken"),
            Self.tally(added.count, "connector", "added"), Self.tally(changed.count, "connector", "changed"),
            Self.tally(removed.count, "connector", "removed"), Self.tally(restarted.count, "connector", "restarted"),
            failures == 0 ? nil : Self.count(failures, "failure"), Self.shortList("restart needed for", waiting),
            Self.shortList("restart of the worker needed for", plugins.overwritten),
            Self.shortList("with their old library until a restart", outdated),
        ].compactMap(\.self)
        return parts.isEmpty ? "nothing changed" : parts.joined(separator: ", ")
    }

    private static func tally(_ count: Int, _ noun: String, _ what: String) -> String? {
        count == 0 ? nil : "\(Self.count(count, noun)) \(what)"
    }

    private static func count(_ count: Int, _ noun: String) -> String {
        guard count != 1 else { return "1 \(noun)" }
        if noun.hasSuffix("y"), !noun.hasSuffix("ey") { return "\(count) \(noun.dropLast())ies" }
        return "\(count) \(noun)\(noun.hasSuffix("s") ? "es" : "s")"
    }

    private static func shortList(_ title: String, _ names: [String]) -> String? {
        let most = 3
        let rest = names.count > most ? ", and \(names.count - most) more" : ""
        return list(title, Array(names.prefix(most))).map { $0 + rest }
    }

    private static func list(_ title: String, _ names: [String]) -> String? {
        names.isEmpty ? nil : "\(title) \(names.joined(separator: ", "))"
    }
}
