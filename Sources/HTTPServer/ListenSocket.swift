import CMicrohttpd
import Glibc

/// A listening socket and where it listens.
struct ListenSocket {
    let descriptor: Int32
    let address: HTTPAddress
    /// File of a Unix socket that is ours.
    var path: String?

    private static let backlog: Int32 = 512

    /// Binds and listens. Resolving a host name may block.
    static func open(_ listener: HTTPListener) throws(HTTPServerError) -> ListenSocket {
        switch listener {
        case .adopted(let descriptor):
            return try adopt(descriptor)
        case .network(host: "", let port):
            // One socket for both families; where the kernel has no IPv6, IPv4 alone.
            do throws(HTTPServerError) {
                return try bind(host: "::", port: port)
            } catch {
                guard error.reason == EAFNOSUPPORT || error.reason == EADDRNOTAVAIL else { throw error }
                return try bind(host: "0.0.0.0", port: port)
            }
        case .network(let host, let port):
            return try bind(host: host, port: port)
        case .unix(let path):
            return try UnixSocket.listen(path, backlog: backlog)
        }
    }

    private static func bind(host: String, port: UInt16) throws(HTTPServerError) -> ListenSocket {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let list else {
            throw HTTPServerError(
                "Cannot listen on \(host):\(port): \(String(cString: gai_strerror(code)))",
                reason: code == EAI_FAMILY ? EAFNOSUPPORT : 0)
        }
        defer { freeaddrinfo(list) }
        var failure: Int32 = EADDRNOTAVAIL
        for family in [AF_INET, AF_INET6] {
            var next: UnsafeMutablePointer<addrinfo>? = list
            while let entry = next {
                next = entry.pointee.ai_next
                guard entry.pointee.ai_family == family else { continue }
                let descriptor = listen(on: entry.pointee, bothFamilies: host == "::")
                if descriptor >= 0 { return ListenSocket(descriptor: descriptor, address: address(of: descriptor)) }
                failure = errno
            }
        }
        throw HTTPServerError(
            "Cannot listen on \(host):\(port): \(String(cString: strerror(failure)))", reason: failure)
    }

    /// - Returns: the descriptor, or -1 with `errno` set.
    private static func listen(on entry: addrinfo, bothFamilies: Bool) -> Int32 {
        let descriptor = socket(entry.ai_family, entry.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), entry.ai_protocol)
        guard descriptor >= 0 else { return -1 }
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if entry.ai_family == AF_INET6 {
            set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, bothFamilies ? 0 : 1)
        }
        if Glibc.bind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0, Glibc.listen(descriptor, backlog) == 0,
            makeNonBlocking(descriptor)
        {
            return descriptor
        }
        let failure = errno
        close(descriptor)
        errno = failure
        return -1
    }

    private static func adopt(_ descriptor: Int32) throws(HTTPServerError) -> ListenSocket {
        var listens: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens != 0 else {
            throw HTTPServerError(
                "Descriptor \(descriptor), which was handed in, is no listening socket: a socket unit for it needs "
                    + "ListenStream= and no Accept=yes.")
        }
        let flags = fcntl(descriptor, F_GETFD)
        guard flags >= 0, fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0, makeNonBlocking(descriptor) else {
            throw HTTPServerError("Descriptor \(descriptor) cannot be used: \(String(cString: strerror(errno)))")
        }
        return ListenSocket(descriptor: descriptor, address: address(of: descriptor))
    }

    static func makeNonBlocking(_ descriptor: Int32) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        // A refused option shows as a failing bind, which is reported.
        _ = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Where the socket listens.
    static func address(of descriptor: Int32) -> HTTPAddress {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getsockname(descriptor, address, &size) == 0 else {
                    return HTTPAddress(host: "unknown", port: 0)
                }
                guard Int32(address.pointee.sa_family) == AF_UNIX else { return SocketName.read(address) }
                return HTTPAddress(host: SocketName.path(address, size), port: 0)
            }
        }
    }
}
