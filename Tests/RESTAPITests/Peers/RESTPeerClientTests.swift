import ConnectModel
import HTTPClient
import Synchronization
import Testing

@testable import RESTAPI

struct RESTPeerClientTests {
    private static let key = SessionKey(
        base64: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", algorithm: "HmacSHA256", createdAt: 0)

    private func put(
        _ configs: [ConfigMap] = [], of connector: String = "x", leader: String = "http://l:1/", key: SessionKey? = nil,
        outcome: Result<ClientResponse, HTTPClientError> = .success(ClientResponse(status: 204))
    ) -> (request: ClientRequest?, error: ConnectError?) {
        let sender = FakeSender { _ in outcome }
        let client = RESTPeerClient(sender: PeerRequests(sender), signatureAlgorithm: "HmacSHA256", time: .seconds(5))
        let told = Mutex<[ConnectError?]>([])
        client.putTaskConfigs(configs, of: connector, leader: leader, key: key) { error in
            told.withLock { $0.append(error) }
        }
        let all = told.withLock { $0 }
        #expect(all.count == 1)
        return (sender.requests.first, all.first ?? nil)
    }

    @Test func `configurations are posted to the leader as an array of maps`() {
        let configs = [ConfigMap([("task.class", "T"), ("empty", nil), ("quote", "\"")]), ConfigMap()]
        let (request, error) = put(configs, of: "a/b c")
        #expect(error == nil)
        #expect(
            request
                == ClientRequest(
                    method: "POST", url: "http://l:1/connectors/a%2Fb%20c/tasks",
                    headers: [
                        .init("Accept", "application/json"), .init("User-Agent", "kafka-connect"),
                        .init("Content-Type", "application/json"),
                    ], body: Array(#"[{"task.class":"T","empty":null,"quote":"\""},{}]"#.utf8), time: .seconds(5)))
        #expect(put(of: "..", leader: "http://l:1").request?.url == "http://l:1/connectors/%2E%2E/tasks")
    }

    @Test func `they are signed where there is a key`() {
        let (request, _) = put([ConfigMap([("task.class", "T"), ("topic", "t")])], key: Self.key)
        #expect(
            request?.headers.suffix(2) == [
                .init("X-Connect-Authorization", "V8fxFu27h6mjbJBDpiLyZJAYh4+exF+aUsCN2iEy2nA="),
                .init("X-Connect-Request-Signature-Algorithm", "HmacSHA256"),
            ])
    }

    @Test func `nothing is sent that cannot be signed`() {
        let (request, error) = put(key: SessionKey(base64: "?", algorithm: "HmacSHA256", createdAt: 0))
        #expect(request == nil)
        #expect(error != nil)
    }

    @Test(arguments: [
        (403, "wrong key", true), (408, "late", true), (409, "rebalance", true), (429, "much", true), (500, "x", true),
        (503, "starting", true), (400, "Internal request missing required signature", true), (400, "nonsense", false),
        (404, "Connector x not found", false), (413, "long", false), (302, "elsewhere", false),
    ])
    func `answers tell whether the same may succeed later`(status: Int, reason: String, isRetriable: Bool) {
        let (_, error) = put(outcome: .success(.json(status, #"{"error_code":\#(status),"message":"\#(reason)"}"#)))
        #expect(error?.code.errorClass == (isRetriable ? .retriable : .fatal))
        #expect(error?.httpStatus == status)
        #expect(error?.message == "The leader at http://l:1/ answered \(status): \(reason)")
    }

    @Test(arguments: [
        (HTTPClientError.Kind.unreachable, true), (.broken, true), (.timedOut, true), (.overloaded, true),
        (.closed, true),
        (.tooLong, true), (.invalid, false),
    ])
    func `so do failures of the way`(kind: HTTPClientError.Kind, isRetriable: Bool) {
        let (_, error) = put(outcome: .failure(HTTPClientError(kind, "why")))
        #expect(error?.code.errorClass == (isRetriable ? .retriable : .fatal))
        #expect(error?.message == "The leader at http://l:1/ did not answer: why")
    }
}
