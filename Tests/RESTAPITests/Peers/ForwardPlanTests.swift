import HTTPClient
import HTTPServer
import Testing

@testable import RESTAPI

struct ForwardPlanTests {
    private func plan(
        _ target: String, to worker: String? = "http://leader:8083/", method: String = "PUT",
        headers: [(String, String)] = [], body: String = ""
    ) throws -> ForwardPlan {
        ForwardPlan(
            HTTPRequest(
                method: method, target: try #require(RequestTarget(target)), headers: HTTPHeaders(headers),
                body: Array(body.utf8)), to: worker, within: .seconds(3))
    }

    private func url(_ target: String, to worker: String = "http://leader:8083/") throws -> String? {
        guard case .send(let request) = try plan(target, to: worker) else { return nil }
        return request.url
    }

    @Test func `the first worker allows one more hop, the second none`() throws {
        #expect(try url("/connectors/x/stop") == "http://leader:8083/connectors/x/stop?forward=true")
        #expect(try url("/connectors/x/stop?forward=true") == "http://leader:8083/connectors/x/stop?forward=false")
        #expect(try url("/connectors/x/stop?forward=TRUE") == "http://leader:8083/connectors/x/stop?forward=false")
    }

    @Test(arguments: ["false", "no", ""])
    func `after two hops it is a conflict`(word: String) throws {
        let text = "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"
        for worker in ["http://leader:8083/", nil] {
            #expect(try plan("/connectors/x/stop?forward=\(word)", to: worker) == .refuse(RESTError(409, text)))
        }
    }

    @Test func `nobody to hand it to is a conflict`() throws {
        let text =
            "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway."
        #expect(try plan("/connectors/x/stop", to: nil) == .refuse(RESTError(409, text)))
        #expect(try plan("/connectors/x/stop?forward=true", to: "") == .refuse(RESTError(409, text)))
    }

    @Test func `path and other parameters are kept, whatever they hold`() throws {
        #expect(
            try url(
                "/connectors/a%2Fb%20%3F%23%25/restart?includeTasks=true&forward=true&onlyFailed&x=%26%3D%2B+%C3%A4")
                == "http://leader:8083/connectors/a%2Fb%20%3F%23%25/restart?forward=false&includeTasks=true&onlyFailed="
                + "&x=%26%3D%2B%20%C3%A4")
        #expect(try url("/connectors/x#/stop") == "http://leader:8083/connectors/x%23/stop?forward=true")
        #expect(try url("/connectors/%2E%2E/stop") == "http://leader:8083/connectors/%2E%2E/stop?forward=true")
        #expect(try url("/connectors/x/", to: "https://l:1") == "https://l:1/connectors/x?forward=true")
        #expect(try url("/connectors/x", to: "http://l/base/") == "http://l/base/connectors/x?forward=true")
    }

    @Test func `of the headers only the caller's authorization goes along`() throws {
        let headers = [
            ("authorization", "Basic eA=="), ("X-Connect-Authorization", "c2ln"),
            ("X-Connect-Request-Signature-Algorithm", "HmacSHA256"), ("Cookie", "c"), ("Accept", "*/*"),
            ("User-Agent", "curl"), ("Content-Type", "application/json; charset=utf-8"),
        ]
        guard
            case .send(let request) = try plan(
                "/connectors/x/config", method: "PATCH", headers: headers, body: #"{"a":1}"#)
        else {
            Issue.record("not sent")
            return
        }
        #expect(request.method == "PATCH")
        #expect(request.body == Array(#"{"a":1}"#.utf8))
        #expect(request.time == .seconds(3))
        #expect(request.answerBytes == 16 << 20)
        #expect(
            request.headers == [
                .init("Accept", "application/json"), .init("User-Agent", "kafka-connect"),
                .init("Authorization", "Basic eA=="), .init("Content-Type", "application/json"),
            ])
    }

    @Test func `no body is sent where there was none`() throws {
        guard case .send(let request) = try plan("/connectors/x", method: "DELETE") else { return }
        #expect(request.body == nil)
        #expect(!request.headers.contains { $0.name == "Content-Type" })
    }
}
