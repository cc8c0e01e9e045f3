/// An answer. The server adds `Date`, `Content-Length` and `Connection`, and leaves the body out where the request was `HEAD`.
package struct HTTPResponse: Sendable, Equatable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The same without what of its headers makes them longer than `count` bytes together.
    func withoutLongHeaders(_ count: Int) -> HTTPResponse {
        var left = count
        var short = HTTPHeaders()
        for field in headers.fields {
            let size = field.name.utf8.count + field.value.utf8.count + 4
            guard size <= left else { continue }
            left -= size
            short.add(field.name, field.value)
        }
        guard short.fields.count < headers.fields.count else { return self }
        return HTTPResponse(status: status, headers: short, body: body)
    }

    /// An answer in plain text.
    package static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, headers: HTTPHeaders([("Content-Type", "text/plain")]), body: Array(text.utf8))
    }
}
