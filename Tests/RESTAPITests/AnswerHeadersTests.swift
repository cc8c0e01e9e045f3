import ConnectConfig
import HTTPServer
import Testing

@testable import RESTAPI

/// What a browser and a proxy see, as a running 4.3.1 sent it.
struct AnswerHeadersTests {
    private func headers(
        _ settings: RESTSettings, _ method: String = "GET", origin: String?, preflight: Bool = false
    ) throws -> [String] {
        var sent = HTTPHeaders()
        if let origin { sent.add("Origin", origin) }
        if preflight { sent.add("Access-Control-Request-Method", "PUT") }
        let request = HTTPRequest(method: method, target: try #require(RequestTarget("/")), headers: sent)
        let response = HTTPResponse(status: 200, headers: HTTPHeaders([("Content-Type", "application/json")]))
        return AnswerHeaders(settings).apply(to: response, for: request, now: 1_795_513_060).headers.fields.map {
            "\($0.name): \($0.value)"
        }
    }

    private var settings: RESTSettings {
        var settings = RESTSettings.example
        settings.allowedOrigins = ["http://a.example"]
        settings.allowedMethods = ["GET", "PUT"]
        return settings
    }

    @Test func `an allowed origin is told so`() throws {
        #expect(
            try headers(settings, origin: "http://a.example") == [
                "Vary: Origin", "Access-Control-Allow-Origin: http://a.example", "Content-Type: application/json",
            ])
        #expect(
            try headers(settings, "OPTIONS", origin: "http://a.example", preflight: true) == [
                "Vary: Origin", "Access-Control-Allow-Origin: http://a.example",
                "Access-Control-Allow-Methods: GET,PUT",
                "Access-Control-Allow-Headers: Content-Type", "Access-Control-Max-Age: 60",
                "Content-Type: application/json",
            ])
    }

    @Test(arguments: ["http://a.example.evil", "http://A.example", "null", ""] as [String?] + [nil])
    func `another origin gets its answer without the headers`(origin: String?) throws {
        #expect(try headers(settings, origin: origin) == ["Vary: Origin", "Content-Type: application/json"])
        #expect(
            try headers(settings, "OPTIONS", origin: origin, preflight: true)
                == ["Vary: Origin", "Content-Type: application/json"])
    }

    @Test func `a star allows all, and without origins there is nothing`() throws {
        var all = settings
        all.allowedOrigins = ["*"]
        #expect(try headers(all, origin: "http://b").contains("Access-Control-Allow-Origin: http://b"))
        #expect(try headers(.example, origin: "http://b") == ["Content-Type: application/json"])
    }

    @Test func `rules add and set headers, dates from now`() throws {
        var settings = RESTSettings.example
        settings.responseHeaders = try ResponseHeaderRule.parse(
            #"add X-A: 1, add X-A: 2, set X-B: one, set x-b: two, "add Cache-Control: no-cache, no-store", "#
                + "setDate Expires: 1000, set content-type: text/html"
        ).get()
        #expect(
            try headers(settings, origin: nil) == [
                "X-A: 1", "X-A: 2", "x-b: two", "Cache-Control: no-cache, no-store",
                "Expires: Tue, 24 Nov 2026 09:37:41 GMT", "Content-Type: application/json",
            ])
    }
}
