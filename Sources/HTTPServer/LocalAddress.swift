import CMicrohttpd
import Glibc

/// Addresses of this machine.
package enum LocalAddress {
    /// The first IPv4 address of an interface that is up and not the loopback.
    package static func first() -> String? {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return nil }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            let flags = Int32(bitPattern: entry.pointee.ifa_flags)
            let isUsable = flags & Int32(IFF_UP) != 0 && flags & Int32(IFF_LOOPBACK) == 0
            guard isUsable, let address = entry.pointee.ifa_addr, Int32(address.pointee.sa_family) == AF_INET
            else { continue }
            return SocketName.read(UnsafePointer(address)).host
        }
        return nil
    }
}
