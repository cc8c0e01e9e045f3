import JSON
import Testing

struct JSONValueTests {
    @Test func `Members keep their order and numbers their spelling`() throws {
        let text = #"{"z":1.00,"a":[1e2,-0,{"k":null}],"m":"x\/y","b":123456789012345678901234567890}"#
        #expect(
            try JSONValue.parse(text).serializedString()
                == #"{"z":1.00,"a":[1e2,-0,{"k":null}],"m":"x/y","b":123456789012345678901234567890}"#)
    }

    @Test func `A member that appears twice is refused at the second name`() throws {
        let error = try #require(throws: JSONError.self) { try JSONValue.parse("{\"a\":1,\n \"a\":2}") }
        #expect(error.reason == .duplicateKey("a"))
        #expect((error.line, error.column) == (2, 2))
        #expect(error.description == "line 2, column 2: member \"a\" appears twice")
    }

    @Test func `Where the last one wins, it stands at the place of the first`() throws {
        let value = try JSONValue.parse(#"{"a":1,"b":2,"a":3}"#, limits: .jackson)
        #expect(value.serializedString() == #"{"a":3,"b":2}"#)
    }

    @Test func `Names that differ only in composition are two members`() throws {
        let value = try JSONValue.parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value.object?.count == 2)
        #expect(value["\u{E9}"]?.int64 == 1)
        #expect(value["e\u{301}"]?.int64 == 2)
    }

    @Test func `A large object is searched by name, changed and shortened like a small one`() {
        var object = JSONObject()
        for i in 0..<100 { object["k\(i)"] = .int(i) }
        #expect(object["k57"]?.int64 == 57)
        object["k57"] = nil
        #expect(object["k57"] == nil)
        #expect(object["k99"]?.int64 == 99)
        object["k99"] = "x"
        #expect(object.count == 99)
        #expect(object.members.last?.value == "x")
    }

    @Test func `Nesting stops at the limit, without using up the stack`() throws {
        for open in ["[", "{\"a\":"] {
            let text = String(repeating: open, count: 100_000)
            let error = try #require(throws: JSONError.self) { try JSONValue.parse(text) }
            #expect(error.reason == .tooDeep(limit: 256))
            #expect(error.offset == 256 * open.utf8.count + open.utf8.count - 1 - (open.utf8.count - 1))
        }
        let deepest = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
        #expect(try JSONValue.parse(deepest).serializedString() == deepest)
    }

    @Test func `Texts and numbers stop at their limits`() throws {
        let long = try #require(throws: JSONError.self) {
            try JSONValue.parse("[1,2]", limits: JSONLimits(maximumBytes: 4))
        }
        #expect(long.reason == .tooLarge(limit: 4))
        let digits = String(repeating: "1", count: 1001)
        let number = try #require(throws: JSONError.self) { try JSONValue.parse(digits) }
        #expect(number.reason == .numberTooLong(limit: 1000))
    }

    @Test func `A long array is read in a time that grows with its length`() throws {
        let count = 200_000
        let text = "[" + (0..<count).map(String.init).joined(separator: ",") + "]"
        let start = ContinuousClock.now
        #expect(try JSONValue.parse(text).array?.count == count)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func `Jackson's leniencies are taken only where they are asked for`() throws {
        #expect(try JSONValue.parse("007", limits: .jackson).number?.text == "007")
        #expect(try JSONValue.parse("-00.50", limits: .jackson).number?.double == -0.5)
        #expect(try JSONValue.parse(#""a\ud800b\udc00""#, limits: .jackson) == "a?b?")
        #expect(try JSONValue.parse("\u{FEFF}1", limits: .jackson).int64 == 1)
    }

    @Test func `What stands behind the value is let through only where that is asked for`() throws {
        var limits = JSONLimits.strict
        limits.leniency = .textBehind
        for text in ["{} x", "{}x", "{}}", "[1]2", "1 x", "null,", #""a"b"#, "true false"] {
            #expect(throws: Never.self) { try JSONValue.parse(text, limits: limits) }
            #expect(throws: JSONError.self) { try JSONValue.parse(text) }
        }
        for text in ["1x", "1,", "nullx", "true1", "nullé", "[1 2]", "{ "] {
            #expect(throws: JSONError.self) { try JSONValue.parse(text, limits: limits) }
        }
    }

    @Test func `Numbers give their value only where it fits`() throws {
        #expect(try JSONValue.parse("9223372036854775807").int64 == .max)
        #expect(try JSONValue.parse("-9223372036854775808").int64 == .min)
        #expect(try JSONValue.parse("9223372036854775808").int64 == nil)
        #expect(try JSONValue.parse("1.0").int64 == nil)
        #expect(try JSONValue.parse("1e400").number?.double == .infinity)
        #expect(try JSONValue.parse("1e2").number?.isIntegral == false)
        #expect(JSONNumber(Double.nan) == nil)
    }

    @Test func `Escapes of every kind give their characters`() throws {
        #expect(
            try JSONValue.parse(#""\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00é""#).string
                == "\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{1F600}\u{E9}")
    }
}
