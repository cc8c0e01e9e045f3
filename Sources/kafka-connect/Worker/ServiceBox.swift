import HTTPServer
import RESTAPI
import Synchronization

/// Holds the REST service that is made after the port is known, which is after the server is bound.
final class ServiceBox: Sendable {
    private let service = Mutex<RESTService?>(nil)

    func set(_ service: RESTService) { self.service.withLock { $0 = service } }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard let service = service.withLock({ $0 }) else {
            responder.answer(RESTService.refusal(503, "Worker is still starting up."))
            return
        }
        service.handle(request, responder)
    }
}
