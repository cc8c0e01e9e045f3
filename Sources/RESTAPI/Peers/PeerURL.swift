import HTTPServer

/// Builds URLs of other workers.
enum PeerURL {
    /// - Parameters:
    ///   - base: a worker's advertised URL, with or without a slash at its end.
    ///   - segments: of the path, decoded.
    ///   - parameters: of the query, decoded.
    static func make(_ base: String, _ segments: [String], _ parameters: [(name: String, value: String)] = []) -> String
    {
        var url = base.hasSuffix("/") ? String(base.dropLast()) : base
        for segment in segments { url += "/" + RequestTarget.encode(segment: segment) }
        for (index, parameter) in parameters.enumerated() {
            url += (index == 0 ? "?" : "&") + encode(parameter.name) + "=" + encode(parameter.value)
        }
        return url
    }

    /// A segment's encoding, and that of what means something in a query.
    private static func encode(_ text: String) -> String {
        let meanings: [Character: String] = ["&": "%26", "=": "%3D", "+": "%2B", ";": "%3B"]
        return String(RequestTarget.encode(segment: text).map { meanings[$0] ?? String($0) }.joined())
    }
}
