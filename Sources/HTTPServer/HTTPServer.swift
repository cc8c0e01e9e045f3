import Glibc
import Logging

/// Takes HTTP/1.1 requests on any number of listeners and hands each whole request to one handler, with a responder for the
/// answer that may come later. It knows no routes.
///
/// Each listener has one thread, named `kc-rest`, with libmicrohttpd under it. The handler is called on that thread and must
/// not block; while an answer is pending, the connection costs nothing. Answers are sent by the same thread.
package final class HTTPServer: Sendable {
    /// Takes a request. Called on a listener's thread.
    package typealias Handler = @Sendable (HTTPRequest, HTTPResponder) -> Void
    /// How long the body of a request may be where that is more than ``HTTPLimits/bodyBytes``; nil where it is not.
    package typealias BodyLimit = @Sendable (_ method: String, _ target: RequestTarget) -> Int?
    /// Makes the answer to a request that the server itself refuses: its status and the reason.
    package typealias Refusal = @Sendable (Int, String) -> HTTPResponse

    /// Where the server listens, in the order of its listeners, with the ports that the kernel chose.
    package let addresses: [HTTPAddress]
    private let workers: [(loop: ServerLoop, thread: ServerThread)]

    /// Binds all listeners and serves at once; binds nothing where one fails.
    package init(
        listeners: [HTTPListener], limits: HTTPLimits = HTTPLimits(),
        refusal: @escaping Refusal = { HTTPResponse.text($0, $1) }, bodyLimit: @escaping BodyLimit = { _, _ in nil },
        handler: @escaping Handler
    ) throws(HTTPServerError) {
        var descriptors = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors) == 0
        let limits =
            isKnown ? limits.fitting(descriptors: UInt64(descriptors.rlim_cur), listeners: listeners.count) : limits
        var sockets: [ListenSocket] = []
        var loops: [ServerLoop] = []
        do throws(HTTPServerError) {
            for listener in listeners { sockets.append(try ListenSocket.open(listener)) }
            for (index, socket) in sockets.enumerated() {
                loops.append(
                    try ServerLoop(
                        socket: socket, listener: index, limits: limits, refusal: refusal, bodyLimit: bodyLimit,
                        handler: handler))
            }
        } catch {
            // A loop owns its socket from its creation on.
            for socket in sockets.dropFirst(loops.count) {
                close(socket.descriptor)
                if let path = socket.path { unlink(path) }
            }
            for loop in loops { loop.discard() }
            throw error
        }
        addresses = sockets.map(\.address)
        var workers: [(loop: ServerLoop, thread: ServerThread)] = []
        for (index, loop) in loops.enumerated() {
            guard let thread = ServerThread.start(name: "kc-rest", { loop.run() }) else {
                for loop in loops.dropFirst(index) { loop.discard() }
                Self.stop(workers, answering: refusal(503, "The server could not start."), within: .zero)
                throw HTTPServerError("Cannot start a thread for the listener \(addresses[index]).")
            }
            workers.append((loop, thread))
        }
        self.workers = workers
    }

    /// Stops listening, answers every waiting and every further request with `response`, cuts what is still open after
    /// `grace`, and returns when the threads have ended. Called once, and not from a handler.
    package func stop(answering response: HTTPResponse, within grace: Duration) {
        Self.stop(workers, answering: response, within: grace)
    }

    private static func stop(
        _ workers: [(loop: ServerLoop, thread: ServerThread)], answering response: HTTPResponse, within grace: Duration
    ) {
        let (deadline, overflow) = MonotonicClock.now().addingReportingOverflow(grace.nanoseconds)
        for worker in workers {
            worker.loop.mailbox.post(Mailbox.StopOrder(answer: response, deadline: overflow ? .max : deadline))
        }
        for worker in workers { worker.thread.join() }
    }
}
