import Testing

@testable import Settings

struct PatternTests {
    @Test(arguments: [
        ("a.*", "abc", true), ("b.*", "abc", false), ("ab", "abc", false), ("a|abc", "abc", true), ("", "", true),
        (#"\u00e9+"#, "éé", true), (#"\p{Alpha}+"#, "abc", true), (#"[\p{Digit}_]+"#, "1_2", true),
        (#"[\P{Digit}]+"#, "1", false), (#"\p{IsAlphabetic}"#, "1", false), (#"\Qa.b\E"#, "a.b", true),
        (#"\Qa.b\E"#, "axb", false), (#"\Q[a&&b]\E"#, "[a&&b]", true), ("[]a]+", "a]", true), (#"[\[a]+"#, "[a", true),
        ("(?i)ABC", "abc", true), ("a{2,3}", "aaaa", false), (#"(?<x>a)\k<x>"#, "aa", true), (".", "é", true),
    ])
    func `The whole of a subject matches as in Java`(pattern: String, subject: String, matches: Bool) throws {
        #expect(try Pattern(pattern).matchesWhole(subject) == matches)
    }

    @Test(arguments: ["(", "a{2,1}", "[", "*", #"\"#, #"\u12"#, "(?<x>", "[z-a]", "((((a{1000}){1000}){1000}){1000})"])
    func `An expression that does not compile says why and where`(pattern: String) throws {
        let error = try #require(throws: PatternError.self) { try Pattern(pattern) }
        #expect(error.description.contains("near index "))
    }

    @Test(arguments: ["[a-z&&[^b]]", "[a[bc]]", "[&&a]"])
    func `What the engine would take for something else is refused`(pattern: String) throws {
        let error = try #require(throws: PatternError.self) { try Pattern(pattern) }
        guard case .unsupported = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func `A match that would take for ever is given up soon`() throws {
        let pattern = try Pattern("(a+)+b?(a+)+b?(a+)+$")
        let start = ContinuousClock.now
        #expect(throws: PatternError.tooExpensive(pattern: pattern.text)) {
            try pattern.matchesWhole(String(repeating: "a", count: 5000) + "c")
        }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func `Long subjects need no stack`() throws {
        #expect(try Pattern("(?:a|b)*").matchesWhole(String(repeating: "ab", count: 20_000)))
    }

    @Test(arguments: [
        ("topic-(.*)", "topic-x", "$1", "x"), ("(.)(.)", "ab", "$2$1", "ba"), ("a", "banana", "X", "bXnana"),
        ("(a)|(b)", "b", "[$1$2]", "[b]"), ("(?<n>.+)", "q", "${n}${n}", "qq"), ("(.)", "x", #"\$1\\"#, #"$1\"#),
        ("(.)", "x", "$12", "x2"), ("z", "abc", "$0", "abc"), ("(é)", "é", "<$1>", "<é>"), (".*?", "ab", "-", "-ab"),
    ])
    func `Replacements follow Java's rules`(pattern: String, subject: String, replacement: String, result: String)
        throws
    {
        let pattern = try Pattern(pattern)
        #expect(try pattern.replacingFirst(in: subject, with: PatternReplacement(replacement, for: pattern)) == result)
    }

    @Test(arguments: [
        ("$", "Illegal group reference: group index is missing"), ("$x", "Illegal group reference"),
        ("$3", "No group 3"),
        ("\\", "character to be escaped is missing"), ("${n}", "No group with name {n}"),
        ("${n", "named capturing group is missing trailing '}'"),
    ])
    func `A replacement that refers to nothing is refused`(replacement: String, message: String) throws {
        let pattern = try Pattern("(.)")
        #expect(throws: PatternError.replacement(message)) { try PatternReplacement(replacement, for: pattern) }
    }
}
