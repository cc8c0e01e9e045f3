import ConnectModel
import JSON
import RecordPipeline
import Testing

/// Texts of headers that are given a type, as `SimpleHeaderConverter` reads them.
enum HeaderTexts {
    static let known = [
        "1", "-1", "+5", "127", "128", "32768", "2147483648", "9223372036854775807", "9223372036854775808", "1.0",
        "1.5", "0.1", "1e3", "1e300", "-1e300", "1.7976931348623157e309", "1e-400", "1.50", "0e9999", "0e99999", "9e18",
        "1e19", "[9e18,0e5]", "true", "false", "True",
        " true ", "true,", "null", " null ", "null:", "", " ", "abc", "12,13", "12:13", "1:2:3:4:5", "[1,2,3]",
        "[1, 300]",
        "[1,2.5]", "[300,1.5]", "[1.5,1e300]", "[]", "[null]", "[null,null]", "[null,1]", "[1,null]", "[null,1,\"a\"]",
        "[a]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1,2] x", "[1,2]x", "[1]:2", " [1]", "[ 1 , 2 ]", "[ ", "[tru]",
        "[[]]", "[[1],[2]]", "[1,[2,3]]", "[1,\"a\",\"b\"]", "[true ,false]", "{}", "{} x", "{\"a\":1}", "{\"a\":1,}",
        "{\"a\":1 \"b\":2}", "{\"a\":1,\"b\":\"x\"}", "{\"a\":[1,2]}", "{\"a\":{}}", "{a:1}", "{1:2}", "{\"a\"}",
        "{ :1}",
        "{null:1}", "{\"a\": ", "{\"a\":null}", "{\"a\":null,\"b\":1}", "{1:1,\"b\":1,\"c\":2}", "[\"x\",1]",
        "[true,false]", "\"quoted\"", "[\"x\" ]", "[\" \"]", "[\" a \"]", "[\"a: :b\"]", "[\"a\\\"b\"]", "[\"a\"\"b\"]",
        "[\"\\\\\"]", "[\"a", "-", "+", "0x10", "1_000", "NaN", "2024-10-25", "2024-13-25x", "2024-13-01", "2024-02-30",
        "2024-1-100", "2024-1-1xx", "2024-1- 10", "2024-10--5", "2024-1-1000", "2024-10-25:x", "2024-10-25,x",
        "12:30:00.000Z", "00:00:00.000Z", "25:00:00.000Z", "99:99:99.999Z", "12:30:00.00AZ", "1:34:56.7890Z",
        "12:34:56.789Zx:", "12:34:56.789Z x", "12:34:56.789Z,x", "12:34:56.789Z:x", "12:34:56.789Z\"", "12 :34:56.789Z",
        "12\\:34\\:56.789Z", "12\\:34:56.789Z", "a12:34:56.789Z", "\"12:34:56.789Z\"", "2024-10-25T12:30:00.000Z",
        "2024-05-01T10:00:00.000Z INFO foo: bar", "2024-05-01T10\\:00\\:00.000Z", "2024-10-25T12:34:56.789+00",
        "2024-10-25T1:2:3.4Zabcdef", "[\"2024-10-25\"]", "[\"2024-10-25,x\"]", "[12:34:56.789Z]",
        "[ \"12:34:56.789Z\" ]", "{12:34:56.789Z:1}", "{2024-10-25:12:34:56.789Z}", "{2024-10-25T12:34:56.789Z:1}",
        "1.", ".5", "00012", "1 2", "é", "a[1]", "1[2]",
    ]

    /// Pieces that are put together to texts: such as make a reader go back and forth.
    static let pieces = [
        "1", "12", "-1.5", "300", "1e3", "12:34:56.789Z", "2024-05-01", "T10:00:00.000Z", "10", "56.789Z", ":", ":",
        ",", ",", "[", "[", "]", "]", "{", "}", "\"", "\"", " ", "\\", "a", "x y", "true", "null", "Z", "-", "é",
    ]

    static func generated(seed: UInt64) -> String {
        var random = OracleValues.SplitMix(state: seed)
        return (0..<Int.random(in: 1...9, using: &random)).map { _ in
            pieces[Int.random(in: 0..<pieces.count, using: &random)]
        }.joined()
    }
}

