import Glibc
import JSON

/// The recordings beside the tests, as `scripts/record-rest-golden` keeps them.
struct GoldenFiles {
    struct Step {
        var name: String
        var method: String
        var path: String
        var headers: [(String, String)]
        var body: String?
        /// Class prefix of the plugins that the step asks about.
        var only: String?
        /// Whether the answer is a hash map in Java.
        var isMap: Bool
    }

    let steps: [Step]
    /// Apache's answers by step, with the listed differences applied.
    let expected: JSONObject

    init() throws {
        steps = try Self.load("scenario.json").array?.map(Self.step) ?? []
        var expected = try Self.load("apache.json").object ?? JSONObject()
        for difference in try Self.load("differences.json").object?.members ?? [] {
            for step in difference.value["steps"]?.array?.compactMap(\.string) ?? [] {
                expected[step] = Self.merged(expected[step], difference.value["patch"] ?? [:])
            }
            for patch in difference.value["patches"]?.object?.members ?? [] {
                expected[patch.key] = Self.merged(expected[patch.key], patch.value)
            }
        }
        self.expected = expected
    }

    /// A merge patch (RFC 7396) applied.
    static func merged(_ value: JSONValue?, _ patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = value?.object ?? JSONObject()
        for change in changes.members {
            let value = change.value == .null ? nil : Optional(merged(result[change.key], change.value))
            result[change.key] = value
        }
        return .object(result)
    }

    private static func step(_ value: JSONValue) -> Step {
        let text = value["text"]?.string ?? value["body"]?.serializedString()
        return Step(
            name: value["name"]?.string ?? "", method: value["method"]?.string ?? "", path: value["path"]?.string ?? "",
            headers: value["headers"]?.object?.members.map { ($0.key, $0.value.string ?? "") } ?? [], body: text,
            only: value["only"]?.string,
            isMap: value["map"]?.bool == true || value["path"]?.string?.hasPrefix("/connectors?expand") == true)
    }

    private static func load(_ name: String) throws -> JSONValue {
        let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
        let descriptor = open("\(folder)/Golden/\(name)", O_RDONLY)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        return try JSONValue.parse(bytes)
    }
}
