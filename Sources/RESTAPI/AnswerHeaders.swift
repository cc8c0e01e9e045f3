import ConnectConfig
import Glibc
import HTTPServer

/// Headers that every answer gets: those of `response.http.headers.config` and, where origins are allowed, CORS. A resource's
/// own header of the same name wins over a rule.
struct AnswerHeaders: Sendable {
    private let settings: RESTSettings

    init(_ settings: RESTSettings) { self.settings = settings }

    /// - Parameter now: seconds since 1970, for rules about dates.
    func apply(
        to response: HTTPResponse, for request: HTTPRequest, now: @autoclosure () -> Int64 = Int64(time(nil))
    ) -> HTTPResponse {
        guard !settings.allowedOrigins.isEmpty || !settings.responseHeaders.isEmpty else { return response }
        var headers = HTTPHeaders()
        for (name, value) in crossOrigin(request) { headers.add(name, value) }
        for (name, value) in rules(now) where response.headers[name] == nil { headers.add(name, value) }
        for field in response.headers.fields { headers.add(field.name, field.value) }
        var response = response
        response.headers = headers
        return response
    }

    /// As Jetty 12 does it: an origin that is not allowed gets its answer without the headers, and the browser keeps it away.
    private func crossOrigin(_ request: HTTPRequest) -> [(String, String)] {
        guard !settings.allowedOrigins.isEmpty else { return [] }
        var result = [("Vary", "Origin")]
        guard let origin = request.headers["Origin"],
            settings.allowedOrigins.contains("*") || settings.allowedOrigins.contains(origin)
        else { return result }
        result.append(("Access-Control-Allow-Origin", origin))
        if request.method == "OPTIONS", request.headers["Access-Control-Request-Method"] != nil {
            result.append(("Access-Control-Allow-Methods", settings.allowedMethods.joined(separator: ",")))
            result.append(("Access-Control-Allow-Headers", "Content-Type"))
            result.append(("Access-Control-Max-Age", "60"))
        }
        return result
    }

    private func rules(_ now: () -> Int64) -> [(String, String)] {
        var result: [(String, String)] = []
        for rule in settings.responseHeaders {
            let value =
                switch rule.action {
                case .set, .add: rule.value
                case .setDate, .addDate: date(rule.value, now())
                }
            if rule.action == .set || rule.action == .setDate {
                result.removeAll { HTTPHeaders.same($0.0, rule.name) }
            }
            result.append((rule.name, value))
        }
        return result
    }

    /// - Parameter offset: milliseconds from now.
    private func date(_ offset: String, _ now: Int64) -> String {
        let seconds = (Int64(offset) ?? 0) / 1000
        let (sum, overflow) = now.addingReportingOverflow(seconds)
        // Beyond the year 9999 there is no date that HTTP could spell.
        return CalendarTime.httpDate(seconds: overflow ? now : min(max(sum, 0), 253_402_300_799))
    }
}
