package import HTTPServer

/// Where clients and other workers find this worker: `rest.advertised.*`, else the first TCP listener, else the machine.
package struct AdvertisedAddress: Sendable, Equatable {
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// - Parameters:
    ///   - host: `rest.advertised.host.name`.
    ///   - port: `rest.advertised.port`.
    ///   - configured: host as the configuration's first TCP listener names it; empty where that binds all addresses.
    ///   - bound: where the server was found to listen.
    package init(host: String?, port: Int?, configured: String?, bound: [HTTPAddress]) {
        let found = bound.first { $0.port != 0 }
        let names = [host, configured].compactMap(\.self).filter { !$0.isEmpty }
        self.host = names.first ?? LocalAddress.first() ?? "127.0.0.1"
        self.port = port.flatMap { UInt16(exactly: $0) } ?? found?.port ?? 0
    }

    /// `host:port`, as statuses show it.
    package var workerID: String { "\(isNumericSix ? "[\(host)]" : host):\(port)" }

    /// The base of URLs, without a slash at its end.
    package var url: String { "http://" + workerID }

    /// Whether only programs of this host reach it.
    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    private var isNumericSix: Bool { host.contains(":") }
}
