/// An answer of any status.
package struct ClientResponse: Sendable, Equatable {
    package var status: Int
    /// The `Content-Type`; nil where there was none.
    package var contentType: String?
    package var body: [UInt8]

    /// An answer.
    package init(status: Int, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}
