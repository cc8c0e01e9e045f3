import HTTPClient
import HTTPServer
import JSON

/// What another worker answered, as this one tells it on. Nothing of its headers goes through: the content type must be JSON's,
/// and `Location` is made here, as Apache's worker does.
enum PeerAnswer {
    /// The answer for the client.
    ///
    /// - Parameter location: of what was created, where the request creates.
    static func relayed(_ response: ClientResponse, location: String?) throws(RESTError) -> HTTPResponse {
        switch response.status {
        case 204: return RESTAnswer.empty(204)
        case 200..<300:
            guard !response.body.isEmpty else { return RESTAnswer.empty(response.status) }
            guard response.contentType.map(MediaType.isJSON) == true else { throw unreadable(response) }
            return RESTAnswer.json(response.status, location: response.status == 201 ? location : nil) { writer in
                writer.raw(response.body)
            }
        case 400..<600:
            guard let envelope = Envelope(response.body) else { throw unreadable(response) }
            throw RESTError(response.status, envelope.message, code: envelope.code)
        default:
            throw RESTError(500, "Unexpected status code when handling forwarded request: \(response.status)")
        }
    }

    /// There was no answer.
    static func failure(_ reason: String) -> RESTError {
        RESTError(500, "IO Error trying to forward REST request: \(reason)")
    }

    private static func unreadable(_ response: ClientResponse) -> RESTError {
        failure("the other worker answered \(response.status) with what is no JSON of Kafka Connect")
    }

    /// `{"error_code": …, "message": …}`.
    struct Envelope: Equatable {
        let code: Int
        /// nil for null.
        let message: String?

        /// - Returns: nil for anything else than an envelope.
        init?(_ body: [UInt8]) {
            guard let value = try? JSONValue.parse(body, limits: JSONLimits(maximumBytes: body.count, maximumDepth: 8)),
                let code = value["error_code"]?.int64, let message = value["message"],
                message == .null || message.string != nil
            else { return nil }
            self.code = Int(code)
            self.message = message.string
        }
    }
}
