import ConnectModel
import HTTPServer
import Logging
import Testing

@testable import RESTAPI

/// What a worker of a cluster answers where one that is alone answers something else.
struct ClusterEndpointTests {
    private func herder(version: Int16 = 2, reply: Reply = .done) -> FakeHerder {
        let key = SessionKey(
            base64: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", algorithm: "HmacSHA256", createdAt: 0)
        let cluster = ClusterView(
            leaderURL: "http://l:1/", isLeader: true, protocolVersion: version, sessionKey: key)
        let snapshot = WorkerSnapshot(
            isReady: true, isStopping: false, stage: nil, kafkaClusterID: nil,
            connectors: [.named("sink", kind: .sink), .named("source")], cluster: cluster)
        return FakeHerder(snapshot) { _ in .success(reply) }
    }

    private let signature = [
        ("X-Connect-Authorization", "V8fxFu27h6mjbJBDpiLyZJAYh4+exF+aUsCN2iEy2nA="),
        ("X-Connect-Request-Signature-Algorithm", "HmacSHA256"),
    ]
    private let emptySignature = [
        ("X-Connect-Authorization", "04tCCW2A9F+Ca0Sp1WB95ySWpBXT9KGoyI47udqNwcs="),
        ("X-Connect-Request-Signature-Algorithm", "HmacSHA256"),
    ]
    private let body = #"[{"task.class":"T","topic":"t"}]"#

    @Test func `signed task configurations become a command`() throws {
        let herder = herder()
        let response = Caller(herder).call("POST", "/connectors/a%2Fb/tasks", headers: signature, body: body)
        #expect(response == HTTPResponse(status: 204))
        guard case .putTaskConfigs("a/b", let configs) = try #require(herder.commands.first) else {
            Issue.record("another command: \(herder.commands)")
            return
        }
        #expect(configs == [ConfigMap([("task.class", "T"), ("topic", "t")])])
    }

    @Test func `unsigned ones do so in an older protocol only`() {
        let strict = herder()
        let refused = Caller(strict).call("POST", "/connectors/x/tasks", body: body)
        #expect(refused?.text == #"{"error_code":400,"message":"Internal request missing required signature"}"#)
        #expect(strict.commands.isEmpty)
        #expect(Caller(herder(version: 1)).call("POST", "/connectors/x/tasks", body: body)?.status == 204)
    }

    @Test func `the signature is checked before the body and before who leads`() {
        let elsewhere = herder(reply: .elsewhere(url: nil))
        let caller = Caller(elsewhere, now: { 2000 })
        #expect(caller.call("POST", "/connectors/x/tasks", body: "nonsense")?.text.contains("signature") == true)
        #expect(caller.call("POST", "/connectors/x/tasks", headers: emptySignature, body: body)?.status == 403)
        #expect(elsewhere.commands.isEmpty)
        #expect(caller.call("POST", "/connectors/x/tasks", headers: signature, body: body)?.status == 409)
    }

    @Test(arguments: ["", "{}", "null", "[1]", "[null]", #"[{"a":{}}]"#, "[", #"[{"a":"b"}] x"#])
    func `a body that is no array of flat maps is refused`(body: String) {
        let herder = herder(version: 0)
        #expect(Caller(herder).call("POST", "/connectors/x/tasks", body: body)?.status == 400)
        #expect(herder.commands.isEmpty)
    }

    @Test func `a null value stays null and scalars become text`() throws {
        let herder = herder(version: 0)
        _ = Caller(herder).call("POST", "/connectors/x/tasks", body: #"[{"a":null,"b":1.50,"c":true},{}]"#)
        guard case .putTaskConfigs("x", let configs) = try #require(herder.commands.first) else { return }
        #expect(configs == [ConfigMap([("a", nil), ("b", "1.50"), ("c", "true")]), ConfigMap()])
        #expect(configs.first?.contains("a") == true)
    }

    @Test func `a restart that was handed on is answered without versions, which workers of 3.x do not know`() {
        let status = InstanceStatus(state: .restarting, trace: nil, workerID: "w:1", generation: 1, version: "1.2")
        let plan = ConnectorStatus(
            name: "sink", connector: status, tasks: [.init(number: 0, status: status)], kind: .sink)
        let caller = Caller(herder(reply: .accepted(plan)))
        let path = "/connectors/sink/restart?includeTasks=true"
        #expect(caller.call("POST", path)?.text.contains(#""version":"1.2""#) == true)
        #expect(
            caller.call("POST", path + "&forward=true")?.text
                == #"{"name":"sink","connector":{"state":"RESTARTING","worker_id":"w:1"},"#
                + #""tasks":[{"id":0,"state":"RESTARTING","worker_id":"w:1"}],"type":"sink"}"#)
    }

    @Test func `fencing is not part of this version, and says so after what is wrong with the request`() {
        let caller = Caller(herder())
        #expect(caller.call("PUT", "/connectors/source/fence")?.status == 400)
        #expect(
            caller.call("PUT", "/connectors/none/fence", headers: emptySignature)?.text
                == #"{"error_code":404,"message":"Connector none not found"}"#)
        #expect(
            caller.call("PUT", "/connectors/sink/fence", headers: emptySignature)?.text
                == #"{"error_code":400,"message":"Connector sink is not a source connector"}"#)
        let response = caller.call("PUT", "/connectors/source/fence", headers: emptySignature)
        #expect(response?.status == 500)
        #expect(response?.text.contains("not part of this version") == true)
    }

    @Test func `a level for the cluster goes to the herder, one for the worker does not`() throws {
        let herder = herder()
        let caller = Caller(herder)
        let name = "cluster.endpoint.tests"
        let path = "/admin/loggers/" + name
        #expect(caller.json("PUT", path + "?scope=Cluster", #"{"level":"debug"}"#) == HTTPResponse(status: 204))
        guard case .setLoggerLevel(name, "DEBUG") = try #require(herder.commands.first) else {
            Issue.record("another command: \(herder.commands)")
            return
        }
        #expect(caller.json("PUT", path + "?scope=cluster", #"{"level":"loud"}"#)?.status == 404)
        for scope in ["", "?scope=worker", "?scope=planet"] {
            #expect(caller.json("PUT", path + scope, #"{"level":"debug"}"#)?.status == 200)
        }
        #expect(herder.commands.count == 1)
        #expect(LogSystem.level(of: name)?.level == .debug)
    }

    @Test(arguments: ["", "?scope=cluster"]) func `a logger's name that is too long is refused`(scope: String) {
        let herder = herder()
        let name = String(repeating: "n", count: 256)
        let response = Caller(herder).json("PUT", "/admin/loggers/\(name)\(scope)", #"{"level":"debug"}"#)
        #expect(response?.status == 400 && response?.text.contains("at most 255 bytes") == true)
        #expect(herder.commands.isEmpty && LogSystem.level(of: name) == nil)
    }
}
