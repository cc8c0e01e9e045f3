import ConnectModel
import HTTPClient
import HTTPServer
import Synchronization

@testable import RESTAPI

/// Calls a service as a server would, without one.
final class Caller: Sendable {
    let service: RESTService
    /// Deadlines that requests were given, with their answers.
    let deadlines = Mutex<[(time: UInt64, answer: HTTPResponder.LateAnswer)]>([])
    private let given = Mutex<[HTTPResponse]>([])
    /// Every answer, also those that came after the call.
    var answers: [HTTPResponse] { given.withLock { $0 } }

    init(
        _ herder: FakeHerder?, settings: RESTSettings = .example, sender: (any HTTPSender)? = nil,
        now: @escaping @Sendable () -> UInt64 = { 1000 }
    ) {
        service = RESTService(settings: settings, sender: sender, now: now)
        if let herder { service.attach(herder) }
    }

    /// The answer; nil while the herder has not replied.
    func call(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: String? = nil
    ) -> HTTPResponse? {
        guard let target = RequestTarget(target) else { return nil }
        let kept = Kept()
        let responder = HTTPResponder(
            schedule: { time, late in self.deadlines.withLock { $0.append((time, late)) } },
            deliver: { response in
                self.given.withLock { $0.append(response) }
                kept.answer.withLock { $0 = response }
            })
        service.handle(
            HTTPRequest(
                method: method, target: target, headers: HTTPHeaders(headers + [("Host", "WORKER")]),
                body: Array((body ?? "").utf8), began: 1000), responder)
        return kept.answer.withLock { $0 }
    }

    /// A call with a JSON body.
    func json(_ method: String, _ target: String, _ body: String) -> HTTPResponse? {
        call(method, target, headers: [("Content-Type", "application/json")], body: body)
    }

    private final class Kept: Sendable {
        let answer = Mutex<HTTPResponse?>(nil)
    }
}

extension RESTSettings {
    static let example = RESTSettings(
        version: "VERSION", commit: "COMMIT", advertisedURL: "http://advertised:8083",
        builtIns: [
            BuiltIn(
                className: "org.apache.kafka.connect.storage.StringConverter", type: .converter, version: "VERSION"),
            BuiltIn(
                className: "org.apache.kafka.connect.storage.StringConverter", type: .headerConverter,
                version: "VERSION"),
        ])
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}
