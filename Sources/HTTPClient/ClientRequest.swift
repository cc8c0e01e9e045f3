/// A request to another server. A value: it may be handed to any thread and kept.
package struct ClientRequest: Sendable, Equatable {
    /// A header field.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        /// A field.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A token such as `GET`.
    package var method: String
    /// An `http` or `https` URL. Its path is sent as it stands: dots mean nothing.
    package var url: String
    /// Sent in this order, beside `Host` and `Content-Length`.
    package var headers: [Field]
    /// nil for none; empty for one of length 0.
    package var body: [UInt8]?
    /// Longest wait for the whole answer, counted from the sending.
    package var time: Duration
    /// Longest body of the answer in bytes; a longer one is an error.
    package var answerBytes: Int

    /// A request.
    package init(
        method: String, url: String, headers: [Field] = [], body: [UInt8]? = nil, time: Duration,
        answerBytes: Int = 16 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.time = time
        self.answerBytes = answerBytes
    }
}

extension ClientRequest {
    /// What is wrong with a request that must not be sent; nil where nothing is. A header or URL with a line end in it would
    /// let whoever wrote it add headers of its own.
    var problem: String? {
        if method.isEmpty || !method.utf8.allSatisfy(Self.isToken) { return "the method is no token" }
        if url.isEmpty || !url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) {
            return "the URL is empty or has blanks or control characters"
        }
        if url.utf8.count > Self.longestURL { return "the URL is longer than \(Self.longestURL) bytes" }
        for field in headers {
            if field.name.isEmpty || !field.name.utf8.allSatisfy(Self.isToken) {
                return "the name of a header is no token"
            }
            let isPlain = field.value.utf8.allSatisfy { ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F }
            if !isPlain { return "the header \(field.name) has control characters" }
        }
        return nil
    }

    /// The server that the request goes to: its URL as far as the path, as it is spelled.
    var server: Substring {
        var slashes = 0
        let end = url.utf8.firstIndex { byte in
            if byte == UInt8(ascii: "/") { slashes += 1 }
            return slashes == 3 || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
        }
        return url[..<(end ?? url.endIndex)]
    }

    private static let longestURL = 64 << 10

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return true
        default: return "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
