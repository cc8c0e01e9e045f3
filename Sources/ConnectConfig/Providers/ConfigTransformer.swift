internal import Logging
internal import Synchronization

/// Replaces references to config providers by what they stand for, when a configuration is used; stored configurations
/// keep the references. Everything that a provider gives is a secret from then on: the redactor hides it.
///
/// Any thread; reads files.
package final class ConfigTransformer: Sendable {
    private let providers: [String: any ConfigProvider]
    private let remember: @Sendable (String) -> Void
    private let known = Mutex<Set<String>>([])

    /// - Parameter remember: Told each value once; hides it from logs and answers.
    init(
        providers: [String: any ConfigProvider],
        remember: @escaping @Sendable (String) -> Void = { LogSystem.redactor.register($0) }
    ) {
        self.providers = providers
        self.remember = remember
    }

    /// What the resolved values of one configuration may have together. A short text may refer to a long value thousands of times.
    static let maximumBytes = 4 << 20

    /// A transformer without providers: every reference stays.
    package static let none = ConfigTransformer(providers: [:])

    /// The configuration with its references resolved, once each and not again within what came of it. References to
    /// unknown providers and to missing keys stay as they are.
    package func resolve(_ config: [String: String]) throws(ConfigProviderError) -> [String: String] {
        guard !providers.isEmpty else { return config }
        let pieces = config.mapValues(ConfigVariable.pieces(of:))
        let values = try look(up: pieces)
        var result = config
        var bytes = 0
        for (key, parts) in pieces {
            var text = ""
            var isChanged = false
            for part in parts {
                switch part {
                case .text(let literal): text += literal
                case .variable(let variable, let written):
                    if let value = values[Place(variable)]?[variable.key] {
                        bytes += value.utf8.count
                        guard bytes <= Self.maximumBytes else {
                            throw ConfigProviderError(
                                "What the configuration's references stand for has more than \(Self.maximumBytes) bytes "
                                    + "together; the limit was passed at \(key)")
                        }
                        text += value
                        isChanged = true
                    } else {
                        text += written
                    }
                }
            }
            if isChanged { result[key] = text }
        }
        return result
    }

    /// True where a value refers to a provider that exists.
    package func refersToProvider(_ value: String) -> Bool {
        ConfigVariable.pieces(of: value).contains {
            guard case .variable(let variable, _) = $0 else { return false }
            return providers[variable.provider] != nil
        }
    }

    private struct Place: Hashable, Comparable {
        let provider: String
        let path: String

        init(_ variable: ConfigVariable) {
            provider = variable.provider
            path = variable.path
        }

        static func < (left: Place, right: Place) -> Bool { (left.provider, left.path) < (right.provider, right.path) }
    }

    /// Asks each provider once for each path.
    private func look(
        up pieces: [String: [ConfigVariable.Piece]]
    ) throws(ConfigProviderError) -> [Place: [String: String]] {
        var wanted: [Place: Set<String>] = [:]
        for parts in pieces.values {
            for case .variable(let variable, _) in parts where providers[variable.provider] != nil {
                wanted[Place(variable), default: []].insert(variable.key)
            }
        }
        var found: [Place: [String: String]] = [:]
        for place in wanted.keys.sorted() {
            guard let provider = providers[place.provider], let keys = wanted[place] else { continue }
            let values = try provider.values(path: place.path, keys: keys)
            for value in values.values { hide(value) }
            found[place] = values
        }
        return found
    }

    private func hide(_ value: String) {
        guard known.withLock({ $0.insert(value).inserted }) else { return }
        remember(value)
        // A file's last line end is part of the value but seldom of what a log shows.
        if let last = value.last, last.isNewline { hide(String(value.dropLast())) }
    }
}
