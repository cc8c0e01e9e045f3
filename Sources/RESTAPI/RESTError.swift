import ConnectModel

/// A refusal in Kafka Connect's terms: a status and a message for the error envelope.
struct RESTError: Error, Equatable {
    var status: Int
    /// nil where another worker gave none.
    var message: String?
    /// `error_code` of the envelope.
    var code: Int

    /// - Parameter code: where it is not the status, as another worker may have it.
    init(_ status: Int, _ message: String?, code: Int? = nil) {
        self.status = status
        self.message = message
        self.code = code ?? status
    }

    /// What the herder or a port refused, cause first.
    init(_ error: ConnectError) {
        self.init(error.httpStatus, error.trace)
    }

    /// The client's mistake.
    static func badRequest(_ message: String) -> RESTError { RESTError(400, message) }

    /// In the words of Apache's web framework.
    static let notFound = RESTError(404, "HTTP 404 Not Found")
    static let methodNotAllowed = RESTError(405, "HTTP 405 Method Not Allowed")
    static let notAcceptable = RESTError(406, "HTTP 406 Not Acceptable")
    static let unsupportedMediaType = RESTError(415, "HTTP 415 Unsupported Media Type")

    static func connectorNotFound(_ name: String) -> RESTError { RESTError(404, "Connector \(name) not found") }
}
