package import ConnectModel
import HTTPClient
import HTTPServer
import JSON

/// Requests of this worker to others, over their REST APIs (Java: `RestClient`). Thread-safe.
package final class RESTPeerClient: PeerClient {
    private let sender: PeerRequests
    private let algorithm: String
    private let time: Duration

    /// - Parameters:
    ///   - signatureAlgorithm: `inter.worker.signature.algorithm`.
    ///   - time: longest wait for an answer.
    package init(sender: PeerRequests, signatureAlgorithm: String, time: Duration = .seconds(90)) {
        self.sender = sender
        algorithm = signatureAlgorithm
        self.time = time
    }

    /// Hands a connector's task configurations to the leader. `done` is called once, on the HTTP client's thread or, for what
    /// is known at once, on the calling one; it must not block. The error's status is that of the leader's answer.
    package func putTaskConfigs(
        _ configs: [ConfigMap], of connector: String, leader url: String, key: SessionKey?,
        _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        let body = Self.body(configs)
        var headers = PeerHeaders.common + [PeerHeaders.json]
        if let key {
            do throws(ConnectError) {
                let signature = try RequestSignature.headers(signing: body, key: key, algorithm: algorithm)
                headers += signature.map { ClientRequest.Field($0.name, $0.value) }
            } catch {
                done(error)
                return
            }
        }
        let request = ClientRequest(
            method: "POST", url: PeerURL.make(url, ["connectors", connector, "tasks"]), headers: headers, body: body,
            time: time)
        sender.send(request) { done(Self.error($0, url)) }
    }

    /// Gives up what other workers than these were asked, by this client and by whoever else sends with the same requests.
    package func groupSettled(_ workers: [String]) { sender.groupSettled(workers) }

    /// The JSON array of a connector's task configurations.
    static func body(_ configs: [ConfigMap]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for config in configs { ConnectorBodies.config(config, &writer) }
        writer.endArray()
        return writer.bytes
    }

    /// What an outcome means for the sender; nil for success.
    static func error(_ outcome: Result<ClientResponse, HTTPClientError>, _ url: String) -> ConnectError? {
        switch outcome {
        case .success(let response): return refusal(response, url)
        case .failure(let error):
            let message = "The leader at \(url) did not answer: \(error)"
            return ConnectError(error.kind == .invalid ? .peerRefused : .peerRetriable, message)
        }
    }

    private static func refusal(_ response: ClientResponse, _ url: String) -> ConnectError? {
        guard !(200..<300).contains(response.status) else { return nil }
        let reason = PeerAnswer.Envelope(response.body)?.message
        let message = "The leader at \(url) answered \(response.status)" + (reason.map { ": \($0)" } ?? "")
        let code: ErrorCode = mayPass(response.status, reason) ? .peerRetriable : .peerRefused
        return ConnectError(code, message, status: response.status)
    }

    /// Whether the same request may succeed later. 403: the leader has a key that this worker has not read yet. A missing
    /// signature: this worker has no key yet, or a former leader handed the request on, which loses the signature.
    private static func mayPass(_ status: Int, _ reason: String?) -> Bool {
        switch status {
        case 403, 408, 409, 429, 500...: true
        case 400: reason == RequestSignature.missing
        default: false
        }
    }
}
