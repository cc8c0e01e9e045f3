import Glibc
import Synchronization
import Testing

@testable import HTTPServer

/// Scenario SE-3: slow, greedy and ambiguous clients.
struct HostileClientTests {
    private static let small = HTTPLimits(
        headerBytes: 8192, bodyBytes: 1000, connections: 16, requestTime: .milliseconds(200),
        responseTime: .milliseconds(200))

    private func withServer(_ limits: HTTPLimits, _ body: (UInt16) throws -> Void) throws {
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], limits: limits) {
            request, responder in
            responder.answer(.text(200, "\(request.method) \(request.target.path) \(request.body.count)"))
        }
        defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
        try body(server.addresses[0].port)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5,5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET / HTP/1.1\r\nHost: x\r\n\r\n",
        "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\r\n\r\n",
    ])
    func `a request that could be read in two ways is refused and its connection closed`(text: String) throws {
        try withServer(Self.small) { port in
            let client = try RawClient(port: port)
            client.send(text + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
            // Refused with an answer of the 400s or 505, or cut off without one; never taken for two requests.
            guard let response = try? client.response() else {
                #expect(client.isClosed())
                return
            }
            #expect((400..<600).contains(response.status), "\(response)")
            #expect(!response.body.contains("smuggled"))
            let next = try? client.response()
            #expect(next == nil, "\(String(describing: next))")
        }
    }

    @Test(arguments: ["GET /slow HTTP/1.1\r\n", "PUT /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nabc", ""])
    func `a client that trickles its request is cut off in time`(begin: String) throws {
        try withServer(Self.small) { port in
            let client = try RawClient(port: port)
            client.send(begin)
            let before = MonotonicClock.now()
            // A byte every 20 ms would keep an idle time-out from firing.
            while MonotonicClock.now() - before < 5_000_000_000 {
                if begin.isEmpty { break }
                client.send("X")
                var descriptor = pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0)
                if poll(&descriptor, 1, 20) > 0 { break }
            }
            #expect(client.isClosed())
            #expect(MonotonicClock.now() - before < 3_000_000_000)
        }
    }

    @Test func `a client that takes no answer is cut off in time`() throws {
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], limits: Self.small) {
            _, responder in
            responder.answer(HTTPResponse(status: 200, body: [UInt8](repeating: 65, count: 32 << 20)))
        }
        defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
        let client = try RawClient(port: server.addresses[0].port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        // Paced reads take far longer than the limit; what follows them is what the kernel had taken before the cut.
        var total = 0
        var chunk = [UInt8](repeating: 0, count: 16_384)
        for read in 0... {
            if read < 25 { poll(nil, 0, 20) }
            let count = recv(client.descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            total += count
        }
        #expect(total < 32 << 20)
    }

    @Test func `a waiting handler is not cut off`() throws {
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], limits: Self.small) {
            _, responder in
            let thread = ServerThread.start(name: "late") {
                poll(nil, 0, 400)
                responder.answer(.text(200, "late"))
            }
            #expect(thread != nil)
        }
        defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
        let client = try RawClient(port: server.addresses[0].port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.response().body == "late")
    }

    @Test func `idle connections make room for new ones`() throws {
        var limits = Self.small
        limits.requestTime = .seconds(60)
        try withServer(limits) { port in
            var crowd: [RawClient] = []
            for _ in 0..<60 {
                let client = try RawClient(port: port)
                client.send("GET /never HTTP/1.1\r\n")
                crowd.append(client)
            }
            let client = try RawClient(port: port)
            client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().status == 200)
            #expect(crowd[0].isClosed())
        }
    }

    @Test func `a body that is too long is answered with 413`() throws {
        try withServer(Self.small) { port in
            let declared = try RawClient(port: port)
            declared.send(
                "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n" + String(repeating: "a", count: 2000))
            #expect(try declared.response().status == 413)
            #expect(declared.isClosed())
            let huge = try RawClient(port: port)
            huge.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\n")
            #expect(try huge.response().status == 413)
            let expecting = try RawClient(port: port)
            expecting.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n")
            #expect(try expecting.response().status == 413)
            let chunked = try RawClient(port: port)
            chunked.send("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<20 { chunked.send("64\r\n" + String(repeating: "a", count: 100) + "\r\n") }
            chunked.send("0\r\n\r\n")
            #expect(try chunked.response().status == 413)
            let exact = try RawClient(port: port)
            exact.send(
                "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "a", count: 1000))
            #expect(try exact.response().body == "PUT / 1000")
        }
    }

    @Test func `a header too long for the connection's memory is left out of the answer, which is sent`() throws {
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], limits: HTTPLimits()) {
            request, responder in
            let count = Int(request.target.query ?? "") ?? 0
            let location = String(repeating: "x", count: count)
            responder.answer(
                HTTPResponse(
                    status: 201, headers: HTTPHeaders([("Location", location), ("Content-Type", "a/b")]),
                    body: Array("made".utf8)))
        }
        defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
        for count in [8_000, 16_000, 17_000, 33_000, 200_000] {
            let client = try RawClient(port: server.addresses[0].port)
            client.send("GET /?\(count) HTTP/1.1\r\nHost: x\r\n\r\n")
            let response = try client.response()
            #expect(response.status == 201 && response.body == "made" && response.header("Content-Type") == "a/b")
            #expect((response.header("Location") != nil) == (count <= 16_000), "\(count)")
        }
    }

    @Test func `where a route takes long bodies they share a limit`() throws {
        var limits = Self.small
        limits.requestTime = .seconds(10)
        limits.longBodyBytes = 12_000
        let server = try HTTPServer(
            listeners: [.network(host: "127.0.0.1", port: 0)], limits: limits,
            bodyLimit: { method, target in method == "POST" && target.path == "/long" ? 8000 : nil }
        ) { request, responder in responder.answer(.text(200, "\(request.body.count)")) }
        defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
        let port = server.addresses[0].port
        func post(_ path: String, _ length: Int, sending sent: Int? = nil) throws -> RawClient {
            let client = try RawClient(port: port)
            client.send("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n")
            client.send(String(repeating: "a", count: sent ?? length))
            return client
        }
        #expect(try post("/long", 8000).response().body == "8000")
        #expect(try post("/long", 8001).response().status == 413)
        #expect(try post("/other", 1001).response().status == 413)
        // What is half here takes the room of what follows, until it goes.
        let half = try post("/long", 8000, sending: 7000)
        #expect(try eventually { try post("/long", 8000).response().status == 503 })
        #expect(try post("/long", 1000).response().body == "1000")
        half.send(String(repeating: "a", count: 1000))
        #expect(try half.response().body == "8000")
        #expect(try post("/long", 8000).response().body == "8000")
    }

    private func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<200 {
            if try condition() { return true }
            poll(nil, 0, 10)
        }
        return false
    }

    @Test func `clients that take no answers cannot have the server keep any number of them`() throws {
        var limits = HTTPLimits()
        limits.longAnswerBytes = 40 << 20
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], limits: limits) {
            request, responder in
            let count = Int(request.target.path.dropFirst()) ?? 0
            responder.answer(HTTPResponse(status: 200, body: [UInt8](repeating: 65, count: count)))
        }
        defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
        func get(_ count: Int) throws -> RawClient {
            let client = try RawClient(port: server.addresses[0].port)
            client.send("GET /\(count) HTTP/1.1\r\nHost: x\r\n\r\n")
            return client
        }
        // Longer than the limit, and alone.
        let first = try get(42 << 20)
        #expect(try first.head() == 200)
        #expect(try eventually { try get(30 << 20).head() == 503 })
        let refused = try get(100_000).response()
        #expect(refused.status == 503 && refused.header("Retry-After") == "1")
        #expect(try get(1000).response().status == 200)
        #expect(try first.response().body.utf8.count == 42 << 20)
        // Its end frees the room that it took.
        #expect(try eventually { try get(100_000).response().status == 200 })
    }

    @Test func `clients that have gone make room where all places are taken by requests that wait`() throws {
        var limits = Self.small
        limits.connections = 4
        limits.requestTime = .seconds(60)
        limits.responseTime = .seconds(1)
        let kept = Mutex<[HTTPResponder]>([])
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], limits: limits) {
            request, responder in
            if request.target.path == "/wait" { return kept.withLock { $0.append(responder) } }
            responder.answer(.text(200, "here"))
        }
        defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
        let port = server.addresses[0].port
        for round in 1...3 {
            var crowd: [RawClient] = []
            for place in 1...4 {
                let client = try RawClient(port: port)
                client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
                crowd.append(client)
                #expect(eventually { kept.withLock { $0.count } == 4 * (round - 1) + place })
            }
            crowd = []
            let client = try RawClient(port: port)
            client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().body == "here")
        }
    }

    @Test func `too many or too long headers are refused`() throws {
        try withServer(Self.small) { port in
            let many = try RawClient(port: port)
            many.send("GET / HTTP/1.1\r\nHost: x\r\n" + (0..<101).map { "A\($0): 1\r\n" }.joined() + "\r\n")
            #expect(try many.response().status == 431)
            let long = try RawClient(port: port)
            long.send("GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "a", count: 100_000) + "\r\n\r\n")
            #expect([431, 413].contains((try? long.response().status) ?? 431))
            let path = try RawClient(port: port)
            path.send("GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect([414, 431].contains((try? path.response().status) ?? 414))
        }
    }

    @Test func `a client that goes away while its request waits harms nobody`() throws {
        try withServer(Self.small) { port in
            for _ in 0..<50 {
                let client = try RawClient(port: port)
                client.send("GET /gone HTTP/1.1\r\nHost: x\r\n\r\n")
            }
            let client = try RawClient(port: port)
            client.send("GET /here HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().body == "GET /here 0")
        }
    }
}
