import ConnectModel
import HTTPServer
import JSON
import Logging
import Synchronization
import Testing

@testable import RESTAPI

struct RESTServiceTests {
    private let stage = Stage(description: "reading to the end of the config topic", began: 1_729_846_800_123)

    @Test func `before there is a herder all but health is refused`() {
        let caller = Caller(nil)
        #expect(caller.call("GET", "/health")?.status == 503)
        #expect(
            caller.call("GET", "/health")?.text == #"{"status":"starting","message":"Worker is still starting up."}"#)
        #expect(caller.call("GET", "/connectors")?.status == 503)
    }

    @Test func `before the herder is ready all but health is refused with the stage`() {
        let caller = Caller(FakeHerder(.ready(stage: stage, isReady: false)))
        let text = "Worker is still starting up. The worker is currently reading to the end of the config topic, "
        #expect(
            caller.call("GET", "/health")?.text
                == #"{"status":"starting","message":"\#(text)which began at 2024-10-25T09:00:00.123Z."}"#)
        for path in ["/", "/connectors", "/connectors/x", "/connector-plugins", "/admin/loggers"] {
            let response = caller.call("GET", path)
            #expect(response?.status == 503)
            #expect(
                response?.text == #"{"error_code":503,"message":"\#(text)which began at 2024-10-25T09:00:00.123Z."}"#)
        }
    }

    @Test func `a herder that is not ready is not asked`() {
        let herder = FakeHerder(.ready(stage: stage, isReady: false))
        let caller = Caller(herder)
        #expect(caller.call("GET", "/health")?.status == 503)
        #expect(caller.json("POST", "/connectors", "{}")?.status == 503)
        #expect(herder.commands.isEmpty)
    }

    @Test func `health is unhealthy at once where the herder says what it waits for`() {
        let stage = Stage(description: "waiting for the group's coordinator", began: 0)
        let answer = Caller(FakeHerder { _ in .success(.unhealthy(stage)) }).call("GET", "/health")
        #expect(answer?.status == 500)
        #expect(
            answer?.text
                == #"{"status":"unhealthy","message":"Worker was unable to handle this request and may be unable to "#
                + "handle other requests. The worker is currently waiting for the group's coordinator, which began at "
                + #"1970-01-01T00:00:00Z."}"#)
    }

    @Test func `health is healthy when the herder answers and unhealthy with the stage when it does not`() throws {
        let healthy = Caller(FakeHerder { _ in .success(.healthy) })
        #expect(healthy.call("GET", "/health")?.status == 200)
        let hung = Caller(FakeHerder(.ready(stage: stage)))
        #expect(hung.call("GET", "/health") == nil)
        let deadline = try #require(hung.deadlines.withLock { $0.first })
        #expect(deadline.time == 10_000_001_000)
        let response = deadline.answer()
        #expect(response.status == 500)
        #expect(response.text.hasPrefix(#"{"status":"unhealthy","message":"Worker was unable to handle this request"#))
        #expect(response.text.hasSuffix(#"which began at 2024-10-25T09:00:00.123Z."}"#))
    }

