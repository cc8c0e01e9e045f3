import Testing

@testable import HTTPServer

struct RequestTargetTests {
    @Test(arguments: [
        ("/", []), ("/a", ["a"]), ("/a/", ["a"]), ("/a//b", ["a", "", "b"]), ("/a%2Fb/c", ["a/b", "c"]),
        ("/..", [".."]), ("/%2e%2E/x", ["..", "x"]), ("/%F0%9F%90%9F", ["🐟"]), ("/a+b", ["a+b"]), ("*", ["*"]),
        ("http://host:1/x?y", ["x"]), ("http://host", []), ("/a?b/c", ["a"]),
    ])
    func `a path is split before it is decoded`(text: String, segments: [String]) {
        #expect(RequestTarget(text)?.segments == segments)
    }

    @Test(arguments: ["/%", "/%4", "/%zz", "/%C3", "/%FF", "/a/%+1"])
    func `a malformed escape has no segments`(text: String) {
        #expect(RequestTarget(text)?.segments == nil)
    }

    @Test(arguments: ["", "a", "/a b", "/a\r\nX: y", "/\u{7F}", "ftp://x/", "?a"])
    func `what is no path is refused`(text: String) {
        #expect(RequestTarget(text) == nil)
    }

    @Test func `parameters are decoded in order`() {
        let parameters = RequestTarget("/?expand=info&expand=status&flag&x=a+b%26c&=v&&y=1=2")?.parameters
        #expect(parameters?.map(\.name) == ["expand", "expand", "flag", "x", "", "y"])
        #expect(parameters?.map(\.value) == ["info", "status", "", "a b&c", "v", "1=2"])
        #expect(RequestTarget("/x")?.parameters?.isEmpty == true)
        #expect(RequestTarget("/?a=%")?.parameters == nil)
    }

    @Test func `encoding a segment is undone by decoding it`() {
        let name = "a/b c?#%+;=@é🐟..\u{1}"
        let encoded = RequestTarget.encode(segment: name)
        #expect(encoded == "a%2Fb%20c%3F%23%25+;=@%C3%A9%F0%9F%90%9F..%01")
        #expect(RequestTarget("/" + encoded)?.segments == [name])
        #expect(RequestTarget.encode(segment: "..") == "%2E%2E")
        #expect(RequestTarget.encode(segment: "...") == "...")
    }
}
