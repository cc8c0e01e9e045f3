/// Refuses requests that two parsers could read differently, before their body is read (request smuggling: RFC 9112 §6.3 and
/// §11.2). The connection of a refused request is closed.
enum RequestScreening {
    /// Why a request is refused.
    struct Problem: Equatable {
        var status: Int
        var reason: String
    }

    static let mostHeaders = 100

    /// - Parameter version: `HTTP/1.1` or `HTTP/1.0`.
    static func problem(headers: HTTPHeaders, version: String) -> Problem? {
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            return Problem(status: 505, reason: "HTTP version not supported")
        }
        guard headers.fields.count <= mostHeaders else {
            return Problem(status: 431, reason: "Too many header fields")
        }
        for field in headers.fields {
            guard isToken(field.name) else { return bad("Header field with an invalid name") }
            guard field.value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
                return bad("Header field with an invalid value")
            }
        }
        let hosts = headers.values(of: "Host")
        guard hosts.count == 1 || (hosts.isEmpty && version == "HTTP/1.0") else {
            return bad("The header Host must be given once")
        }
        return framing(headers, version)
    }

    /// Length of the body as `Content-Length` says it; nil without that header.
    static func contentLength(_ headers: HTTPHeaders) -> Int? {
        headers["Content-Length"].flatMap(Int.init)
    }

    private static func framing(_ headers: HTTPHeaders, _ version: String) -> Problem? {
        let encodings = headers.values(of: "Transfer-Encoding")
        let lengths = headers.values(of: "Content-Length")
        if !encodings.isEmpty {
            guard lengths.isEmpty else { return bad("Transfer-Encoding and Content-Length exclude each other") }
            guard version == "HTTP/1.1" else { return bad("Transfer-Encoding needs HTTP/1.1") }
            guard encodings.count == 1, HTTPHeaders.same(encodings[0], "chunked") else {
                return Problem(status: 501, reason: "The only Transfer-Encoding understood is chunked")
            }
        }
        guard lengths.count <= 1 else { return bad("Content-Length must not be repeated") }
        if let length = lengths.first {
            let digits = length.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard digits, (1...18).contains(length.utf8.count) else { return bad("Content-Length is no number") }
        }
        return nil
    }

    private static func bad(_ reason: String) -> Problem { Problem(status: 400, reason: reason) }

    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    return true
                default: return "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
