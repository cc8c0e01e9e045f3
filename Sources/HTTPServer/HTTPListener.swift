/// Where a server listens.
package enum HTTPListener: Sendable, Equatable {
    /// A TCP address. An empty host means all addresses of the machine; of a name's addresses the first that can be bound is
    /// taken, IPv4 before IPv6. Port 0 lets the kernel choose.
    case network(host: String, port: UInt16)
    /// A Unix socket. A socket file that nobody listens on is replaced, another file is not. The file goes when the server stops.
    case unix(path: String)
    /// A listening socket that was handed in (socket activation; TCP or Unix). The server owns it from now on.
    case adopted(descriptor: Int32)

    /// Where a socket listens that is to be handed in.
    package static func address(ofSocket descriptor: Int32) -> HTTPAddress { ListenSocket.address(of: descriptor) }
}

/// Where a server was found to listen.
package struct HTTPAddress: Sendable, Equatable, CustomStringConvertible {
    /// Numeric address without brackets, or the path of a Unix socket.
    package var host: String
    /// 0 for a Unix socket.
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Whether only programs of this machine reach it.
    package var isLocal: Bool { port == 0 || host == "::1" || host.hasPrefix("127.") }

    package var description: String {
        if port == 0 { return host }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
