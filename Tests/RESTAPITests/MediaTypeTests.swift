import Testing

@testable import RESTAPI

struct MediaTypeTests {
    @Test(arguments: [
        ("application/json", true), ("application/json; charset=utf-8", true), ("APPLICATION/JSON", true),
        ("application/*", false), ("application/vnd.kafka+json", false), ("text/plain", false), ("", false),
    ])
    func `a body's type is JSON or is refused`(type: String, isJSON: Bool) {
        #expect(MediaType.isJSON(type) == isJSON)
    }

    @Test(arguments: [
        (["*/*"], true), (["application/*"], true), (["text/html, application/json;q=0.5"], true),
        (["text/html", "application/json"], true), (["text/html, image/png"], false), (["garbage"], false),
        (["application/json;q=0"], true),
    ])
    func `an answer's type is accepted or is refused`(headers: [String], accepts: Bool) {
        #expect(MediaType.acceptsJSON(headers) == accepts)
    }
}
