/// An address of the REST server: `http://HOST:PORT`, `https://HOST:PORT`, or `unix:///PATH` (which Apache's worker does
/// not have).
package enum Listener: Sendable, Equatable {
    /// An empty host binds all interfaces; port 0 takes any free one.
    case network(isTLS: Bool, host: String, port: UInt16)
    case unix(path: String)

    /// Reads one URL; the failure is Apache's text.
    package static func parse(_ url: String) -> Result<Listener, ListenerError> {
        guard let colon = url.firstRangeOfScheme else { return .failure(.format) }
        let scheme = url[..<colon].lowercased()
        let rest = url[colon...].dropFirst(3)
        switch scheme {
        case "unix": return rest.hasPrefix("/") ? .success(.unix(path: String(rest))) : .failure(.format)
        case "http", "https": break
        default: return .failure(.scheme)
        }
        guard let last = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: last)...]) else {
            return .failure(.format)
        }
        var host = rest[..<last]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let isName = host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-%._:".contains($0)) }
        guard isName else { return .failure(.format) }
        return .success(.network(isTLS: scheme == "https", host: String(host), port: port))
    }
}

/// Why a listener's URL is refused.
package enum ListenerError: String, Error, Sendable {
    case format = "Listener doesn't have the right format (protocol://hostname:port)."
    case scheme = "Listener protocol must be either \"http\" or \"https\"."
}

extension String {
    /// Where `://` stands.
    fileprivate var firstRangeOfScheme: Index? {
        indices.first { self[$0...].hasPrefix("://") }
    }
}
