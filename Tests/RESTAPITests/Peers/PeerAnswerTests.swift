import HTTPClient
import HTTPServer
import Testing

@testable import RESTAPI

struct PeerAnswerTests {
    private func error(_ response: ClientResponse) -> RESTError? {
        do throws(RESTError) {
            _ = try PeerAnswer.relayed(response, location: nil)
            return nil
        } catch {
            return error
        }
    }

    @Test func `bodies go through with this worker's own headers`() throws {
        let created = try PeerAnswer.relayed(.json(201, #"{"name":"x"}"#), location: "http://me/connectors/x")
        #expect(created.status == 201)
        #expect(created.text == #"{"name":"x"}"#)
        #expect(
            created.headers
                == HTTPHeaders([("Location", "http://me/connectors/x"), ("Content-Type", "application/json")]))
        let updated = try PeerAnswer.relayed(.json(200, "{}"), location: "http://me/connectors/x")
        #expect(updated.headers == HTTPHeaders([("Content-Type", "application/json")]))
    }

    @Test func `answers without a body have none`() throws {
        #expect(try PeerAnswer.relayed(ClientResponse(status: 204), location: "l") == HTTPResponse(status: 204))
        #expect(try PeerAnswer.relayed(ClientResponse(status: 202), location: nil) == HTTPResponse(status: 202))
    }

    @Test func `errors are raised again with status, code and message`() {
        #expect(error(.json(409, #"{"error_code":409,"message":"busy"}"#)) == RESTError(409, "busy"))
        #expect(error(.json(500, #"{"error_code":50001,"message":null}"#)) == RESTError(500, nil, code: 50001))
        #expect(
            RESTAnswer.error(RESTError(500, nil, code: 50001)).text == #"{"error_code":50001,"message":null}"#)
    }

    @Test(arguments: ["", "User cannot access the resource.", "{}", #"{"error_code":"x","message":"y"}"#, "[1]"])
    func `an error that is no envelope is an error of the way`(body: String) {
        let message = "IO Error trying to forward REST request: the other worker answered 401 with what is no JSON of "
        #expect(
            error(ClientResponse(status: 401, contentType: "text/plain", body: Array(body.utf8)))
                == RESTError(500, message + "Kafka Connect"))
    }

    @Test func `a page that is no JSON does not go through as one`() {
        let page = ClientResponse(status: 200, contentType: "text/html", body: Array("<html>".utf8))
        #expect(error(page)?.status == 500)
    }

    @Test(arguments: [100, 302, 304, 600, 999])
    func `no other status goes through`(status: Int) {
        #expect(
            error(.json(status, "{}"))
                == RESTError(500, "Unexpected status code when handling forwarded request: \(status)"))
    }
}
