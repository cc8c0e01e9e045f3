import ConnectModel
import HTTPServer
import JSON
import Synchronization
import Testing

@testable import RESTAPI

/// Every request that was recorded from Apache's worker, against the API with a herder that knows what Apache's knew: paths,
/// methods, headers, statuses, texts and bodies to the order of fields are Apache's, save the listed differences.
struct GoldenTests {
    private static let plugins = ["FileStreamSinkConnector", "FileStreamSourceConnector"].map { name in
        PluginDescription(
            className: "org.apache.kafka.connect.file." + name, aliases: [],
            kind: name.contains("Sink") ? .sink : .source, version: "VERSION", location: "")
    }

    /// Steps that REST must decide by itself.
    private static let ownBusiness = [
        "unknown-path", "method-", "options-", "accept-", "type-text", "type-garbage", "type-vendor",
        "put-name-mismatch",
        "create-name-mismatch", "body-not-json", "body-cut", "body-unknown-field", "body-config-", "validate-mismatch",
        "offsets-missing", "logger-", "internal-",
    ]

    @Test func `every recorded request is answered as recorded`() throws {
        let golden = try GoldenFiles()
        #expect(golden.steps.count > 300)
        var differing = 0
        for step in golden.steps {
            let expected = golden.expected[step.name] ?? .null
            let script = GoldenScript(step: step, answer: expected)
            let herder = FakeHerder(script.snapshot, plugins: Self.plugins) { _ in script.reply }
            herder.state.withLock { $0.keys = script.keys }
            let response = Caller(herder).call(step.method, step.path, headers: step.headers, body: step.body)
            let answer = Self.normalised(response, step)
            if !Self.agree(answer, expected) {
                differing += 1
                Issue.record(
                    "\(step.name):\n expected \(expected.serializedString())\n answered \(answer.serializedString())")
            }
            let asksNot = Self.ownBusiness.contains { step.name.hasPrefix($0) } && !step.name.contains("config-empty")
            #expect(!asksNot || herder.commands.isEmpty, "\(step.name) reached the herder")
        }
        #expect(differing == 0)
    }

    /// The answer in the words of the recording.
    private static func normalised(_ response: HTTPResponse?, _ step: GoldenFiles.Step) -> JSONValue {
        guard let response else { return .null }
        var answer: JSONObject = ["status": .int(response.status)]
        for name in ["Content-Type", "Location", "Allow"] {
            if let value = response.headers[name] { answer[name] = .string(value) }
        }
        guard step.method != "HEAD", !response.body.isEmpty else { return .object(answer) }
        guard let value = try? JSONValue.parse(response.body) else {
            answer["text"] = .string(response.text)
            return .object(answer)
        }
        answer["json"] = cleaned(arranged(value, step))
        return .object(answer)
    }

    private static func arranged(_ value: JSONValue, _ step: GoldenFiles.Step) -> JSONValue {
        if let only = step.only {
            return .array(value.array?.filter { $0["class"]?.string?.hasPrefix(only) == true } ?? [])
        }
        if let strings = value.array?.compactMap(\.string), strings.count == value.array?.count {
            return .array(strings.sorted().map(JSONValue.string))
        }
        return step.isMap ? sorted(value) : value
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        var object = JSONObject()
        for member in (value.object?.members ?? []).sorted(by: { $0.key < $1.key }) {
            object[member.key] = member.value
        }
        return .object(object)
    }

    private static func cleaned(_ value: JSONValue, key: String = "") -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map { cleaned($0) })
        case .object(let object):
            var result = JSONObject()
            for member in object.members { result[member.key] = cleaned(member.value, key: member.key) }
            return ["config", "partition", "offset"].contains(key) ? sorted(.object(result)) : .object(result)
        case .number where key == "last_modified": return "TIME"
        default: return value
        }
    }

    /// Headers in any order; bodies to the order of their fields; a message that begins with `~` is a pattern.
    private static func agree(_ answer: JSONValue, _ expected: JSONValue) -> Bool {
        guard let left = answer.object, let right = expected.object, left.count == right.count else { return false }
        return right.members.allSatisfy { member in
            guard let value = left[member.key] else { return false }
            if value == member.value { return true }
            guard let pattern = member.value["message"]?.string, pattern.hasPrefix("~"),
                let expression = try? Regex(String(pattern.dropFirst()))
            else { return false }
            return value["message"]?.string?.contains(expression) == true
        }
    }
}
