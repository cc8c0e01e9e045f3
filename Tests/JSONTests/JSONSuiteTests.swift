import JSON
import Testing

/// Texts in the manner of JSONTestSuite: what every parser must take, and what it must refuse.
struct JSONSuiteTests {
    static let accepted = [
        "[]", "{}", " [ ] ", "\"\"", "0", "-0", "-0.0", "1", "-1", "123456789", "0.5", "1e1", "1E+2", "1e-2", "1.5e10",
        "true", "false", "null", "[1,2]", "[1 , 2]", "{\"a\":1}", "{\"a\":{\"b\":[]}}", "[[],[[]]]", "\"\\u0000\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\uD83D\\uDE00\"", "\"é\"", "\"\u{1F600}\"", "\"\u{7F}\"", "\"\u{2028}\"",
        "\n\t\r 1 \n", "[\"\\u00e9\"]", "{\"\":0}", "[null,true,false,\"a\",1]", "1e0", "[1e-400]", "[-1e+400]",
        "\"\\u0022\"", "{\"a\\u0000b\":1}", "[123123123123123123123123123]", "\"\u{FFFF}\"", "\"\u{10FFFF}\"",
    ]

    static let refused: [(text: String, line: Int, column: Int)] = [
        ("", 1, 1), (" ", 1, 2), ("[", 1, 2), ("]", 1, 1), ("{", 1, 2), ("}", 1, 1), ("[1", 1, 3), ("[1,", 1, 4),
        ("[1,]", 1, 4), ("[,1]", 1, 2), ("[1 2]", 1, 4), ("[1,,2]", 1, 4), ("{\"a\"}", 1, 5), ("{\"a\":}", 1, 6),
        ("{\"a\":1,}", 1, 8), ("{a:1}", 1, 2), ("{'a':1}", 1, 2), ("{\"a\" 1}", 1, 6), ("{1:1}", 1, 2), ("[1}", 1, 3),
        ("{\"a\":1]", 1, 7), ("1 2", 1, 3), ("[]x", 1, 3), ("{}{}", 1, 3), ("tru", 1, 4), ("trux", 1, 1),
        ("True", 1, 1),
        ("nullx", 1, 1), ("NaN", 1, 1), ("Infinity", 1, 1), ("-Infinity", 1, 2), ("-", 1, 2), ("--1", 1, 2),
        ("+1", 1, 1),
        (".5", 1, 1), ("1.", 1, 3), ("1.e1", 1, 3), ("1e", 1, 3), ("1e+", 1, 4), ("1ea", 1, 3), ("01", 1, 1),
        ("-01", 1, 1),
        ("1.2.3", 1, 4), ("0x1", 1, 2), ("1a", 1, 2), ("\"", 1, 2), ("\"a", 1, 3), ("'a'", 1, 1), ("\"\\\"", 1, 4),
        ("\"\\x41\"", 1, 2), ("\"\\u12\"", 1, 7), ("\"\\u12G4\"", 1, 2), ("\"\\uD800\"", 1, 2), ("\"\\uDC00\"", 1, 2),
        ("\"\\uD800\\u0041\"", 1, 2), ("\"\\", 1, 3), ("\"\n\"", 1, 2), ("\"\t\"", 1, 2), ("\"a\u{0}\"", 1, 3),
        ("[\"a\" : 1]", 1, 6), ("{\"a\":1 \"b\":2}", 1, 8), ("// no\n1", 1, 1), ("[1]/**/", 1, 4), ("\u{FEFF}1", 1, 1),
        ("[\n 1,\n x]", 3, 2), ("{\"é\":x}", 1, 6), ("\u{A0}1", 1, 1), ("\u{0C}1", 1, 1),
    ]

    @Test(arguments: accepted)
    func `A text that RFC 8259 allows is read`(text: String) throws {
        _ = try JSONValue.parse(text)
    }

    @Test(arguments: refused.map(\.text).indices)
    func `A text that RFC 8259 forbids is refused at the right place`(index: Int) throws {
        let (text, line, column) = Self.refused[index]
        let error = try #require(throws: JSONError.self) { try JSONValue.parse(text) }
        #expect((error.line, error.column) == (line, column), "\(text): \(error)")
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE2, 0x82],
            [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
            [0xFE],
        ] as [[UInt8]])
    func `Bytes that are not UTF-8 are refused`(bytes: [UInt8]) throws {
        let text = [UInt8(ascii: "\"")] + Array("plain text ".utf8) + bytes + [UInt8(ascii: "\"")]
        let error = try #require(throws: JSONError.self) { try JSONValue.parse(text) }
        #expect(error.reason == .invalidUTF8)
        #expect(error.offset == 12)
        bytes.withUnsafeBytes { #expect(!UTF8Text.isValid($0)) }
    }

    @Test func `Every scalar at the edges of UTF-8's lengths passes`() throws {
        for value: UInt32 in [0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF] {
            let scalar = try #require(Unicode.Scalar(value))
            let text = String(Character(scalar))
            #expect(try JSONValue.parse("\"\(text)\"").string == text)
            Array(text.utf8).withUnsafeBytes { #expect(UTF8Text.isValid($0)) }
        }
    }
}
