import JSON
import Testing

struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `Commas and colons come by themselves`() {
        let json = text {
            $0.beginObject()
            $0.key("a")
            $0.beginArray()
            $0.int64(1)
            $0.string("x")
            $0.beginObject()
            $0.endObject()
            $0.null()
            $0.endArray()
            $0.key("b")
            $0.bool(true)
            $0.member("c", [1, nil])
            $0.key("d")
            $0.raw(Array("{}".utf8))
            $0.key("e")
            $0.string(String?.none)
            $0.endObject()
        }
        #expect(json == #"{"a":[1,"x",{},null],"b":true,"c":[1,null],"d":{},"e":null}"#)
    }

    @Test func `Strings are escaped as Jackson escapes them`() {
        let json = text { $0.string("\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}\u{2028}é\u{1F600}") }
        #expect(json == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001F\u{7F}\u{2028}é\\uD83D\\uDE00\"")
    }

    @Test func `Whatever is written reads back the same`() throws {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ab\"\\\u{1}\n é\u{1F600}/\u{7F}")
        for _ in 0..<300 {
            let string = String(
                (0..<Int.random(in: 0...40, using: &generator)).map { _ in alphabet.randomElement() ?? "a" })
            #expect(try JSONValue.parse(JSONValue.string(string).serialized()).string == string)
        }
    }

    @Test func `Nothing is written beyond the room that was given`() throws {
        let source = Array("0123456789abcdef\n".utf8)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 1)
        defer { memory.deallocate() }
        let target = try #require(memory.baseAddress)
        source.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for room in 0..<18 {
                memory.initializeMemory(as: UInt8.self, repeating: 0xAA)
                #expect(JSONText.escape(from: base, count: source.count, into: target, capacity: room) == nil)
                #expect(memory[room...].allSatisfy { $0 == 0xAA })
            }
            #expect(JSONText.escape(from: base, count: source.count, into: target, capacity: 18) == 18)
        }
    }

    @Test(arguments: [
        (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (1.5, "1.5"), (100.0, "100.0"), (1234567.0, "1234567.0"),
        (9999999.0, "9999999.0"), (10_000_000.0, "1.0E7"), (1.5e10, "1.5E10"), (0.001, "0.001"), (0.0012, "0.0012"),
        (0.000999, "9.99E-4"), (1e-5, "1.0E-5"), (123456.789, "123456.789"), (1e21, "1.0E21"), (-2.5e-7, "-2.5E-7"),
        (Double.greatestFiniteMagnitude, "1.7976931348623157E308"), (Double.leastNonzeroMagnitude, "4.9E-324"),
        (3.0e8, "3.0E8"), (Double(bitPattern: 2), "9.9E-324"),
        (Double(bitPattern: 3), "1.5E-323"), (Double(bitPattern: 4), "2.0E-323"), (0.1, "0.1"),
        (12345678.9, "1.23456789E7"),
    ])
    func `Doubles are spelled as Java spells them`(value: Double, expected: String) {
        #expect(text { $0.double(value) } == expected)
    }

    @Test func `Floats take their own shortest digits, and what is no number is a string`() {
        #expect(text { $0.float(0.1) } == "0.1")
        #expect(text { $0.float(Float(bitPattern: 1)) } == "1.4E-45")
        #expect(text { $0.float(Float(bitPattern: 7)) } == "9.8E-45")
        #expect(text { $0.float(3.4028235e38) } == "3.4028235E38")
        #expect(text { $0.float(16_777_216) } == "1.6777216E7")
        #expect(text { $0.float(.infinity) } == "\"Infinity\"")
        #expect(text { $0.double(.nan) } == "\"NaN\"")
        #expect(text { $0.double(-.infinity) } == "\"-Infinity\"")
    }
}
