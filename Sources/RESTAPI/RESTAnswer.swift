import ConnectModel
import HTTPServer
import JSON
import Logging

/// Makes responses: JSON bodies, empty ones, and the error envelope.
enum RESTAnswer {
    /// A JSON body.
    static func json(_ status: Int = 200, location: String? = nil, _ write: (inout JSONWriter) -> Void) -> HTTPResponse
    {
        var writer = JSONWriter()
        write(&writer)
        var headers = HTTPHeaders()
        if let location { headers.add("Location", location) }
        headers.add("Content-Type", "application/json")
        return HTTPResponse(status: status, headers: headers, body: writer.bytes)
    }

    /// No body and no content type.
    static func empty(_ status: Int) -> HTTPResponse {
        HTTPResponse(status: status)
    }

    /// `{"error_code": …, "message": …}`, without the secrets that the worker knows.
    static func error(_ error: RESTError) -> HTTPResponse {
        json(error.status) { writer in
            writer.beginObject()
            writer.key("error_code")
            writer.int(error.code)
            writer.key("message")
            writer.string(error.message.map(redacted))
            writer.endObject()
        }
    }
}

extension RESTAnswer {
    /// A text without the secrets that the worker knows.
    static func redacted(_ text: String) -> String { LogSystem.redactor.redact(text) }
}
