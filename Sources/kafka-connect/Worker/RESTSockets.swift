import ConnectConfig
import HTTPServer
import RESTAPI
import Systemd

/// Which sockets REST is served on: those that systemd passed (a socket unit), else those that `listeners` names. Never both,
/// so that what a socket unit opens is all that is open.
struct RESTSockets: Equatable {
    let listeners: [HTTPListener]
    /// What an operator should know.
    let warnings: [String]
    /// How a listener names this host; empty where that stands for every address of it, nil where none does.
    let host: String?

    /// - Parameters:
    ///   - configured: the listeners of the worker's file, or the standard one.
    ///   - isGiven: the file names them.
    ///   - passed: what systemd passed, and where it listens.
    init(configured: [Listener], isGiven: Bool, passed: [(socket: PassedSocket, address: HTTPAddress)]) {
        let names = configured.compactMap { listener -> (host: String, port: UInt16)? in
            guard case .network(_, let host, let port) = listener else { return nil }
            return (host, port)
        }
        guard !passed.isEmpty else {
            listeners = configured.compactMap { HTTPListener($0) }
            host = names.first?.host
            warnings = listeners.compactMap { listener in
                guard case .network(let host, let port) = listener,
                    host != "localhost", !HTTPAddress(host: host, port: max(port, 1)).isLocal
                else { return nil }
                return Self.isOpen(host.isEmpty ? "all addresses" : host, port)
            }
            return
        }
        listeners = passed.map { .adopted(descriptor: $0.socket.descriptor) }
        let addresses = passed.map(\.address)
        var warnings: [String] = []
        let unserved =
            isGiven ? configured.filter { listener in !addresses.contains { Self.matches(listener, $0) } } : []
        let unnamed =
            isGiven ? addresses.filter { address in !configured.contains { Self.matches($0, address) } } : []
        if !unserved.isEmpty || !unnamed.isEmpty {
            warnings.append(
                "REST is served on the sockets that systemd passed, \(Self.list(addresses.map(\.description))), and not on "
                    + "what listeners says, \(Self.list(configured.map(Self.text))): have ListenStream= of the socket unit "
                    + "and listeners say the same, or disable the socket unit")
        }
        for address in addresses where !address.isLocal {
            warnings.append(Self.isOpen(Self.isAny(address.host) ? "all addresses" : address.host, address.port))
        }
        self.warnings = warnings
        let first = addresses.first { $0.port != 0 }
        // A name that the file has for the same port is better than the number of an address.
        let name = first.flatMap { first in
            names.first { $0.port == first.port && Self.names($0.host, first) }?.host
        }
        host = name ?? first.map { Self.isAny($0.host) ? "" : $0.host }
    }

    /// Whether a listener of the file means the socket. A host name may be any address of its port.
    private static func matches(_ listener: Listener, _ address: HTTPAddress) -> Bool {
        switch listener {
        case .unix(let path): return address.port == 0 && address.host == path
        case .network(_, let host, let port):
            guard address.port != 0, port == address.port || port == 0 else { return false }
            if isAny(host) || isAny(address.host) { return isAny(host) && isAny(address.host) }
            if host == "localhost" { return address.isLocal }
            return !isNumeric(host) || host.lowercased() == address.host.lowercased()
        }
    }

    /// Whether the file's host may stand for the socket before others: a name may, a number that is not served must not.
    private static func names(_ host: String, _ address: HTTPAddress) -> Bool {
        guard !isAny(host) else { return false }
        if host == "localhost" { return address.isLocal }
        guard isNumeric(host) else { return true }
        if isAny(address.host) { return !HTTPAddress(host: host, port: address.port).isLocal }
        return host.lowercased() == address.host.lowercased()
    }

    private static func isAny(_ host: String) -> Bool { host.isEmpty || host == "0.0.0.0" || host == "::" }

    private static func isNumeric(_ host: String) -> Bool {
        host.contains(":") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }

    private static func text(_ listener: Listener) -> String {
        switch listener {
        case .unix(let path): "unix://\(path)"
        case .network(let isTLS, let host, let port):
            "\(isTLS ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    private static func list(_ texts: [String]) -> String { texts.joined(separator: ", ") }

    private static func isOpen(_ place: String, _ port: UInt16) -> String {
        "REST listens beyond this machine (\(place), port \(port)) and asks nobody who they are: whoever reaches it can run "
            + "connectors"
    }
}
