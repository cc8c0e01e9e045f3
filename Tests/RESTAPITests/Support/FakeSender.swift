import HTTPClient
import Synchronization

/// Another worker that answers from a closure, or not at all.
final class FakeSender: HTTPSender {
    typealias Respond = @Sendable (ClientRequest) -> Result<ClientResponse, HTTPClientError>?

    private let respond: Respond
    private let sent = Mutex<[ClientRequest]>([])

    init(_ respond: @escaping Respond = { _ in nil }) { self.respond = respond }

    /// What was sent, in order.
    var requests: [ClientRequest] { sent.withLock { $0 } }

    func send(_ request: ClientRequest, _ done: @escaping Completion) {
        sent.withLock { $0.append(request) }
        if let result = respond(request) { done(result) }
    }
}

extension ClientResponse {
    static func json(_ status: Int, _ text: String) -> ClientResponse {
        ClientResponse(status: status, contentType: "application/json", body: Array(text.utf8))
    }
}
