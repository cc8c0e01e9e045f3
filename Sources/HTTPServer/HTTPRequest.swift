/// A whole request. A value: it may be handed to any thread and kept.
package struct HTTPRequest: Sendable {
    /// As sent: `GET`, `PATCH`, or any other token.
    package var method: String
    /// Path and query, not decoded.
    package var target: RequestTarget
    package var headers: HTTPHeaders
    /// At most ``HTTPLimits/bodyBytes`` long, or what the server's ``HTTPServer/BodyLimit`` says.
    package var body: [UInt8]
    /// The peer's address without its port; `-` for a Unix socket.
    package var peer: String
    /// Position in the server's list of listeners.
    package var listener: Int
    /// When the request line was read, in monotonic nanoseconds.
    package var began: UInt64

    package init(
        method: String, target: RequestTarget, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        peer: String = "-", listener: Int = 0, began: UInt64 = 0
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.peer = peer
        self.listener = listener
        self.began = began
    }
}