    @Test func `a request that times out names the stage of that moment`() throws {
        let herder = FakeHerder()
        let caller = Caller(herder)
        #expect(caller.call("PUT", "/connectors/x/stop") == nil)
        let deadline = try #require(caller.deadlines.withLock { $0.first })
        #expect(deadline.time == 90_000_001_000)
        #expect(deadline.answer().text == #"{"error_code":500,"message":"Request timed out"}"#)
        let done = Stage(description: "stopping connector x", began: 0, completed: 1500)
        herder.state.withLock { $0.snapshot = .ready(stage: done) }
        #expect(
            deadline.answer().text
                == #"{"error_code":500,"message":"Request timed out. The last operation the worker completed was "#
                + #"stopping connector x, which began at 1970-01-01T00:00:00Z and completed at 1970-01-01T00:00:01.500Z."}"#
        )
    }

    @Test func `a request that times out names its own connector's stage, else the worker's`() throws {
        let herder = FakeHerder()
        let caller = Caller(herder)
        #expect(caller.call("PUT", "/connectors/x/stop") == nil)
        let deadline = try #require(caller.deadlines.withLock { $0.first })
        let own = Stage(description: "stopping connector x", began: 0, connector: "x")
        let worker = Stage(description: "writing to the config topic", began: 0)
        let other = Stage(description: "starting the connector", began: 0, connector: "y")
        func text(_ stages: [Stage]) -> String {
            herder.state.withLock { $0.snapshot = .ready(stage: stages.last, stages: stages) }
            return deadline.answer().text
        }
        #expect(text([own, worker, other]).contains("The worker is currently stopping connector x,"))
        #expect(text([worker, other]).contains("The worker is currently writing to the config topic,"))
        #expect(text([other]) == #"{"error_code":500,"message":"Request timed out"}"#)
    }

    @Test func `a late reply answers a request that waited`() throws {
        let herder = FakeHerder()
        let service = RESTService(settings: .example)
        service.attach(herder)
        let answer = Mutex<HTTPResponse?>(nil)
        let target = try #require(RequestTarget("/connectors/x/pause"))
        service.handle(
            HTTPRequest(method: "PUT", target: target), HTTPResponder { response in answer.withLock { $0 = response } })
        #expect(answer.withLock { $0 } == nil)
        herder.state.withLock { $0.unanswered.first }?(.success(.done))
        #expect(answer.withLock { $0 }?.status == 202)
    }

    @Test func `errors have the herder's status and its cause first`() {
        let caller = Caller(
            FakeHerder { _ in .failure(ConnectError(.connectorFailed, "Cause", detail: "led to\nit")) })
        let response = caller.call("DELETE", "/connectors/x")
        #expect(response?.status == 500)
        #expect(response?.text == #"{"error_code":500,"message":"Cause\nled to\nit"}"#)
        #expect(response?.headers["Content-Type"] == "application/json")
    }

    @Test func `no body shows a secret that the worker knows`() {
        let secret = "hunter2-in-rest-tests"
        LogSystem.redactor.register(secret)
        defer { LogSystem.redactor.unregister(secret) }
        let failed = InstanceStatus(state: .failed, trace: "no login with \(secret)", workerID: "w:1")
        let status = ConnectorStatus(name: "x", connector: failed, tasks: [], kind: .source)
        let herder = FakeHerder(.ready([.named("x", status: status)])) { command in
            if case .validateConfig = command {
                let key = ConfigValidation.Key(
                    definition: nil, name: "k", value: secret, recommendedValues: [], errors: ["bad \(secret)"],
                    isVisible: true)
                return .success(.validation(ConfigValidation(name: "A", errorCount: 1, groups: [], keys: [key])))
            }
            return .failure(ConnectError(.pluginFailed, "refused \(secret)"))
        }
        let caller = Caller(herder)
        for response in [
            caller.call("GET", "/connectors/x/status"), caller.call("PUT", "/connectors/x/stop"),
            caller.json("PUT", "/connector-plugins/A/config/validate", #"{"connector.class":"A"}"#),
        ] {
            #expect(response?.text.contains("[hidden]") == true)
            #expect(response?.text.contains(secret) == false)
        }
    }

    @Test func `a reply that does not fit is an error, not a crash`() {
        let caller = Caller(FakeHerder { _ in .success(.healthy) })
        #expect(caller.call("DELETE", "/connectors/x")?.status == 500)
    }

    @Test(arguments: [
        ("host:8083", "http://host:8083"), ("[::1]:8083", "http://[::1]:8083"), ("evil/%0d", "http://advertised:8083"),
        ("a b", "http://advertised:8083"), ("", "http://advertised:8083"),
    ])
    func `Location has the host that the client used, if it is one`(host: String, base: String) throws {
        let service = RESTService(settings: .example)
        service.attach(
            FakeHerder { _ in
                .success(.created(ConnectorInfo(name: "a/b", config: ConfigMap(), tasks: [], kind: .source)))
            })
        let answer = Mutex<HTTPResponse?>(nil)
        let target = try #require(RequestTarget("/connectors/a%2Fb/config"))
        service.handle(
            HTTPRequest(
                method: "PUT", target: target,
                headers: HTTPHeaders([("Host", host), ("Content-Type", "application/json")]), body: Array("{}".utf8)),
            HTTPResponder { response in answer.withLock { $0 = response } })
        #expect(answer.withLock { $0 }?.headers["Location"] == base + "/connectors/a%2Fb")
    }

    @Test func `topics can be switched off`() {
        var settings = RESTSettings.example
        settings.allowsTopicReset = false
        let fixed = Caller(FakeHerder(), settings: settings)
        #expect(fixed.call("GET", "/connectors/x/topics")?.status == 200)
        #expect(
            fixed.call("PUT", "/connectors/x/topics/reset")?.text
                == #"{"error_code":403,"message":"Topic tracking reset is disabled."}"#)
        settings.tracksTopics = false
        let off = Caller(FakeHerder(), settings: settings)
        for (method, path) in [("GET", "/connectors/x/topics"), ("PUT", "/connectors/x/topics/reset")] {
            #expect(off.call(method, path)?.text == #"{"error_code":403,"message":"Topic tracking is disabled."}"#)
        }
    }

    @Test func `it fits a server, whose own answers become envelopes`() throws {
        let service = RESTService(settings: .example)
        service.attach(FakeHerder(.ready([.named("one")])))
        let server = try HTTPServer(
            listeners: [.network(host: "127.0.0.1", port: 0)], refusal: RESTService.refusal, handler: service.handle)
        #expect(server.addresses[0].port != 0)
        server.stop(answering: RESTService.stopping, within: .zero)
        #expect(RESTService.stopping.text == #"{"error_code":503,"message":"The worker is shutting down"}"#)
        #expect(RESTService.refusal(413, "too long").text == #"{"error_code":413,"message":"too long"}"#)
    }
}