@Suite struct HeaderTextTests {
    private func read(_ bytes: [UInt8]) throws -> (shown: String, kind: ValueKind?) {
        let fixture = PipelineFixture()
        let converter = try ConverterFactory.makeHeaderConverter("SimpleHeaderConverter", options: ConfigMap())
        return try withExtendedLifetime(fixture) {
            let (value, schema) = try converter.decode(
                UnsafeRawBufferPointer(start: fixture.copy(bytes), count: bytes.count), arena: fixture.arena)
            return (OracleValues.json(value, schema).serializedString(), schema?.kind)
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("2024-05-01T10:00:00.000Z INFO foo: bar", #"{"string":"2024-05-01T10:00:00.000Z INFO foo: bar"}"#),
            ("12:34:56.789Zx:", #"{"int8":12}"#),
            ("12:34:56.789Z:::", #"{"date":45296789}"#),
            ("[12:34:56.789Zx:", #"{"string":"[12:34:56.789Zx:"}"#),
            ("{\"a\":2024-05-01T10:00:00.000Z b:c}", #"{"string":"{\"a\":2024-05-01T10:00:00.000Z b:c}"}"#),
        ])
    func `colons behind a time end`(text: String, expected: String) throws {
        #expect(try read(Array(text.utf8)).shown == expected)
    }

    @Test(.timeLimit(.minutes(1))) func `text of any length and depth is read once through`() throws {
        for piece in ["[", "{", "[[1],", "{1:", "\"", "12:34:56.789Z", "12:34:56.789Zx:", "1,", "\\", " ", ": "] {
            for start in ["", "[", "{\"", "1"] {
                let text = start + String(repeating: piece, count: 5_000)
                #expect(try read(Array(text.utf8)).kind != nil, "\(start)\(piece)…")
            }
        }
    }

    @Test func `numbers beyond what a date can hold are no date`() throws {
        for text in [
            "9999999999", "999999-1-1", "99999999-1", "0-99999999", "9999:1:1.111Z", "99999999999-1-1T0:0:0.0Z",
            "9999999-1-1T1:1:1.000000Z", "1-9999999-9999999T1:1:1Z", "-1-9999999",
        ] {
            #expect(try read(Array(text.utf8)).shown.isEmpty == false)
        }
    }
}

/// The same texts as Apache reads them. Needs KAFKA_HOME; every failure names its text.
@Suite(.enabled(if: Oracle.missing == nil, "KAFKA_HOME names no Apache Kafka with connect-oracle"))
struct HeaderTextOracleTests {
    private static let cases: Range<UInt64> = 0..<5_000

    @Test(.timeLimit(.minutes(2))) func `text is given the types and values that Apache's header converter infers`()
        throws
    {
        let oracle = try Oracle()
        defer { oracle.close() }
        let converter = try ConverterFactory.makeHeaderConverter("SimpleHeaderConverter", options: ConfigMap())
        for text in HeaderTexts.known + Self.cases.map(HeaderTexts.generated) {
            let fixture = PipelineFixture()
            defer { withExtendedLifetime(fixture) {} }
            let bytes = Array(text.utf8)
            var copy = bytes
            let encoded = copy.withUnsafeMutableBytes { Base64.encode(UnsafeRawBufferPointer($0)) }
            let answer = try oracle.ask(
                .object([
                    "op": "toConnectHeader", "converter": .string(ConverterFactory.simpleHeaderConverter),
                    "config": .object(JSONObject()), "topic": "t", "header": "h", "bytes": .string(encoded),
                ]))
            let (value, schema) = try converter.decode(
                UnsafeRawBufferPointer(start: fixture.copy(bytes), count: bytes.count), arena: fixture.arena)
            #expect(
                schema?.kind == nil || answer["schema"]?["type"]?.string == OracleValues.json(schema)["type"]?.string,
                "\(text): \(answer.serializedString())")
            if isModelled(answer, text) {
                #expect(
                    OracleValues.json(value, schema).serializedString()
                        == OracleValues.normalised(answer["value"] ?? .null).serializedString(), "\(text)")
            }
        }
    }

    /// Not: decimals of any size, of which the oracle's language has the text only; dates among other values, which Java
    /// gives the last one's schema; and a broken array or map behind a blank, of which Java leaves the blank alone.
    private func isModelled(_ answer: JSONValue, _ text: String) -> Bool {
        guard answer["error"] == nil, answer["value"]?["decimal"] == nil else { return false }
        if let shown = answer["value"]?["string"]?.string, shown != text, shown == " " { return false }
        let shown = answer.serializedString()
        let isContainer = answer["value"]?["array"] != nil || answer["value"]?["map"] != nil
        return !isContainer || (text.utf8.filter { $0 == UInt8(ascii: ",") }.isEmpty || !shown.contains(#""date""#))
    }
}
