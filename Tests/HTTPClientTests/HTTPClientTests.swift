import Glibc
import HTTPServer
import Synchronization
import Testing

@testable import HTTPClient

/// Answers with what it understood of the request.
private let echo: HTTPServer.Handler = { request, responder in
    let fields = request.headers.fields.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: ";")
    let body = String(decoding: request.body, as: UTF8.self)
    responder.answer(
        .text(200, "\(request.method) \(request.target.path)?\(request.target.query ?? "-") [\(fields)] \(body)"))
}

private func withServer(
    client: HTTPClient = HTTPClient(), handler: @escaping HTTPServer.Handler = echo,
    _ body: (HTTPClient, String) async throws -> Void
) async throws {
    let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], handler: handler)
    defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
    defer { client.close() }
    try await body(client, "http://127.0.0.1:\(server.addresses[0].port)")
}

struct HTTPClientTests {
    @Test func `a request is sent as it stands, with no header but its own`() async throws {
        try await withServer { client, base in
            let request = ClientRequest(
                method: "GET", url: base + "/a%2Fb/../c?x=%20y",
                headers: [.init("Accept", "application/json"), .init("X-E", "")],
                time: .seconds(600))
            let response = try await client.outcome(of: request).get()
            #expect(response.status == 200)
            #expect(response.contentType == "text/plain")
            let host = base.dropFirst("http://".count)
            #expect(response.text == "GET /a%2Fb/../c?x=%20y [Accept=application/json;Host=\(host);X-E=] ")
        }
    }

    @Test(arguments: [
        ("POST", "hello", "Content-Length=5;"), ("PUT", "hello", "Content-Length=5;"),
        ("DELETE", "hello", "Content-Length=5;"), ("PUT", nil, "Content-Length=0;"), ("POST", "", "Content-Length=0;"),
        ("DELETE", nil, ""), ("OPTIONS", nil, ""),
    ])
    func `methods go with and without a body`(method: String, body: String?, length: String) async throws {
        try await withServer { client, base in
            let request = ClientRequest(
                method: method, url: base + "/x", body: body.map { Array($0.utf8) }, time: .seconds(600))
            let response = try await client.outcome(of: request).get()
            #expect(response.text == "\(method) /x?- [\(length)Host=\(base.dropFirst(7))] \(body ?? "")")
        }
    }

    @Test func `a long body arrives whole without being asked for`() async throws {
        let handler: HTTPServer.Handler = { request, responder in
            responder.answer(.text(200, "\(request.body.count) \(request.headers["Expect"] ?? "-")"))
        }
        let server = try HTTPServer(
            listeners: [.network(host: "127.0.0.1", port: 0)], limits: HTTPLimits(bodyBytes: 4 << 20), handler: handler)
        defer { server.stop(answering: .text(503, "stopped"), within: .zero) }
        let client = HTTPClient()
        defer { client.close() }
        let request = ClientRequest(
            method: "POST", url: "http://127.0.0.1:\(server.addresses[0].port)/",
            body: Array(repeating: 7, count: 3 << 20), time: .seconds(600))
        #expect(try await client.outcome(of: request).get().text == "\(3 << 20) -")
    }

    @Test func `an answer to HEAD has no body and one of any status is an answer`() async throws {
        try await withServer { client, base in
            let head = try await client.outcome(of: .get(base, method: "HEAD")).get()
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
        }
        try await withServer(handler: { $1.answer(HTTPResponse(status: 204)) }) { client, base in
            let response = try await client.outcome(of: .get(base)).get()
            #expect(response == ClientResponse(status: 204))
        }
        try await withServer(handler: { $1.answer(.text(503, "no")) }) { client, base in
            let response = try await client.outcome(of: .get(base)).get()
            #expect(response.status == 503)
        }
    }

    @Test func `redirects are not followed`() async throws {
        let redirect: HTTPServer.Handler = { _, responder in
            responder.answer(HTTPResponse(status: 302, headers: HTTPHeaders([("Location", "/elsewhere")])))
        }
        try await withServer(handler: redirect) { client, base in
            let response = try await client.outcome(of: .get(base)).get()
            #expect(response.status == 302)
        }
    }

    @Test func `an answer may be as long as allowed and no longer`() async throws {
        try await withServer(handler: { $1.answer(.text(200, String(repeating: "x", count: 100_000))) }) {
            client, base in
            var request = ClientRequest.get(base)
            request.answerBytes = 100_000
            let response = try await client.outcome(of: request).get()
            #expect(response.body.count == 100_000)
            request.answerBytes = 99_999
            #expect(await client.error(of: request)?.kind == .tooLong)
        }
    }

    @Test func `a server that does not answer costs the request's time`() async throws {
        let held = Held()
        try await withServer(handler: held.handler) { client, base in
            #expect(await client.error(of: .get(base, time: .milliseconds(50)))?.kind == .timedOut)
        }
        held.release()
    }

    @Test func `a port on which nobody listens, a name that nobody has, and TLS that is none are unreachable`()
        async throws
    {
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], handler: echo)
        let port = server.addresses[0].port
        server.stop(answering: .text(503, ""), within: .zero)
        let client = HTTPClient()
        defer { client.close() }
        let error = await client.error(of: .get("http://127.0.0.1:\(port)/"))
        #expect(error?.kind == .unreachable)
        #expect(error?.description.contains("127.0.0.1 port \(port)") == true)
        #expect(await client.error(of: .get("http://no-such-host.invalid/"))?.kind == .unreachable)
        try await withServer { client, base in
            #expect(await client.error(of: .get("https" + base.dropFirst(4)))?.kind == .unreachable)
        }
    }

    @Test(arguments: [
        "", "nonsense", "file:///etc/passwd", "ftp://127.0.0.1/", "http://a b/", "http://x/\r\nX: y", "http://u:p@x/",
        "http://" + String(repeating: "x", count: 70_000),
    ])
    func `what is no plain URL of http is not asked for`(url: String) async throws {
        let client = HTTPClient()
        defer { client.close() }
        let kind = await client.error(of: .get(url))?.kind
        // libcurl takes a bare word for a host.
        #expect(kind == (url == "nonsense" ? .unreachable : .invalid))
    }

    @Test func `methods and headers cannot smuggle lines in`() async throws {
        let client = HTTPClient()
        defer { client.close() }
        for method in ["", "GET /", "A\r\nB: c", "GÉT"] {
            #expect(await client.error(of: .get("http://127.0.0.1/", method: method))?.kind == .invalid)
        }
        for field in [("", "x"), ("a b", "x"), ("a:", "x"), ("a", "x\r\nb: c"), ("a", "x\u{0}y")] {
            var request = ClientRequest.get("http://127.0.0.1/")
            request.headers = [.init(field.0, field.1)]
            #expect(await client.error(of: request)?.kind == .invalid)
        }
    }

    @Test func `completions come on the one thread of the client`() async throws {
        try await withServer { client, base in
            for _ in 0..<2 {
                let name = await withCheckedContinuation { (continuation: CheckedContinuation<String, Never>) in
                    client.send(.get(base)) { _ in continuation.resume(returning: Self.threadName()) }
                }
                #expect(name == "kc-http\n")
            }
        }
    }

    private static func threadName() -> String {
        let file = open("/proc/thread-self/comm", O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}
