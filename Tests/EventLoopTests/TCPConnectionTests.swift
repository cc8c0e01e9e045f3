import CLinux
import EventLoop
import Glibc
import Synchronization
import Testing

/// Collects what one connection tells; loop only, read by tests through `onLoop`.
private final class Peer: TCPConnectionDelegate {
    var received: [UInt8] = []
    var opened = 0
    var drained = 0
    var closed = 0
    var reason: SystemError?
    var echoes = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    deinit { buffer.deallocate() }

    func connectionDidOpen(_ connection: TCPConnection) { opened += 1 }

    func connectionReadBuffer(_ connection: TCPConnection) -> UnsafeMutableRawBufferPointer { buffer }

    func connection(_ connection: TCPConnection, didRead count: Int) {
        if echoes {
            connection.write([OutboundSegment(copying: buffer[..<count])])
        } else {
            received += buffer[..<count]
        }
    }

    func connectionDidDrain(_ connection: TCPConnection) { drained += 1 }

    func connectionDidClose(_ connection: TCPConnection, _ reason: SystemError?) {
        closed += 1
        self.reason = reason
    }
}

/// A server that keeps each accepted connection, and a client, on one loop.
private final class Pair {
    let loop: EventLoop
    let client = Peer()
    let server = Peer()
    private(set) var connection: TCPConnection
    private(set) var accepted: TCPConnection?
    private var listener: TCPListener?

    init(_ loop: EventLoop) {
        self.loop = loop
        connection = TCPConnection(loop: loop, delegate: client)
    }

    func start() throws(SystemError) {
        guard let address = SocketAddress(ip: "127.0.0.1", port: 0) else { return }
        let listener = try TCPListener(loop: loop, address: address) { [unowned self] socket in
            let connection = TCPConnection(loop: loop, delegate: server)
            try? connection.adopt(socket)
            accepted = connection
        }
        self.listener = listener
        connection.connect(to: listener.address, deadline: EventLoop.now() + 10_000_000_000)
    }

    func end() {
        connection.close()
        accepted?.close()
        listener?.close()
    }
}

final class TCPConnectionTests {
    private let loop: EventLoop

    init() throws { loop = try EventLoop(name: "kc-test-tcp") }

    deinit { loop.stop() }

    /// Makes a connected pair on the loop and lends it to jobs there.
    private func withPair(_ body: (Confined<Pair>) throws -> Void) throws {
        let madePair = onLoop(loop) { [loop] in
            let pair = Pair(loop)
            try? pair.start()
            return Confined(pair, to: loop)
        }
        let pair = try #require(madePair)
        eventually("client and server are connected") { [loop] in
            onLoop(loop) { pair.value.client.opened == 1 && pair.value.accepted != nil } == true
        }
        try body(pair)
        _ = onLoop(loop) { pair.value.end() }
    }

    private static let pattern: [UInt8] = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    @Test func `megabytes come back as they were sent, in many partial writes`() throws {
        let pattern = Self.pattern
        try withPair { pair in
            _ = onLoop(loop) {
                pair.value.server.echoes = true
                // Segments of odd sizes, more than one system call takes.
                var segments: [OutboundSegment] = []
                var start = 0
                while start < pattern.count {
                    let end = min(start + 1 + (start &* 7) % 50_000, pattern.count)
                    segments.append(OutboundSegment(copying: pattern[start..<end]))
                    start = end
                }
                pair.value.connection.write(segments)
            }
            eventually("all bytes are back") { [loop] in
                onLoop(loop) { pair.value.client.received.count >= pattern.count } == true
            }
            let isEqual = onLoop(loop) { pair.value.client.received == pattern }
            #expect(isEqual == true)
            let rest = onLoop(loop) { (pair.value.connection.queuedBytes, pair.value.client.drained > 0) }
            #expect(rest?.0 == 0 && rest?.1 == true)
        }
    }

