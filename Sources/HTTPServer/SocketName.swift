import CMicrohttpd
import Glibc

/// Reads the kernel's socket addresses.
enum SocketName {
    /// The address in numbers; an IPv4 address that came through an IPv6 socket as IPv4.
    static func read(_ address: UnsafePointer<sockaddr>) -> HTTPAddress {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            var name = raw.loadUnaligned(as: sockaddr_in.self)
            return HTTPAddress(
                host: text(AF_INET, &name.sin_addr, Int(INET_ADDRSTRLEN)), port: UInt16(bigEndian: name.sin_port))
        case AF_INET6:
            var name = raw.loadUnaligned(as: sockaddr_in6.self)
            let host = text(AF_INET6, &name.sin6_addr, Int(INET6_ADDRSTRLEN))
            let mapped = host.hasPrefix("::ffff:") && host.contains(".")
            return HTTPAddress(
                host: mapped ? String(host.dropFirst(7)) : host, port: UInt16(bigEndian: name.sin6_port))
        default:
            return HTTPAddress(host: "-", port: 0)
        }
    }

    /// The path of a Unix socket, `@NAME` for one without a file.
    ///
    /// - Parameter size: of the address, as the kernel told it.
    static func path(_ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> String {
        let start = MemoryLayout<sa_family_t>.size
        let end = min(Int(size), MemoryLayout<sockaddr_un>.size)
        guard end > start else { return "-" }
        let bytes = UnsafeRawBufferPointer(start: address, count: end)[start...]
        guard bytes.first == 0 else { return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
        return "@" + String(decoding: bytes.dropFirst(), as: UTF8.self)
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer, _ capacity: Int) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            guard let base = buffer.baseAddress, inet_ntop(family, address, base, socklen_t(capacity)) != nil else {
                return "-"
            }
            return String(cString: base)
        }
    }
}
