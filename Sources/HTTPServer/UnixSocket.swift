import CMicrohttpd
import Glibc

/// Listening on Unix sockets.
enum UnixSocket {
    static func listen(_ path: String, backlog: Int32) throws(HTTPServerError) -> ListenSocket {
        guard var address = address(path) else {
            throw HTTPServerError("Cannot listen on unix://\(path): the path is too long or empty")
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(path, errno) }
        var code = bind(descriptor, &address)
        if code == EADDRINUSE, isAbandoned(&address) {
            unlink(path)
            code = bind(descriptor, &address)
        }
        guard code == 0, Glibc.listen(descriptor, backlog) == 0, ListenSocket.makeNonBlocking(descriptor) else {
            let reason = code == 0 ? errno : code
            close(descriptor)
            throw failure(path, reason)
        }
        return ListenSocket(descriptor: descriptor, address: HTTPAddress(host: path, port: 0), path: path)
    }

    /// Whether a socket file is there that nobody listens on.
    private static func isAbandoned(_ address: inout sockaddr_un) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withAddress(&address) { Glibc.connect(descriptor, $0, $1) } != 0 && errno == ECONNREFUSED
    }

    /// - Returns: 0, or the error.
    private static func bind(_ descriptor: Int32, _ address: inout sockaddr_un) -> Int32 {
        withAddress(&address) { Glibc.bind(descriptor, $0, $1) } == 0 ? 0 : errno
    }

    private static func address(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        return withUnsafeMutableBytes(of: &address.sun_path) { place in
            // The last byte stays zero.
            guard !bytes.isEmpty, bytes.count < place.count else { return false }
            place.copyBytes(from: bytes)
            return true
        } ? address : nil
    }

    private static func withAddress(
        _ address: inout sockaddr_un, _ use: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> HTTPServerError {
        HTTPServerError("Cannot listen on unix://\(path): \(String(cString: strerror(code)))")
    }
}
