import CLinux
import Glibc

/// A listening TCP socket of a loop. Confined to the loop.
public final class TCPListener {
    private static let backlog: Int32 = 128
    private static let maximumAcceptsPerTurn = 32
    /// How long nothing is accepted after the process ran out of descriptors, in nanoseconds.
    private static let pauseWithoutDescriptors: UInt64 = 100_000_000

    private let loop: EventLoop
    private let accepted: (Int32) -> Void
    private var descriptor: Int32
    private var pause: TimerID?

    /// The address that is listened on, with the real port where 0 was asked for.
    public let address: SocketAddress

    /// Listens on `address`.
    ///
    /// - Parameter accepted: called on the loop with each new socket, which then is the callee's; see
    ///   ``TCPConnection/adopt(_:)``.
    public init(
        loop: EventLoop, address: SocketAddress, accepted: @escaping (Int32) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.accepted = accepted
        descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError.last("socket") }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        self.address = try Self.listen(descriptor, address)
        do throws(SystemError) {
            try loop.register(descriptor, .read, self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Stops listening; connections accepted before are not touched.
    public func close() {
        guard descriptor >= 0 else { return }
        if let pause { loop.cancel(pause) }
        loop.deregister(descriptor)
        Glibc.close(descriptor)
        descriptor = -1
    }

    private static func listen(_ descriptor: Int32, _ address: SocketAddress) throws(SystemError) -> SocketAddress {
        func fail(_ call: String) -> SystemError {
            let error = SystemError.last(call)
            Glibc.close(descriptor)
            return error
        }
        guard address.withSockaddr({ bind(descriptor, $0, $1) }) == 0 else { throw fail("bind") }
        guard Glibc.listen(descriptor, backlog) == 0 else { throw fail("listen") }
        guard let bound = SocketAddress(localOf: descriptor) else { throw fail("getsockname") }
        return bound
    }

    private func resume() {
        pause = nil
        guard descriptor >= 0 else { return }
        do throws(SystemError) {
            try loop.modify(descriptor, .read)
        } catch {
            close()
        }
    }
}

extension TCPListener: ReadinessHandler {
    /// Called by the loop.
    public func ready(_ readiness: Readiness) {
        for _ in 0..<Self.maximumAcceptsPerTurn {
            guard descriptor >= 0 else { return }
            let socket = kcl_accept(descriptor)
            if socket >= 0 {
                accepted(socket)
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED:
                continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                // The connection stays in the backlog and would be reported without end.
                do throws(SystemError) {
                    try loop.modify(descriptor, [])
                } catch {
                    return close()
                }
                pause = loop.schedule(at: EventLoop.now() + Self.pauseWithoutDescriptors) { [weak self] in
                    self?.resume()
                }
                return
            default:
                return
            }
        }
    }
}
