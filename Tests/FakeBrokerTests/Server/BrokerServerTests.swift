import EventLoop
import Glibc
import KafkaProtocol
import Synchronization
import Testing

@testable import FakeBroker

/// Over real sockets of the loopback.
struct BrokerServerTests {
    /// A server on a loop of its own. Sendable because the server is touched on its loop alone.
    private final class Running: @unchecked Sendable {
        let loop: EventLoop
        private(set) var port: UInt16 = 0
        private var server: BrokerServer?

        init(faults: [String] = [], limits: BrokerServer.Limits = BrokerServer.Limits()) throws {
            loop = try EventLoop(name: "fb-test")
            let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
            let faults = try faults.map { (text) throws(FaultError) in try Fault(text) }
            onLoop {
                self.server = try? BrokerServer(
                    loop: self.loop, address: address, settings: BrokerSettings(), faults: faults, limits: limits)
                self.port = self.server?.address.port ?? 0
            }
            try #require(port != 0)
        }

        func connections() -> Int {
            let count = Mutex(-1)
            onLoop { count.withLock { $0 = self.server?.connectionCount ?? -1 } }
            return count.withLock(\.self)
        }

        func stop() {
            onLoop {
                self.server?.close()
                self.server = nil
            }
            loop.stop()
        }

        /// Runs `body` on the loop and waits for its end.
        private func onLoop(_ body: @escaping @Sendable () -> Void) {
            let done = Flag()
            loop.execute {
                body()
                done.value.store(true, ordering: .releasing)
            }
            while !done.value.load(ordering: .acquiring) { usleep(100) }
        }
    }

    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }

    /// A blocking socket.
    private struct Client: ~Copyable {
        private let descriptor: Int32

        init(_ port: UInt16) throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(result == 0)
        }

        deinit { Glibc.close(descriptor) }

        borrowing func write(_ bytes: [UInt8]) {
            _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }

        borrowing func send(_ request: some KafkaRequest, correlation: Int32, version: Int16) throws {
            let segments = try Frame.request(
                request, version: version, correlationID: correlation, clientID: "raw")
            write(segments.flatMap { [UInt8]($0.bytes) })
        }

        borrowing func setNonBlocking() { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }

        /// Sends the same request again and again, of which so many bytes went before; how many bytes were taken.
        borrowing func trySend(_ request: some KafkaRequest, after sent: Int, version: Int16) throws -> Int {
            let segments = try Frame.request(request, version: version, correlationID: 1, clientID: "raw")
            let one = segments.flatMap { [UInt8]($0.bytes) }
            let all = Array(repeating: one, count: 1000).flatMap(\.self).dropFirst(sent % one.count)
            return max(0, all.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) })
        }

        /// So many bytes; fewer where the server closed the connection.
        borrowing func read(_ count: Int) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            var have = 0
            while have < count {
                let got = bytes[have...].withUnsafeMutableBytes { Glibc.recv(descriptor, $0.baseAddress, $0.count, 0) }
                guard got > 0 else { break }
                have += got
            }
            return Array(bytes.prefix(have))
        }

        /// The correlation id of the next answer; nil where the connection was closed.
        borrowing func answer() -> Int32? {
            let length = read(4)
            guard length.count == 4 else { return nil }
            let body = read(Int(length.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }))
            guard body.count >= 4 else { return nil }
            return Int32(bitPattern: body.prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) })
        }
    }

    @Test func `requests that come together are answered in turn`() throws {
        let running = try Running()
        defer { running.stop() }
        let client = try Client(running.port)
        for number in 1...200 as ClosedRange<Int32> {
            try client.send(ApiVersionsRequest(), correlation: number, version: 3)
        }
        for number in 1...200 as ClosedRange<Int32> { #expect(client.answer() == number) }
    }

    @Test func `answers do not pile up for a client that reads none`() throws {
        let running = try Running()
        defer { running.stop() }
        let client = try Client(running.port)
        client.setNonBlocking()
        // Until neither side takes any more: some megabytes of requests, not the hundreds that memory would take.
        var sent = 0
        var refusals = 0
        while refusals < 200, sent < 32 << 20 {
            let count = try client.trySend(ApiVersionsRequest(), after: sent, version: 0)
            sent += count
            refusals = count == 0 ? refusals + 1 : 0
            if count == 0 { usleep(1000) }
        }
        #expect(sent < 24 << 20)
    }

    @Test func `garbage, an endless request and a stranger's protocol are shown the door`() throws {
        let running = try Running()
        defer { running.stop() }
        for bytes in [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff],
            [0, 0, 0, 12] + [UInt8](repeating: 0xee, count: 12),
        ] {
            let client = try Client(running.port)
            client.write(bytes)
            #expect(client.answer() == nil)
        }
        let client = try Client(running.port)
        try client.send(MetadataRequest(), correlation: 5, version: 9)
        #expect(client.answer() == 5)
    }

    @Test func `there are no more connections than there may be`() throws {
        var limits = BrokerServer.Limits()
        limits.connections = 2
        let running = try Running(limits: limits)
        defer { running.stop() }
        let first = try Client(running.port)
        let second = try Client(running.port)
        try first.send(ApiVersionsRequest(), correlation: 1, version: 3)
        try second.send(ApiVersionsRequest(), correlation: 2, version: 3)
        #expect(first.answer() == 1 && second.answer() == 2)
        let third = try Client(running.port)
        #expect(third.answer() == nil && running.connections() == 2)
    }

    @Test func `faults reach the socket`() throws {
        let running = try Running(faults: [
            "Metadata:cut,count=1", "Metadata:garbage=short,count=1", "Metadata:garbage=negative,count=1",
            "Metadata:delay=50ms,count=1",
        ])
        defer { running.stop() }
        let cut = try Client(running.port)
        try cut.send(MetadataRequest(), correlation: 1, version: 9)
        #expect(cut.read(1).isEmpty)
        let short = try Client(running.port)
        try short.send(MetadataRequest(), correlation: 1, version: 9)
        #expect(short.read(4) == [0, 0, 3, 0xe8] && short.read(1000).count < 100)
        let negative = try Client(running.port)
        try negative.send(MetadataRequest(), correlation: 1, version: 9)
        #expect(negative.read(4) == [0xff, 0xff, 0xff, 0xfe])
        let late = try Client(running.port)
        let start = EventLoop.now()
        try late.send(MetadataRequest(), correlation: 9, version: 9)
        #expect(late.answer() == 9 && EventLoop.now() - start >= 50_000_000)
    }
}
