import ConnectModel

/// Finds classes by what an operator writes: full name, simple name, or the simple name without `Connector`
/// (configuration.md §6).
struct ClassNames: Sendable {
    enum Match: Equatable {
        case none
        case one(Int)
        case several([Int])
    }

    private var byName: [String: Int] = [:]
    private var byAlias: [String: [Int]] = [:]

    init(_ plugins: [PluginDescription]) {
        for (index, plugin) in plugins.enumerated() {
            byName[plugin.className] = index
            var aliases = Set(plugin.aliases)
            let simple = plugin.className.split { $0 == "." || $0 == "$" }.last.map(String.init) ?? plugin.className
            aliases.insert(simple)
            let suffix = "Connector"
            if simple.hasSuffix(suffix), simple.count > suffix.count {
                aliases.insert(String(simple.dropLast(suffix.count)))
            }
            for alias in aliases.sorted() where alias != plugin.className { byAlias[alias, default: []].append(index) }
        }
    }

    /// Every name that stands for one class, in alphabetical order.
    var all: [String] { (Array(byName.keys) + byAlias.filter { $0.value.count == 1 }.keys).sorted() }

    /// The class that a name stands for.
    func lookUp(_ name: String) -> Match {
        if let index = byName[name] { return .one(index) }
        let indices = byAlias[name] ?? []
        switch indices.count {
        case 0: return .none
        case 1: return .one(indices[0])
        default: return .several(indices)
        }
    }
}

/// Order of version texts: numbers by value, the rest by letters, as Maven compares most of them.
enum VersionOrder {
    static func isHigher(_ left: String, than right: String) -> Bool {
        let leftParts = parts(left)
        let rightParts = parts(right)
        for index in 0..<max(leftParts.count, rightParts.count) {
            let a = index < leftParts.count ? leftParts[index] : ""
            let b = index < rightParts.count ? rightParts[index] : ""
            if a == b { continue }
            if let x = UInt64(a.isEmpty ? "0" : a), let y = UInt64(b.isEmpty ? "0" : b) {
                if x != y { return x > y }
                continue
            }
            // A word behind a dash marks what comes before the release: 1.0-rc < 1.0.
            if a.isEmpty { return UInt64(b) == nil }
            if b.isEmpty { return UInt64(a) != nil }
            return a > b
        }
        return false
    }

    private static func parts(_ version: String) -> [String] {
        version.split { $0 == "." || $0 == "-" || $0 == "+" }.map(String.init)
    }
}
