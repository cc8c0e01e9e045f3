import ConnectModel
import HTTPServer
import Testing

@testable import RESTAPI

struct RequestSignatureTests {
    private static let key = SessionKey(
        base64: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", algorithm: "HmacSHA256", createdAt: 0)
    private static let body = #"[{"task.class":"T","topic":"t"}]"#
    private static let code = "V8fxFu27h6mjbJBDpiLyZJAYh4+exF+aUsCN2iEy2nA="

    private func refusal(
        _ headers: [(String, String)], body: String = Self.body, version: Int16 = 2, key: SessionKey? = Self.key,
        algorithms: [String] = ["HmacSHA256"]
    ) -> RESTError? {
        guard let target = RequestTarget("/connectors/x/tasks") else { return nil }
        let request = HTTPRequest(
            method: "POST", target: target, headers: HTTPHeaders(headers), body: Array(body.utf8))
        let cluster = ClusterView(leaderURL: nil, isLeader: true, protocolVersion: version, sessionKey: key)
        do throws(RESTError) {
            try RequestSignature.check(request, in: cluster, algorithms: algorithms)
            return nil
        } catch {
            return error
        }
    }

    private func signed(_ code: String = Self.code, _ algorithm: String = "HmacSHA256") -> [(String, String)] {
        [("x-connect-authorization", code), ("X-Connect-Request-Signature-Algorithm", algorithm)]
    }

    @Test func `a request signed with the cluster's key over its exact body passes`() {
        #expect(refusal(signed()) == nil)
        let missing = refusal(signed(), body: Self.body + " ")
        #expect(missing == RESTError(403, "Internal request contained invalid signature."))
        #expect(refusal(signed("04tCCW2A9F+Ca0Sp1WB95ySWpBXT9KGoyI47udqNwcs="), body: "") == nil)
    }

    @Test func `another key, another code and a short code are refused`() {
        let other = SessionKey(
            base64: "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", algorithm: "HmacSHA256", createdAt: 0)
        #expect(refusal(signed(), key: other)?.status == 403)
        #expect(refusal(signed("V8fxFu27h6mjbJBDpiLyZJAYh4+exF+aUsCN2iEy2nE="))?.status == 403)
        #expect(refusal(signed(""))?.status == 403)
        #expect(refusal(signed("V8fx"))?.status == 403)
    }

    @Test func `either header missing is a missing signature`() {
        let missing = RESTError(400, "Internal request missing required signature")
        #expect(refusal([]) == missing)
        #expect(refusal([signed()[0]]) == missing)
        #expect(refusal([signed()[1]]) == missing)
    }

    @Test func `an algorithm that is not allowed is refused with the list, spelling included`() {
        let text =
            "key signing algorithm used by other workers. This worker is currently configured to use: "
            + "[HmacSHA512, HmacSHA1]. Check that all workers' configuration files permit the same set of signature "
            + "algorithms, and correct any misconfigured worker and restart it."
        #expect(
            refusal(signed(), algorithms: ["HmacSHA512", "HmacSHA1"])
                == RESTError(400, "This worker does not support the 'HmacSHA256' " + text))
        #expect(refusal(signed(Self.code, "hmacsha256"))?.status == 400)
        #expect(refusal(signed(Self.code, "hmacsha256"), algorithms: ["hmacsha256"]) == nil)
    }

    @Test func `without a key no signature can be judged`() {
        let text =
            "This worker is still starting up and has not been able to read a session key from the config topic yet"
        #expect(refusal(signed(), key: nil) == RESTError(503, text))
        let unreadable = SessionKey(base64: "?", algorithm: "HmacSHA256", createdAt: 0)
        #expect(refusal(signed(), key: unreadable) == RESTError(503, text))
        // With an empty key anybody could sign.
        let empty = SessionKey(base64: "", algorithm: "HmacSHA256", createdAt: 0)
        #expect(refusal(signed("thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0="), body: "", key: empty)?.status == 503)
        #expect(throws: ConnectError.self) {
            try RequestSignature.headers(signing: [], key: empty, algorithm: "HmacSHA256")
        }
    }

    @Test func `an older protocol takes unsigned requests, but no nonsense`() {
        for version: Int16 in [0, 1] {
            #expect(refusal([], version: version) == nil)
            #expect(refusal(signed("AAAA"), version: version) == nil)
            #expect(
                refusal(signed(Self.code, "HmacFoo"), version: version)
                    == RESTError(400, "Algorithm HmacFoo not available"))
            #expect(refusal(signed("not base64"), version: version)?.status == 400)
        }
    }

    @Test func `a second signature does not pass behind a first`() {
        #expect(refusal(signed() + signed())?.status == 400)
    }

    @Test func `signing makes what checking takes`() throws {
        let headers = try RequestSignature.headers(
            signing: Array(Self.body.utf8), key: Self.key, algorithm: "HmacSHA256")
        #expect(headers.map(\.name) == ["X-Connect-Authorization", "X-Connect-Request-Signature-Algorithm"])
        #expect(headers.map(\.value) == [Self.code, "HmacSHA256"])
        for algorithm in ["HmacSHA1", "HmacSHA224", "HmacSHA384", "HmacSHA512"] {
            let headers = try RequestSignature.headers(
                signing: Array(Self.body.utf8), key: Self.key, algorithm: algorithm)
            #expect(refusal(headers.map { ($0.name, $0.value) }, algorithms: [algorithm]) == nil)
        }
        #expect(throws: ConnectError.self) {
            try RequestSignature.headers(signing: [], key: Self.key, algorithm: "HmacFoo")
        }
    }
}
