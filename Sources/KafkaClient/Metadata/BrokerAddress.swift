/// Host and port of a broker, as written in `bootstrap.servers` or announced in metadata.
public struct BrokerAddress: Sendable, Hashable, CustomStringConvertible {
    /// Host name or address, without brackets and without a trailing dot.
    public let host: String
    /// TCP port.
    public let port: UInt16

    /// Makes an address.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, `[v6address]:port` or Java's `PROTOCOL://host:port`; nil when it is none of them.
    public init?(parsing text: some StringProtocol) {
        var rest = Substring(text)
        if let scheme = rest.firstRange(ofText: "://") { rest = rest[scheme.upperBound...] }
        guard let colon = rest.lastIndex(of: ":") else { return nil }
        var host = rest[..<colon]
        let digits = rest[rest.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits), port > 0
        else { return nil }
        if host.first == "[" {
            guard host.last == "]" else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        if host.last == "." { host = host.dropLast() }
        guard !host.isEmpty, !host.utf8.contains(where: { $0 <= 32 || $0 == 47 || $0 == 91 || $0 == 93 }) else {
            return nil
        }
        self.init(host: String(host), port: port)
    }

    /// `host:port`, with brackets round an IPv6 address.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Substring {
    /// The first place of `needle`, compared byte by byte.
    fileprivate func firstRange(ofText needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}
