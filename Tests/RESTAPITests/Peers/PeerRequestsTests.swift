import ConnectModel
import HTTPClient
import HTTPServer
import Synchronization
import Testing

@testable import RESTAPI

/// Requests to workers that leave the group before they answer.
struct PeerRequestsTests {
    /// Keeps what it is to tell.
    private final class HangingSender: HTTPSender {
        private let open = Mutex<[Completion]>([])

        func send(_ request: ClientRequest, _ done: @escaping Completion) { open.withLock { $0.append(done) } }
        func answerAll(_ response: ClientResponse) {
            for done in open.withLock({ $0 }) { done(.success(response)) }
        }
    }

    private final class Kept: Sendable {
        private let outcomes = Mutex<[Result<ClientResponse, HTTPClientError>]>([])

        var all: [Result<ClientResponse, HTTPClientError>] { outcomes.withLock { $0 } }
        func keep(_ outcome: Result<ClientResponse, HTTPClientError>) { outcomes.withLock { $0.append(outcome) } }
        var kinds: [HTTPClientError.Kind?] {
            all.map { outcome in
                if case .failure(let error) = outcome { return error.kind }
                return nil
            }
        }
    }

    private let sender = HangingSender()

    private func send(_ url: String, _ requests: PeerRequests) -> Kept {
        let kept = Kept()
        requests.send(ClientRequest(method: "PUT", url: url, time: .seconds(90))) { kept.keep($0) }
        return kept
    }

    @Test func `what a worker was asked ends when the group goes on without it, once`() {
        let requests = PeerRequests(sender)
        let hanging = send("http://l:1/connectors/x/stop?forward=true", requests)
        let other = send("http://l:12/connectors/x/stop?forward=true", requests)
        requests.groupSettled(["http://l:1/", "http://l:12/"])
        #expect(hanging.all.isEmpty && other.all.isEmpty)
        requests.groupSettled(["http://l:12/"])
        #expect(hanging.kinds == [.abandoned])
        #expect(other.all.isEmpty)
        sender.answerAll(ClientResponse(status: 204))
        #expect(hanging.all.count == 1)
        #expect(other.kinds == [nil])
        requests.groupSettled([])
        #expect(hanging.all.count == 1 && other.all.count == 1)
    }

    @Test func `where nobody leads, nobody is waited for`() {
        let requests = PeerRequests(sender)
        let hanging = send("http://l:1/connectors", requests)
        requests.groupSettled([])
        #expect(hanging.kinds == [.abandoned])
    }

    @Test func `addresses count with and without a slash at their end`() {
        let requests = PeerRequests(sender)
        let asked = send("http://l:1/base/connectors", requests)
        requests.groupSettled(["http://l:1/base"])
        requests.groupSettled(["http://l:1/base/"])
        #expect(asked.all.isEmpty)
        requests.groupSettled(["http://l:1/bas"])
        #expect(asked.kinds == [.abandoned])
    }

    @Test func `the client is told that it may have been done, and nothing is sent again`() throws {
        let counting = FakeSender()
        let requests = PeerRequests(counting)
        let caller = Caller(
            FakeHerder { _ in .success(.elsewhere(url: "http://l:1/")) }, sender: requests, now: { 2000 })
        #expect(caller.call("PUT", "/connectors/x/stop") == nil)
        requests.groupSettled(["http://m:1/"])
        let response = try #require(caller.answers.first)
        #expect(response.status == 500)
        #expect(
            response.text
                == #"{"error_code":500,"message":"IO Error trying to forward REST request: http://l:1/connectors/x/stop was "#
                + "not answered before the group went on without that worker or with another leader. "
                + #"The request may have been carried out: look before it is sent again"}"#)
        #expect(counting.requests.count == 1)
    }
}
