import Testing

@testable import ConnectConfig

struct YAMLConfigTests {
    private func read(_ text: String) -> ConfigDocument { YAMLConfigReader.read(Array(text.utf8), file: "w.yaml") }

    private func problems(_ text: String) -> [String] { read(text).problems.map(\.description) }

    @Test func `Nested maps and dotted keys mean the same, lists become comma lists`() {
        let document = read(
            """
            bootstrap.servers: [a:9092, b:9092]
            offset:
              storage:
                topic: offsets
                partitions: 25
            "offset.flush.interval.ms": 1000
            plugin.path:
              - /a
              - "/b"
            empty: []
            """)
        #expect(document.problems == [])
        #expect(
            document.entries.map { "\($0.key)=\($0.value ?? "null")@\($0.position.line):\($0.position.column)" } == [
                "bootstrap.servers=a:9092,b:9092@1:1", "offset.storage.topic=offsets@4:5",
                "offset.storage.partitions=25@5:5", "offset.flush.interval.ms=1000@6:1", "plugin.path=/a,/b@7:1",
                "empty=@10:1",
            ])
    }

    @Test func `A scalar is its text as written, and only the plain null forms are null`() {
        let document = read(
            """
            a: yes
            b: 0123
            c: 1e3
            d: NO
            e: ~
            f: null
            g:
            h: "null"
            i: '~'
            j: Null
            k: 1.0
            l: |
              two
              lines
            m: !!str null
            n: ""
            o: 12:30:45
            """)
        #expect(document.problems == [])
        let values = document.entries.map(\.value)
        #expect(
            values == [
                "yes", "0123", "1e3", "NO", nil, nil, nil, "null", "~", "Null", "1.0", "two\nlines\n", "null", "",
                "12:30:45",
            ])
    }

    @Test func `The same dotted key twice is refused, however it is nested`() {
        #expect(problems("a.b: 1\na:\n  b: 2\n") == ["w.yaml:3:3: error: a.b is given twice, first in line 1"])
        #expect(problems("x: 1\nx: 2\n") == ["w.yaml:2:1: error: x is given twice, first in line 1"])
    }

    @Test(arguments: [
        ("a: [x, 'y,z']", "1:8", "a list item may not contain a comma"),
        ("a: [x, [y]]", "1:8", "a list may hold nothing but texts"),
        ("a: [x, ~]", "1:8", "a list may hold nothing but texts"),
        ("- a\n- b\n", "1:1", "expected keys and values, not a list"), ("just text", "1:1", "expected keys and values"),
        ("? [a]\n: b\n", "1:3", "a key must be a text"), ("'': b\n", "1:1", "a key must be a text"),
        ("a: *b\n", "1:4", "unknown or unfinished anchor 'b'"),
        ("a: &a [*a]\n", "1:8", "unknown or unfinished anchor 'a'"),
        ("b: &b {x: 1}\na:\n  <<: *b\n", "3:3", "merge keys are not supported"),
        ("a: !!int 1\n", "1:4", "not supported"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document"), ("a:\n\tb: 1\n", "2:1", "cannot start any token"),
        ("a: 1\n b: 2\n", "2:3", "mapping values are not allowed"), ("a: \"x\n", "2:1", "unexpected end of stream"),
        ("a: 1\nb: x\u{0}y\n", "2:5", "control characters are not allowed"),
        ("a: [1\n", "2:1", "did not find expected"),
        ("a: 1\nb: é\u{1}\n", "2:5", "control characters are not allowed"),
    ])
    func `What cannot be meant is refused at its place`(text: String, place: String, message: String) throws {
        let problem = try #require(problems(text).first)
        #expect(problem.hasPrefix("w.yaml:\(place): error: "), "\(problem)")
        #expect(problem.contains(message), "\(problem)")
    }

    @Test func `A tag is refused, and what it stands before is read`() {
        let document = YAMLConfigReader.read(
            Array("a: !x 1\nb: !y {c: ! '2'}\n!z d: !w [e]\n".utf8), file: "f")
        #expect(document.values == ["a": "1", "b.c": "2", "d": "e"])
        #expect(document.problems.map(\.message) == ["!x", "!y", "!z", "!w"].map { "tag \($0) is not supported" })
        #expect(document.hasErrors && document.isComplete)
    }

    @Test func `Bytes that are not UTF-8 are refused at their place`() throws {
        let problem = try #require(
            YAMLConfigReader.read(Array("a: 1\nb: ".utf8) + [0xFF, 0x0A], file: "f").problems.first)
        #expect(problem.position == SourcePosition(line: 2, column: 4))
    }

    @Test func `Nesting stops at 64 levels`() {
        let deep = String(repeating: "{a: ", count: 64) + "1" + String(repeating: "}", count: 64)
        #expect(read(deep).problems == [])
        let deeper = String(repeating: "{a: ", count: 65) + "1" + String(repeating: "}", count: 65)
        #expect(problems(deeper) == ["w.yaml:1:257: error: nested deeper than 64"])
        #expect(problems(String(repeating: "[", count: 100_000)).first?.contains("nested deeper than 64") == true)
        #expect(problems(String(repeating: "{a: ", count: 100_000)).first?.contains("nested deeper than 64") == true)
    }

    @Test func `Aliases stand for what they name, but neither multiply nor deepen without bounds`() {
        #expect(read("a: &x {b: 1}\nc: *x\n").values == ["a.b": "1", "c.b": "1"])
        var bomb = "a0: &a0 {k0: v, k1: v, k2: v, k3: v, k4: v, k5: v, k6: v, k7: v, k8: v, k9: v}\n"
        for level in 1...9 {
            let members = (0..<10).map { "k\($0): *a\(level - 1)" }.joined(separator: ", ")
            bomb += "a\(level): &a\(level) {\(members)}\n"
        }
        let start = ContinuousClock.now
        #expect(problems(bomb).contains { $0.contains("aliases make this more than") })
        #expect(ContinuousClock.now - start < .seconds(10))
        var tower = "a0: &a0 {k: v}\n"
        for level in 1...70 { tower += "a\(level): &a\(level) {k: *a\(level - 1)}\n" }
        #expect(problems(tower).contains { $0.contains("nested deeper than 64") })
    }

    /// What is counted is what stands for keys and values once aliases are resolved: here a thousand a line.
    @Test(arguments: [false, true]) func `As many nodes as are allowed are read, and one more is refused`(ofLists: Bool)
    {
        let block =
            ofLists
            ? "[" + (0..<999).map { "t\($0)" }.joined(separator: ", ") + "]"
            : "{" + (0..<999).map { "k\($0): v" }.joined(separator: ", ") + "}"
        var text = "a0: &a0 \(block)\n"
        for line in 1..<199 { text += "a\(line): *a0\n" }
        // 199 000 by now, and 999 keys of their own.
        for line in 0..<999 { text += "b\(line): v\n" }
        let document = read(text)
        #expect(document.problems == [] && document.values["b998"] == "v")
        let more = problems(text + "one: more\n")
        #expect(more == ["w.yaml:1199:1: error: aliases make this more than 200000 nodes"])
    }

    @Test func `A file without keys is empty, not wrong`() {
        for text in ["", "# only a comment\n", "---\n", "~\n", "{}\n"] {
            #expect(read(text).problems == [] && read(text).entries == [], "\(text)")
        }
    }
}
