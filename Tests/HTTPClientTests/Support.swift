import Glibc
import Synchronization

@testable import HTTPClient
@testable import HTTPServer

extension HTTPClient {
    /// The outcome of a request.
    func outcome(of request: ClientRequest) async -> Result<ClientResponse, HTTPClientError> {
        await withCheckedContinuation { continuation in send(request) { continuation.resume(returning: $0) } }
    }

    /// The error of a request that must fail.
    func error(of request: ClientRequest) async -> HTTPClientError? {
        guard case .failure(let error) = await outcome(of: request) else { return nil }
        return error
    }
}

extension ClientRequest {
    static func get(_ url: String, method: String = "GET", time: Duration = .seconds(600)) -> ClientRequest {
        ClientRequest(method: method, url: url, time: time)
    }
}

extension ClientResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A handler that answers all but `/hold` (and the root), which it keeps.
final class Held: Sendable {
    private struct State {
        var paths: [String] = []
        var responders: [HTTPResponder] = []
        var waiting: [(path: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var paths: [String] { state.withLock { $0.paths } }

    var handler: HTTPServer.Handler {
        { request, responder in
            let woken = self.state.withLock { state in
                state.paths.append(request.target.path)
                if request.target.path != "/echo" { state.responders.append(responder) }
                defer { state.waiting.removeAll { $0.path == request.target.path } }
                return state.waiting.filter { $0.path == request.target.path }
            }
            for entry in woken { entry.continuation.resume() }
            if request.target.path == "/echo" { responder.answer(.text(200, "echo")) }
        }
    }

    /// Returns once a request for the path is there.
    func arrived(_ path: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.paths.contains(path) { return true }
                state.waiting.append((path, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets the responders go.
    func release() {
        let responders = state.withLock { state in
            defer { state.responders = [] }
            return state.responders
        }
        _ = responders
    }
}

/// Accepts one connection only and answers each request on it, so that a client that opens another one waits in vain.
final class OneConnectionServer: Sendable {
    let base: String
    private let thread: ServerThread

    init() throws {
        let socket = try ListenSocket.open(.network(host: "127.0.0.1", port: 0))
        base = "http://\(socket.address)"
        let descriptor = socket.descriptor
        guard
            let thread = ServerThread.start(
                name: "one-connection",
                {
                    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    poll(&entry, 1, 600_000)
                    let connection = accept(descriptor, nil, nil)
                    var buffer = [UInt8](repeating: 0, count: 4096)
                    let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".utf8)
                    while read(connection, &buffer, buffer.count) > 0 { write(connection, answer, answer.count) }
                    close(connection)
                    close(descriptor)
                })
        else { throw HTTPClientError(.overloaded, "no thread") }
        self.thread = thread
    }

    func join() { thread.join() }
}
