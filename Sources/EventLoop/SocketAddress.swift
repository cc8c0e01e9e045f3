import CLinux
import Glibc

/// An IPv4 or IPv6 address with a port.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    private enum Host: Hashable {
        case v4(UInt32)
        case v6(UInt64, UInt64, scope: UInt32)
    }

    /// As in `sin_addr` and `sin6_addr`: the bytes as they travel.
    private let host: Host
    /// In the host's byte order.
    public let port: UInt16

    /// The address written as `ip` (`127.0.0.1`, `::1`), without a look-up; nil where it is none.
    public init?(ip: String, port: UInt16) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, ip, &v4) == 1 {
            host = .v4(v4.s_addr)
        } else if inet_pton(AF_INET6, ip, &v6) == 1 {
            host = Self.host(of: v6, scope: 0)
        } else {
            return nil
        }
        self.port = port
    }

    /// The address in `pointer`, of which `length` bytes may be read; nil for other families.
    init?(_ pointer: UnsafePointer<sockaddr>, length: Int) {
        let bytes = UnsafeRawBufferPointer(start: pointer, count: length)
        guard length >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(bytes.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            let address = bytes.loadUnaligned(as: sockaddr_in.self)
            host = .v4(address.sin_addr.s_addr)
            port = UInt16(bigEndian: address.sin_port)
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            let address = bytes.loadUnaligned(as: sockaddr_in6.self)
            host = Self.host(of: address.sin6_addr, scope: address.sin6_scope_id)
            port = UInt16(bigEndian: address.sin6_port)
        default:
            return nil
        }
    }

    /// The address that `descriptor` is bound to.
    init?(localOf descriptor: Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                getsockname(descriptor, pointer, &length) == 0
                    ? SocketAddress(pointer, length: Int(length)) : nil
            }
        }
        guard let address else { return nil }
        self = address
    }

    private init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// The same host with another port.
    public func with(port: UInt16) -> SocketAddress { SocketAddress(host: host, port: port) }

    /// Whether both differ at most in their ports.
    public func hasSameHost(as other: SocketAddress) -> Bool { host == other.host }

    /// `AF_INET` or `AF_INET6`.
    var family: Int32 {
        switch host {
        case .v4: AF_INET
        case .v6: AF_INET6
        }
    }

    /// The address without its port, as inet_ntop writes it.
    public var ip: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch host {
        case .v4(let bits):
            var address = in_addr(s_addr: bits)
            inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
        case .v6(let high, let low, _):
            var address = Self.in6(high, low)
            inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `127.0.0.1:9092` or `[::1]:9092`.
    public var description: String {
        switch host {
        case .v4: "\(ip):\(port)"
        case .v6: "[\(ip)]:\(port)"
        }
    }

    /// Lends the address in the form of the system calls.
    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch host {
        case .v4(let bits):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = bits
            return Self.lend(&address, body)
        case .v6(let high, let low, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = Self.in6(high, low)
            address.sin6_scope_id = scope
            return Self.lend(&address, body)
        }
    }

    private static func lend<Address, Result>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                body(pointer, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    private static func host(of address: in6_addr, scope: UInt32) -> Host {
        withUnsafeBytes(of: address) { bytes in
            .v6(
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self), scope: scope)
        }
    }

    private static func in6(_ high: UInt64, _ low: UInt64) -> in6_addr {
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: high, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
        }
        return address
    }
}