    @Test func `owners live until their bytes are written`() throws {
        final class Owner: Sendable {
            let released: Signal
            init(_ released: Signal) { self.released = released }
            deinit { released.raise() }
        }
        let pattern = Self.pattern
        let released = Signal()
        try withPair { pair in
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: pattern.count, alignment: 1)
            defer { bytes.deallocate() }
            bytes.copyBytes(from: pattern)
            nonisolated(unsafe) let view = UnsafeRawBufferPointer(bytes)
            // The server does not read: the kernel cannot take all of it.
            _ = onLoop(loop) {
                pair.value.accepted?.isReadingPaused = true
                pair.value.connection.write([OutboundSegment(bytes: view, owner: Owner(released))])
            }
            let queued = onLoop(loop) { pair.value.connection.queuedBytes } ?? 0
            #expect(queued > 0)
            #expect(released.value == 0)
            _ = onLoop(loop) { pair.value.accepted?.isReadingPaused = false }
            eventually("everything arrives") { [loop] in
                onLoop(loop) { pair.value.server.received.count == pattern.count } == true
            }
            #expect(released.value == 1)
        }
    }

    @Test func `closing drops what is queued and calls nobody back`() throws {
        let pattern = Self.pattern
        try withPair { pair in
            _ = onLoop(loop) {
                pair.value.accepted?.isReadingPaused = true
                pair.value.connection.write([OutboundSegment(copying: pattern)])
            }
            let queued = onLoop(loop) {
                pair.value.connection.close()
                return pair.value.connection.queuedBytes
            }
            #expect(queued == 0)
            let closed = onLoop(loop) { pair.value.client.closed }
            #expect(closed == 0)
        }
    }

    @Test func `the end of the peer is a close without a reason, after all it sent`() throws {
        try withPair { pair in
            _ = onLoop(loop) {
                pair.value.client.received = []
                pair.value.accepted?.write([OutboundSegment(copying: [1, 2, 3])])
            }
            eventually("the bytes arrive") { [loop] in onLoop(loop) { pair.value.client.received.count == 3 } == true }
            _ = onLoop(loop) { pair.value.accepted?.close() }
            eventually("the client sees the end") { [loop] in onLoop(loop) { pair.value.client.closed == 1 } == true }
            let reason = onLoop(loop) { pair.value.client.reason }
            #expect(reason == .some(nil))
        }
    }

    @Test func `a paused reader keeps what came before the peer's end`() throws {
        try withPair { pair in
            _ = onLoop(loop) {
                pair.value.connection.isReadingPaused = true
                pair.value.accepted?.write([OutboundSegment(copying: [4, 5, 6])])
            }
            eventually("the kernel has the bytes") { [loop] in
                onLoop(loop) { pair.value.server.drained == 1 } == true
            }
            _ = onLoop(loop) { pair.value.accepted?.close() }
            // Several turns in which a spinning loop would have read or closed.
            for _ in 0..<20 { _ = onLoop(loop) { true } }
            let before = onLoop(loop) { (pair.value.client.received, pair.value.client.closed) }
            #expect(before?.0 == [] && before?.1 == 0)
            _ = onLoop(loop) { pair.value.connection.isReadingPaused = false }
            eventually("bytes, then the end") { [loop] in onLoop(loop) { pair.value.client.closed == 1 } == true }
            let after = onLoop(loop) { pair.value.client.received }
            #expect(after == [4, 5, 6])
        }
    }

    @Test func `a reset is noticed while reading is paused`() throws {
        try withPair { pair in
            _ = onLoop(loop) {
                pair.value.connection.isReadingPaused = true
                // Unread bytes at the server make its close a reset.
                pair.value.accepted?.isReadingPaused = true
                pair.value.connection.write([OutboundSegment(copying: [1])])
            }
            eventually("the byte is with the kernel") { [loop] in
                onLoop(loop) { pair.value.client.drained == 1 } == true
            }
            _ = onLoop(loop) { pair.value.accepted?.close() }
            eventually("the reset closes the client") { [loop] in
                onLoop(loop) { pair.value.client.closed == 1 } == true
            }
            let reason = onLoop(loop) { pair.value.client.reason }
            #expect(reason??.code == ECONNRESET)
        }
    }

    @Test func `a refused connection says so in a later turn`() throws {
        // A port that was bound and closed again refuses.
        let madePort = onLoop(loop) { [loop] in
            guard let any = SocketAddress(ip: "127.0.0.1", port: 0),
                let listener = try? TCPListener(loop: loop, address: any, accepted: { close($0) })
            else { return nil as SocketAddress? }
            listener.close()
            return listener.address
        }
        let port = try #require(madePort ?? nil)
        let madePeer = onLoop(loop) { [loop] in
            let peer = Peer()
            let connection = TCPConnection(loop: loop, delegate: peer)
            connection.connect(to: port, deadline: EventLoop.now() + 10_000_000_000)
            #expect(peer.closed == 0)
            return Confined((peer, connection), to: loop)
        }
        let peer = try #require(madePeer)
        eventually("the refusal arrives") { [loop] in onLoop(loop) { peer.value.0.closed == 1 } == true }
        let reason = onLoop(loop) { peer.value.0.reason }
        #expect(reason??.code == ECONNREFUSED)
        #expect(reason??.description == "connect: Connection refused")
    }

    @Test func `an attempt beyond its deadline fails with a time-out`() throws {
        // A full backlog leaves the handshake unanswered.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                #expect(bind(listener, pointer, length) == 0)
                #expect(listen(listener, 0) == 0)
                getsockname(listener, pointer, &length)
            }
        }
        let target = try #require(SocketAddress(ip: "127.0.0.1", port: UInt16(bigEndian: address.sin_port)))
        let madeAttempts = onLoop(loop) { [loop] in
            let attempts = (0..<4).map { _ in
                let peer = Peer()
                let connection = TCPConnection(loop: loop, delegate: peer)
                connection.connect(to: target, deadline: EventLoop.now() + 30_000_000)
                return (peer, connection)
            }
            return Confined(attempts, to: loop)
        }
        let attempts = try #require(madeAttempts)
        eventually("those beyond the backlog time out") { [loop] in
            onLoop(loop) { attempts.value.contains { $0.0.reason?.code == ETIMEDOUT } } == true
        }
        _ = onLoop(loop) { for attempt in attempts.value { attempt.1.close() } }
    }

    @Test func `a delegate that is gone closes the connection`() throws {
        do {
            let orphan = onLoop(loop) { [loop] in
                let connection = TCPConnection(loop: loop, delegate: Peer())
                return Confined(connection, to: loop)
            }
            // Its delegate died with the scope above; reading finds nobody.
            var ends: [Int32] = [0, 0]
            #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            let (mine, other) = (ends[0], ends[1])
            _ = onLoop(loop) { (try? orphan?.value.adopt(mine)) != nil }
            write(other, "x", 1)
            eventually("the connection closes") { [loop] in onLoop(loop) { orphan?.value.isOpen == false } == true }
            close(other)
        }
    }

    @Test func `a port in use is an error of listen`() throws {
        let code = onLoop(loop) { [loop] in
            guard let any = SocketAddress(ip: "127.0.0.1", port: 0),
                let first = try? TCPListener(loop: loop, address: any, accepted: { close($0) })
            else { return nil as Int32? }
            defer { first.close() }
            do throws(SystemError) {
                let second = try TCPListener(loop: loop, address: first.address, accepted: { close($0) })
                second.close()
                return 0
            } catch {
                return error.code
            }
        }
        #expect(code == .some(EADDRINUSE))
    }
}
