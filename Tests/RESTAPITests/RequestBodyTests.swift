import ConnectModel
import JSON
import Testing

@testable import RESTAPI

struct RequestBodyTests {
    private let text = "{\n  \"a\": [1, {\"b\": {}},\n   \"ü\", {\"c\": null}],\n  \"d\": {\"a\": 5}\n}"

    @Test(
        arguments: [
            ([], 1, 1), ([.member("a")], 2, 3), ([.member("a"), .element(0)], 2, 9),
            ([.member("a"), .element(1), .member("b")], 2, 13), ([.member("a"), .element(2)], 3, 4),
            ([.member("a"), .element(3), .member("c")], 3, 10), ([.member("d"), .member("a")], 4, 9),
            ([.member("none")], 1, 1), ([.element(3)], 1, 1),
        ] as [([RequestBody.Step], Int, Int)])
    func `an error's place is found again by its path`(path: [RequestBody.Step], line: Int, column: Int) {
        let place = Array(text.utf8).withUnsafeBytes { JSONPlace.position(of: path, in: $0) }
        #expect(place.line == line)
        #expect(place.column == column)
    }

    @Test func `an error names its line`() {
        let error = #expect(throws: RESTError.self) {
            try CreateRequest(Array("{\"name\": \"x\",\n \"config\": {\n  \"a\": []}}".utf8))
        }
        #expect(
            error
                == .badRequest(
                    "Cannot deserialize value of type `String` from Array value in \"a\" at line 3, column 3"))
    }

    @Test func `of two equal members the last counts, as Apache's worker has it`() throws {
        let text = #"{"name": "x", "name": "y", "config": {"a": "1", "b": "2", "a": "3"}}"#
        let request = try CreateRequest(Array(text.utf8))
        #expect(request.name == "y" && request.config["a"] == "3" && request.config["b"] == "2")
    }

    @Test func `a body that nests too deeply or is no UTF-8 is refused`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: RESTError.self) { try RequestBody(Array(deep.utf8)) }
        #expect(throws: RESTError.self) { try RequestBody([0x22, 0xFF, 0x22]) }
    }
}
