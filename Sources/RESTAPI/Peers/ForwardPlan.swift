import HTTPClient
import HTTPServer

/// What becomes of a request that another worker has to answer (Java: `HerderRequestHandler`): handed on, at most twice on its
/// way, or refused.
enum ForwardPlan: Equatable {
    case send(ClientRequest)
    case refuse(RESTError)

    /// - Parameters:
    ///   - request: what this worker was asked.
    ///   - target: where the worker is that should answer; nil where nobody knows.
    ///   - time: what is left of the request's time.
    init(_ request: HTTPRequest, to target: String?, within time: Duration) {
        let parameters = request.target.parameters ?? []
        // nil for the first worker that is asked: only it may have its request handed on twice.
        let hop = parameters.first { $0.name == "forward" }.map { $0.value.lowercased() == "true" }
        guard hop != false else {
            self = .refuse(
                RESTError(409, "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"))
            return
        }
        guard let target, !target.isEmpty else {
            self = .refuse(
                RESTError(
                    409,
                    "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was "
                        + "underway."))
            return
        }
        let url = PeerURL.make(
            target, request.target.segments ?? [],
            [("forward", hop == nil ? "true" : "false")] + parameters.filter { $0.name != "forward" })
        var headers = PeerHeaders.common
        // The signature is not copied: it is the sender's word to this worker.
        if let authorization = request.headers["Authorization"] {
            headers.append(.init("Authorization", authorization))
        }
        let body = request.body.isEmpty ? nil : request.body
        if body != nil { headers.append(PeerHeaders.json) }
        self = .send(ClientRequest(method: request.method, url: url, headers: headers, body: body, time: time))
    }
}

/// Headers of requests between workers.
enum PeerHeaders {
    static let common = [
        ClientRequest.Field("Accept", "application/json"), ClientRequest.Field("User-Agent", "kafka-connect"),
    ]
    static let json = ClientRequest.Field("Content-Type", "application/json")
}
