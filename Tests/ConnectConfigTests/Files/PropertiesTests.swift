import Testing

@testable import ConnectConfig

struct PropertiesTests {
    private func read(_ text: String) -> ConfigDocument {
        PropertiesReader.read(Array(text.utf8), file: "w.properties")
    }

    @Test(
        arguments: [
            ("a=b", ["a": "b"]), ("a:b", ["a": "b"]), ("a b", ["a": "b"]), ("a\tb", ["a": "b"]),
            ("  a  =  b c ", ["a": "b c "]),
            ("a", ["a": ""]), ("a=", ["a": ""]), ("=b", ["": "b"]), ("a==b", ["a": "=b"]), ("a : = b", ["a": "= b"]),
            ("# c\n! d\na=1\n", ["a": "1"]), ("a=1\\\n   2\\\n\t3\n", ["a": "123"]), ("a\\\n  b=c", ["ab": "c"]),
            ("a=1\\\\\nb=2", ["a": "1\\", "b": "2"]), ("a=\\t\\n\\r\\f\\x\\\\", ["a": "\t\n\r\u{0C}x\\"]),
            ("a\\ b\\:c\\=d=e", ["a b:c=d": "e"]), ("a=\\u00e9\\uD83D\\uDE00", ["a": "é\u{1F600}"]),
            ("a=1\rb=2\r\nc=3", ["a": "1", "b": "2", "c": "3"]),
            ("a=b # not a comment", ["a": "b # not a comment"]), ("a=1\\\n\nb=2", ["a": "1", "b": "2"]),
            ("a=1\\\n# x\n", ["a": "1# x"]), ("a=\\", ["a": ""]), ("a \\\n = b", ["a": "b"]),
            ("\u{0C}a\u{0C}b", ["a": "b"]),
            ("naïve=é", ["naïve": "é"]), ("", [:]), ("\\#a=1", ["#a": "1"]),
        ] as [(String, [String: String])])
    func `The syntax is that of java util Properties`(text: String, values: [String: String]) {
        #expect(read(text).values == values)
        #expect(read(text).problems == [])
    }

    @Test func `Keys have the place where they stand`() {
        let document = read("# x\n\n  a = 1\n b=\\\n  2\nc=3")
        #expect(document.entries.map { [$0.position.line, $0.position.column] } == [[3, 3], [4, 2], [6, 1]])
    }

    @Test func `A key that is given again replaces the first, with a warning`() {
        let document = read("a=1\nb=2\na=3\n")
        #expect(document.values == ["a": "3", "b": "2"])
        #expect(
            document.problems.map(\.description) == ["w.properties:3:1: warning: a is given again and replaces line 1"])
    }

    @Test func `A broken escape is an error at its place`() {
        #expect(
            read("a=1\nb=x\\u12G4\nc=2").problems.map(\.description) == [
                "w.properties:2:4: error: b: Malformed \\uxxxx encoding."
            ])
        #expect(
            read("\\uX=1\nc=\\u1\\u2").problems.map(\.description) == [
                "w.properties:1:1: error: Malformed \\uxxxx encoding.",
                "w.properties:2:3: error: c: Malformed \\uxxxx encoding.",
                "w.properties:2:6: error: c: Malformed \\uxxxx encoding.",
            ])
    }

    @Test func `Bytes that are not UTF-8 are read as Java reads them`() {
        #expect(PropertiesReader.read([0x61, 0x3D, 0xE9], file: "").values == ["a": "é"])
    }

    @Test func `A problem is one line, whatever the file's keys hold`() {
        let problem = Problem(
            file: "f", position: SourcePosition(line: 1, column: 2), key: "a\nb\u{85}c", message: "x\r\ny")
        #expect(problem.description == "f:1:2: error: a b c: x y")
    }
}
