package import ConnectModel
package import HTTPClient
package import HTTPServer
import JSON
import Logging
import Synchronization

/// Kafka Connect's REST API over a herder.
///
/// It serves from its creation on: until a herder is attached and ready, `/health` tells the stage and all else is answered
/// with 503. Reads are answered from the herder's snapshot on the calling thread, which must be one that may run for some
/// milliseconds (a listener's); writes and `/health` are handed to the herder and answered when it replies, or with the stage
/// when it does not in time. What another worker of the cluster has to answer is handed on to it. Thread-safe.
package final class RESTService: Sendable {
    private let settings: RESTSettings
    private let router: Router
    private let headers: AnswerHeaders
    private let forwarding: Forwarding
    private let attached = Mutex<(any HerderPort)?>(nil)
    private let log = Logger("org.apache.kafka.connect.runtime.rest.RestServer")

    /// - Parameters:
    ///   - sender: hands requests on to other workers; nil for a worker that is alone.
    ///   - now: monotonic nanoseconds, of the clock of ``HTTPRequest/began``.
    package init(
        settings: RESTSettings, sender: (any HTTPSender)? = nil,
        now: @escaping @Sendable () -> UInt64 = MonotonicClock.now
    ) {
        self.settings = settings
        forwarding = Forwarding(sender: sender, now: now)
        router = Router(Routes.all)
        headers = AnswerHeaders(settings)
    }

    /// Serves this herder from now on.
    package func attach(_ herder: any HerderPort) {
        attached.withLock { $0 = herder }
    }

    /// The handler for ``HTTPServer``.
    package func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        do throws(RESTError) {
            switch try outcome(request) {
            case .answer(let response): responder.answer(headers.apply(to: response, for: request))
            case .ask(let question): try ask(question, request, responder)
            }
        } catch {
            responder.answer(headers.apply(to: failure(error), for: request))
        }
    }

    /// The answer to a request that ``HTTPServer`` refuses itself.
    package static func refusal(_ status: Int, _ reason: String) -> HTTPResponse {
        RESTAnswer.error(RESTError(status, reason))
    }

    /// Bytes that the body of a request may have where one mebibyte may be too few: task configurations, which the workers of
    /// a cluster send each other and whose number and length the connector decides. For ``HTTPServer``.
    package static func bodyLimit(_ method: String, _ target: RequestTarget) -> Int? {
        guard method == "POST", let segments = target.segments, segments.count == 3, segments[0] == "connectors",
            segments[2] == "tasks"
        else { return nil }
        return 16 << 20
    }

    /// The answer to requests that wait when the worker stops.
    package static var stopping: HTTPResponse {
        RESTAnswer.error(RESTError(ErrorCode.workerStopping.httpStatus, "The worker is shutting down"))
    }

    private func outcome(_ request: HTTPRequest) throws(RESTError) -> RESTOutcome {
        let match = try router.match(request)
        let herder = attached.withLock { $0 }
        let snapshot = herder?.snapshot
        guard let herder, let snapshot, snapshot.isReady || match.servesAlways else {
            let current = StageText.sentence(snapshot?.stage)
            if match.servesAlways { return .answer(HealthResource.starting(current)) }
            throw RESTError(503, ["Worker is still starting up.", current].compactMap(\.self).joined(separator: " "))
        }
        let request = try RESTRequest(request, variables: match.variables)
        return try match.handler(request, RESTContext(herder: herder, snapshot: snapshot, settings: settings))
    }

    private func ask(
        _ question: HerderRequest, _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(RESTError) {
        guard let herder = attached.withLock({ $0 }) else { throw RESTError(503, "Worker is still starting up.") }
        let (sum, overflow) = request.began.addingReportingOverflow(question.time.nanoseconds)
        let deadline = overflow ? .max : sum
        let late = question.late
        responder.answer(at: deadline) { self.headers.apply(to: late(herder.snapshot), for: request) }
        let respond = { @Sendable (answer: HTTPResponse) in
            _ = responder.answer(self.headers.apply(to: answer, for: request))
        }
        herder.submit(question.command) { result in
            switch result {
            case .success(.elsewhere(let target)):
                self.forwarding.forward(request, to: target, before: deadline, location: question.location) { outcome in
                    switch outcome {
                    case .answer(let response): respond(response)
                    case .refused(let error): respond(self.failure(error))
                    case .late: respond(late(herder.snapshot))
                    }
                }
            case .success(let reply):
                let misfit = RESTError(500, "The herder's reply does not fit the request.")
                respond(question.render(reply) ?? self.failure(misfit))
            case .failure(let error): respond(self.failure(RESTError(error)))
            }
        }
    }

    private func failure(_ error: RESTError) -> HTTPResponse {
        if error.status >= 500, error.status != 503 { log.error("A request failed: \(error.message ?? "no reason")") }
        return RESTAnswer.error(error)
    }
}

/// What a route works with.
struct RESTContext {
    let herder: any HerderPort
    /// One picture for the whole request.
    let snapshot: WorkerSnapshot
    let settings: RESTSettings

    /// A question to the herder with the usual time-out.
    ///
    /// - Parameter location: of what the command creates, if it does.
    func ask(
        _ command: Command, location: String? = nil, _ render: @escaping HerderRequest.Render
    ) -> RESTOutcome {
        let connector = command.connector
        return .ask(
            HerderRequest(
                command, within: settings.requestTime, location: location,
                late: { snapshot in
                    let message = StageText.timedOut(snapshot.stage(for: connector))
                    return RESTAnswer.error(RESTError(ErrorCode.requestTimedOut.httpStatus, message))
                }, render: render))
    }

    /// The connector in the picture.
    func connector(_ name: String) throws(RESTError) -> WorkerSnapshot.Connector {
        guard let connector = snapshot.connector(name) else { throw .connectorNotFound(name) }
        return connector
    }
}
