import Glibc
import Synchronization
import Testing

@testable import HTTPServer

/// Answers with what it understood of the request.
private let echo: HTTPServer.Handler = { request, responder in
    let segments = request.target.segments?.map { "<\($0)>" }.joined() ?? "malformed"
    let body = String(decoding: request.body, as: UTF8.self)
    responder.answer(.text(200, "\(request.method) \(segments) \(request.target.query ?? "-") \(body)"))
}

private func withServer(
    limits: HTTPLimits = HTTPLimits(), listeners: [HTTPListener] = [.network(host: "127.0.0.1", port: 0)],
    handler: @escaping HTTPServer.Handler = echo, _ body: (HTTPServer, UInt16) throws -> Void
) throws {
    let server = try HTTPServer(listeners: listeners, limits: limits, handler: handler)
    defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
    try body(server, server.addresses[0].port)
}

struct HTTPServerTests {
    @Test func `a port that is taken for IPv6 is no reason to listen on IPv4 alone`() throws {
        let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var only: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &only, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard bound else { return }  // no IPv6 here
        let port = UInt16(bigEndian: address.sin6_port)
        #expect(throws: HTTPServerError.self) {
            try HTTPServer(listeners: [.network(host: "", port: port)], handler: echo)
        }
    }

    @Test func `a request is answered and the connection is kept`() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            for number in 1...3 {
                client.send("GET /n/\(number)?a=b HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try client.response()
                #expect(response.status == 200)
                #expect(response.body == "GET <n><\(number)> a=b ")
                #expect(response.header("Content-Type") == "text/plain")
                #expect(response.header("Date") != nil)
            }
        }
    }

    @Test func `escapes of a path reach the handler as they were sent`() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send("DELETE /connectors/a%2Fb%20c%3F%25+/status?x=%26 HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().body == "DELETE <connectors><a/b c?%+><status> x=%26 ")
        }
    }

    @Test func `a body may come in pieces, with a length or in chunks`() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            for piece in ["PU", "T /x HT", "TP/1.1\r\nHo", "st: x\r\nContent-Le", "ngth: 6\r\n\r", "\nab", "cdef"] {
                client.send(piece)
            }
            #expect(try client.response().body == "PUT <x> - abcdef")
            client.send(
                "PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            #expect(try client.response().body == "PUT <x> - abcde")
        }
    }

    @Test func `requests sent at once are answered in order`() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send((1...20).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            for number in 1...20 { #expect(try client.response().body == "GET <\(number)> - ") }
        }
    }

    @Test func `HEAD has the headers of GET and no body`() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\n\r\n")
            let response = try client.response(isHead: true)
            #expect(response.status == 200)
            #expect(response.header("Content-Length") == "11")
            #expect(try client.response().body == "GET <y> - ")
        }
    }

    @Test func `an answer may come later, from any thread, and only the first counts`() throws {
        let waiting = Mutex<HTTPResponder?>(nil)
        try withServer(handler: { request, responder in
            if request.target.path == "/later" {
                waiting.withLock { $0 = responder }
            } else {
                let late = waiting.withLock { $0.take() }
                #expect(late?.answer(.text(201, "late")) == true)
                #expect(late?.answer(.text(500, "again")) == false)
                responder.answer(HTTPResponse(status: 204))
            }
        }) { _, port in
            let first = try RawClient(port: port)
            first.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
            let second = try RawClient(port: port)
            while waiting.withLock({ $0 == nil }) { sched_yield() }
            second.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
            let response = try second.response()
            #expect(response.status == 204)
            #expect(response.header("Content-Length") == nil)
            let late = try first.response()
            #expect(late.status == 201)
            #expect(late.body == "late")
        }
    }

    @Test func `a request may be given a deadline with an answer of its own`() throws {
        let kept = Mutex<[HTTPResponder]>([])
        try withServer(handler: { request, responder in
            responder.answer(at: request.began + 50_000_000) { .text(500, "late") }
            if request.target.path == "/quick" {
                responder.answer(.text(200, "quick"))
            } else {
                kept.withLock { $0.append(responder) }
            }
        }) { _, port in
            let client = try RawClient(port: port)
            client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().body == "late")
            #expect(try client.response().body == "quick")
            #expect(kept.withLock { $0.first }?.answer(.text(200, "too late")) == false)
        }
    }

    @Test func `a responder that is dropped answers 500`() throws {
        try withServer(handler: { _, _ in }) { _, port in
            let client = try RawClient(port: port)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().status == 500)
        }
    }

    @Test func `a stop answers the waiting requests and closes`() throws {
        let waiting = Mutex<[HTTPResponder]>([])
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)]) { _, responder in
            waiting.withLock { $0.append(responder) }
        }
        let port = server.addresses[0].port
        let clients = try (0..<3).map { _ in try RawClient(port: port) }
        let idle = try RawClient(port: port)
        for client in clients { client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
        while waiting.withLock({ $0.count }) < 3 { sched_yield() }
        server.stop(answering: .text(503, "stopping"), within: .seconds(5))
        for client in clients {
            let response = try client.response()
            #expect(response.status == 503)
            #expect(response.body == "stopping")
            #expect(response.header("Connection") == "close")
            #expect(client.isClosed())
        }
        #expect(idle.isClosed())
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
        #expect(waiting.withLock { $0.first }?.answer(.text(200, "too late")) == true)
    }

    @Test func `a stop does not wait beyond its grace for clients that take nothing`() throws {
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)]) { _, responder in
            responder.answer(HTTPResponse(status: 200, body: [UInt8](repeating: 65, count: 32 << 20)))
        }
        let client = try RawClient(port: server.addresses[0].port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try client.response(isHead: true)
        let before = MonotonicClock.now()
        server.stop(answering: .text(503, "stopping"), within: .milliseconds(50))
        #expect(MonotonicClock.now() - before < 5_000_000_000)
    }

    @Test func `several listeners serve at once and the handler sees which`() throws {
        let both: [HTTPListener] = [.network(host: "127.0.0.1", port: 0), .network(host: "::1", port: 0)]
        try withServer(
            listeners: both,
            handler: { request, responder in
                responder.answer(.text(200, "\(request.listener) \(request.peer)"))
            }
        ) { server, _ in
            #expect(server.addresses.map(\.host) == ["127.0.0.1", "::1"])
            for (index, address) in server.addresses.enumerated() {
                let client = try RawClient(port: address.port, host: address.host)
                client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.response().body == "\(index) \(address.host)")
            }
        }
    }

    @Test func `an empty host serves both families`() throws {
        try withServer(
            listeners: [.network(host: "", port: 0)],
            handler: { request, responder in
                responder.answer(.text(200, request.peer))
            }
        ) { _, port in
            for host in ["127.0.0.1", "::1"] {
                let client = try RawClient(port: port, host: host)
                client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.response().body == host)
            }
        }
    }

    @Test func `a listening socket may be handed in`() throws {
        let socket = try ListenSocket.open(.network(host: "127.0.0.1", port: 0))
        try withServer(listeners: [.adopted(descriptor: socket.descriptor)]) { server, port in
            #expect(server.addresses == [socket.address])
            let client = try RawClient(port: port)
            client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().status == 200)
        }
    }

    @Test func `a Unix socket that was handed in is told by its path, and its file stays`() throws {
        let path = "/tmp/http-server-tests-passed-\(getpid()).sock"
        unlink(path)
        defer { unlink(path) }
        let socket = try ListenSocket.open(.unix(path: path))
        #expect(HTTPListener.address(ofSocket: socket.descriptor) == HTTPAddress(host: path, port: 0))
        try withServer(listeners: [.adopted(descriptor: socket.descriptor)]) { server, _ in
            #expect(server.addresses == [HTTPAddress(host: path, port: 0)])
            #expect(server.addresses[0].isLocal)
        }
        #expect(access(path, F_OK) == 0, "whoever made the socket removes its file")
    }

    @Test func `a request that is on its way when the server stops is answered`() throws {
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], handler: echo)
        let client = try RawClient(port: server.addresses[0].port)
        // Another connection's answer shows that the first one was accepted.
        let other = try RawClient(port: server.addresses[0].port)
        other.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try other.response()
        let stop = try #require(
            ServerThread.start(name: "stop") { server.stop(answering: .text(503, "stopping"), within: .seconds(5)) })
        while (try? RawClient(port: server.addresses[0].port)) != nil { sched_yield() }
        client.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.response().body == "stopping")
        #expect(other.isClosed())
        stop.join()
    }

    @Test func `a Unix socket serves, replaces what was abandoned, and leaves nothing`() throws {
        let path = "/tmp/http-server-tests-\(getpid()).sock"
        let abandoned = try ListenSocket.open(.unix(path: path))
        close(abandoned.descriptor)
        let server = try HTTPServer(listeners: [.unix(path: path)], handler: echo)
        #expect(server.addresses == [HTTPAddress(host: path, port: 0)])
        #expect(throws: HTTPServerError.self) { try HTTPServer(listeners: [.unix(path: path)], handler: echo) }
        let client = try RawClient(path: path)
        client.send("GET /unix HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.response().body == "GET <unix> - ")
        server.stop(answering: .text(503, "stopped"), within: .zero)
        #expect(access(path, F_OK) != 0)
        #expect(throws: HTTPServerError.self) {
            try HTTPServer(listeners: [.unix(path: String(repeating: "x", count: 200))], handler: echo)
        }
    }

    @Test func `a listener that cannot be had is told with its address, and nothing stays bound`() throws {
        let taken = try ListenSocket.open(.network(host: "127.0.0.1", port: 0))
        defer { close(taken.descriptor) }
        let port = taken.address.port
        let error = #expect(throws: HTTPServerError.self) {
            try HTTPServer(
                listeners: [.network(host: "127.0.0.1", port: 0), .network(host: "127.0.0.1", port: port)],
                handler: echo)
        }
        #expect(error?.description == "Cannot listen on 127.0.0.1:\(port): Address already in use")
        #expect(throws: HTTPServerError.self) {
            try HTTPServer(listeners: [.adopted(descriptor: 0)], handler: echo)
        }
        #expect(throws: HTTPServerError.self) {
            try HTTPServer(listeners: [.network(host: "no.such.host.invalid", port: 1)], handler: echo)
        }
    }

    @Test func `threads carry the name kc-rest`() throws {
        let name = Mutex("")
        try withServer(handler: { _, responder in
            name.withLock { $0 = threadName() }
            responder.answer(HTTPResponse(status: 204))
        }) { _, port in
            let client = try RawClient(port: port)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try client.response()
            #expect(name.withLock { $0 } == "kc-rest")
        }
    }
}

/// Name of the calling thread, as the kernel has it.
private func threadName() -> String {
    let descriptor = open("/proc/thread-self/comm", O_RDONLY)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count - 1)), as: UTF8.self)
}
