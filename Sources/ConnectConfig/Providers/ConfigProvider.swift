/// Looks values up outside of a configuration: what `${provider:path:key}` refers to.
///
/// Called wherever configurations are resolved; may read files, so never on an event loop.
package protocol ConfigProvider: Sendable {
    /// The values of those keys that exist under `path`. An empty path is one that was not given.
    func values(path: String, keys: Set<String>) throws(ConfigProviderError) -> [String: String]
}

/// Why a provider could not be made or asked, in Apache's words. Never holds a value.
package struct ConfigProviderError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
