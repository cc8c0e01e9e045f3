import ConnectModel
import HTTPClient
import HTTPServer

/// Hands requests on to the worker that has to answer them. Thread-safe.
struct Forwarding: Sendable {
    /// nil where no worker is known but this one.
    let sender: (any HTTPSender)?
    /// Monotonic nanoseconds, of the clock of ``HTTPRequest/began``.
    let now: @Sendable () -> UInt64

    /// What comes of handing a request on.
    enum Outcome: Sendable {
        case answer(HTTPResponse)
        case refused(RESTError)
        /// The request's time is over.
        case late
    }

    /// Hands the request on; `done` is called once, on this thread or the client's.
    ///
    /// - Parameters:
    ///   - target: where the worker is that should answer; nil where nobody knows.
    ///   - deadline: of the request, in monotonic nanoseconds.
    ///   - location: of what the request creates, if it does.
    func forward(
        _ request: HTTPRequest, to target: String?, before deadline: UInt64, location: String?,
        _ done: @escaping @Sendable (Outcome) -> Void
    ) {
        let moment = now()
        guard moment < deadline else { return done(.late) }
        let time = Duration.nanoseconds(Int64(clamping: deadline - moment))
        switch ForwardPlan(request, to: target, within: time) {
        case .refuse(let error): done(.refused(error))
        case .send(let message):
            guard let sender else { return done(.refused(PeerAnswer.failure("this worker has no HTTP client"))) }
            sender.send(message) { done(Self.outcome($0, location)) }
        }
    }

    private static func outcome(_ result: Result<ClientResponse, HTTPClientError>, _ location: String?) -> Outcome {
        switch result {
        case .failure(let error):
            return error.kind == .timedOut ? .late : .refused(PeerAnswer.failure(error.description))
        case .success(let response):
            do throws(RESTError) {
                return .answer(try PeerAnswer.relayed(response, location: location))
            } catch {
                return .refused(error)
            }
        }
    }
}
