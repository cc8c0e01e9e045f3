import CLinux
import Glibc

/// A host name that has no address.
public struct ResolveError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name that was looked up.
    public let host: String
    /// What the resolver said, such as `Name or service not known`.
    public let reason: String

    /// As in `cannot resolve kafka-1: Name or service not known`.
    public var description: String { "cannot resolve \(host): \(reason)" }
}

/// Looks up host names without stopping a loop.
public enum Resolver {
    /// The addresses of `host` in the system's order of preference, given to `completion` on `loop`: in a later turn,
    /// exactly once unless the loop stops before. An address in figures needs no look-up.
    public static func resolve(
        host: String, port: UInt16, on lane: Lane, loop: EventLoop,
        completion: @escaping (Result<[SocketAddress], ResolveError>) -> Void
    ) {
        let completion = Confined(completion, to: loop)
        if let address = SocketAddress(ip: host, port: port) {
            return loop.execute { completion.value(.success([address])) }
        }
        lane.submit {
            let result = lookUp(host: host, port: port)
            loop.execute { completion.value(result) }
        }
    }

    private static func lookUp(host: String, port: UInt16) -> Result<[SocketAddress], ResolveError> {
        func failure(_ reason: String) -> Result<[SocketAddress], ResolveError> {
            .failure(ResolveError(host: host, reason: reason))
        }
        guard !host.utf8.contains(0) else { return failure("the name holds a zero byte") }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            return failure(code == EAI_SYSTEM ? SystemError.last("getaddrinfo").description : text(of: code))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let info = entry?.pointee {
            if let pointer = info.ai_addr,
                let found = SocketAddress(pointer, length: Int(info.ai_addrlen)),
                !addresses.contains(where: { $0.hasSameHost(as: found) })
            {
                addresses.append(found.with(port: port))
            }
            entry = info.ai_next
        }
        return addresses.isEmpty ? failure("it has no IPv4 or IPv6 address") : .success(addresses)
    }

    private static func text(of code: Int32) -> String {
        gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
