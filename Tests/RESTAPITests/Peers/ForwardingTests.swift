import ConnectModel
import HTTPClient
import HTTPServer
import Synchronization
import Testing

@testable import RESTAPI

/// Requests that the herder sends elsewhere.
struct ForwardingTests {
    private func caller(
        to url: String? = "http://leader:1/", now: UInt64 = 2000, _ sender: FakeSender
    ) -> Caller {
        Caller(FakeHerder { _ in .success(.elsewhere(url: url)) }, sender: sender, now: { now })
    }

    @Test(arguments: [
        ("POST", "/connectors", #"{"name":"x","config":{}}"#), ("PUT", "/connectors/x/config", "{}"),
        ("PATCH", "/connectors/x/config", "{}"), ("DELETE", "/connectors/x", nil), ("PUT", "/connectors/x/stop", nil),
        ("POST", "/connectors/x/restart", nil), ("POST", "/connectors/x/tasks/0/restart", nil),
        ("PATCH", "/connectors/x/offsets", #"{"offsets":[{"partition":{},"offset":null}]}"#),
        ("DELETE", "/connectors/x/offsets", nil),
    ])
    func `every command is handed on and its answer passed back`(method: String, path: String, body: String?) {
        let sender = FakeSender { _ in .success(.json(200, #"{"from":"leader"}"#)) }
        let caller = caller(sender)
        let response = body.map { caller.json(method, path, $0) } ?? caller.call(method, path)
        #expect(response?.status == 200)
        #expect(response?.text == #"{"from":"leader"}"#)
        #expect(sender.requests.map(\.url) == ["http://leader:1\(path)?forward=true"])
        #expect(sender.requests.first?.method == method)
        #expect(sender.requests.first?.body == body.map { Array($0.utf8) })
    }

    @Test func `what was created has this worker's location`() {
        let sender = FakeSender { _ in .success(.json(201, "{}")) }
        let response = caller(sender).json("POST", "/connectors", #"{"name":"x","config":{}}"#)
        #expect(response?.status == 201)
        #expect(response?.headers["Location"] == "http://WORKER/connectors/x")
    }

    @Test func `a request that was handed on twice is refused here`() {
        let sender = FakeSender()
        #expect(caller(sender).call("PUT", "/connectors/x/stop?forward=false")?.status == 409)
        #expect(caller(to: nil, sender).call("PUT", "/connectors/x/stop")?.status == 409)
        #expect(sender.requests.isEmpty)
    }

    @Test func `an unreachable worker is told with the cause`() {
        let response = caller(FakeSender { _ in .failure(HTTPClientError(.unreachable, "refused")) })
            .call("PUT", "/connectors/x/stop")
        #expect(response?.status == 500)
        #expect(
            response?.text == #"{"error_code":500,"message":"IO Error trying to forward REST request: refused"}"#)
    }

    @Test func `the other worker has what is left of the time`() throws {
        let sender = FakeSender()
        let waiting = caller(now: 1000 + 30_000_000_000, sender)
        #expect(waiting.call("PUT", "/connectors/x/stop") == nil)
        #expect(sender.requests.first?.time == .seconds(60))
        let late = try #require(waiting.deadlines.withLock { $0.first })
        #expect(late.time == 90_000_001_000)
        #expect(late.answer().status == 500)
    }

    @Test func `a request whose time is over is not handed on, and one that times out there is late here`() {
        let sender = FakeSender { _ in .failure(HTTPClientError(.timedOut, "slow")) }
        let timedOut = #"{"error_code":500,"message":"Request timed out"}"#
        #expect(caller(now: 90_000_001_000, sender).call("PUT", "/connectors/x/stop")?.text == timedOut)
        #expect(sender.requests.isEmpty)
        #expect(caller(sender).call("PUT", "/connectors/x/stop")?.text == timedOut)
        #expect(sender.requests.count == 1)
    }

    @Test func `a worker without a client says so`() {
        let alone = Caller(FakeHerder { _ in .success(.elsewhere(url: "http://l")) }, now: { 2000 })
        #expect(alone.call("PUT", "/connectors/x/stop")?.status == 500)
    }

    @Test func `two workers pass a request over the wire, and the second answers`() async throws {
        let client = HTTPClient()
        let leader = FakeHerder { _ in
            .success(.created(ConnectorInfo(name: "a b", config: ConfigMap(), tasks: [], kind: .sink)))
        }
        let leaderService = RESTService(settings: .example, sender: client)
        leaderService.attach(leader)
        let server = try HTTPServer(
            listeners: [.network(host: "127.0.0.1", port: 0)], refusal: RESTService.refusal,
            handler: leaderService.handle)
        let url = "http://\(server.addresses[0])/"
        let follower = RESTService(settings: .example, sender: client)
        follower.attach(FakeHerder { _ in .success(.elsewhere(url: url)) })
        let target = try #require(RequestTarget("/connectors/a%20b/config"))
        let response = await withCheckedContinuation { continuation in
            follower.handle(
                HTTPRequest(
                    method: "PUT", target: target,
                    headers: HTTPHeaders([("Host", "f:1"), ("Content-Type", "application/json")]),
                    body: Array("{}".utf8), began: MonotonicClock.now()),
                HTTPResponder { continuation.resume(returning: $0) })
        }
        #expect(response.status == 201)
        #expect(response.text == #"{"name":"a b","config":{},"tasks":[],"type":"sink"}"#)
        #expect(response.headers["Location"] == "http://f:1/connectors/a%20b")
        #expect(leader.commands.count == 1)
        client.close()
        server.stop(answering: RESTService.stopping, within: .zero)
    }
}
