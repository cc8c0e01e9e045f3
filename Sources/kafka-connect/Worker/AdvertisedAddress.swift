import ConnectConfig
import Glibc
import HTTPServer
import Settings

/// How other workers and clients reach this one: `rest.advertised.*`, else the first listener with the port that it got.
///
/// Source: `RestServer.advertisedUrl`.
struct AdvertisedAddress {
    let host: String
    let port: Int

    init(_ config: WorkerConfig, bound: [HTTPAddress]) {
        let first = bound.first
        var listenerHost = ""
        for case .network(_, let host, _) in config.listeners {
            listenerHost = host
            break
        }
        let configured = config.settings.string("rest.advertised.host.name") ?? ""
        host = !configured.isEmpty ? configured : !listenerHost.isEmpty ? listenerHost : Self.localAddress()
        port = config.settings.int("rest.advertised.port") ?? Int(first?.port ?? 0)
    }

    /// `host:port`
    var workerID: String { "\(host):\(port)" }

    /// With a slash at the end, as the group protocol carries it.
    var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/" }

    /// The machine's first address that is not of the loopback interface; loopback where there is none.
    private static func localAddress() -> String {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return "127.0.0.1" }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET),
                entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { continue }
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            if getnameinfo(address, length, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0 {
                return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }
        return "127.0.0.1"
    }
}
