import Logging
import Synchronization

/// Sends HTTP/1.1 requests to other servers, `http` and `https`, and tells each outcome to a closure.
///
/// One thread, named `kc-http`, does all of it with libcurl under it; it starts with the first request. Connections are kept and
/// used again, redirects are not followed, and neither proxies nor passwords are taken from the environment. Thread-safe;
/// callers never wait.
package final class HTTPClient: HTTPSender {
    private enum State {
        case idle
        case running(ClientLoop, ClientThread)
        case closed
    }

    private let limits: ClientLimits
    private let state = Mutex(State.idle)
    private let log = Logger("org.apache.kafka.connect.runtime.rest.RestClient")

    /// A client that has not started its thread yet.
    package init(limits: ClientLimits = ClientLimits()) { self.limits = limits }

    deinit { close() }

    /// Sends a request and returns at once.
    ///
    /// `done` is called once and must not block: on the client's thread, or, where the client is closed, has too many requests
    /// or gets no thread, on the calling one before this returns.
    package func send(_ request: ClientRequest, _ done: @escaping Completion) {
        let deadline = MonotonicTime.now().advanced(by: request.time)
        let ticket = Ticket(request: request, deadline: deadline, done: done)
        let refusal = state.withLock { state -> HTTPClientError? in
            switch state {
            case .closed: return .closed
            case .running(let loop, _): return loop.post(ticket)
            case .idle:
                guard let loop = ClientLoop(limits) else { return .noMemory }
                guard let thread = ClientThread.start(name: "kc-http", { loop.run() }) else {
                    loop.discard()
                    return HTTPClientError(.overloaded, "The kernel has no thread for the HTTP client.")
                }
                state = .running(loop, thread)
                return loop.post(ticket)
            }
        }
        if let refusal {
            log.debug("A request was not sent: \(refusal)")
            done(.failure(refusal))
        }
    }

    /// Cancels every request, whose outcome is then an error of the kind `closed`, and returns when the thread has ended;
    /// called on that thread, in a completion, it does not wait. May be called again.
    package func close() {
        let before = state.withLock { state in
            defer { state = .closed }
            return state
        }
        guard case .running(let loop, let thread) = before else { return }
        loop.close()
        thread.join()
    }
}
