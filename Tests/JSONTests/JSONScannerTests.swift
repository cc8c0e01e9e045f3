import JSON
import Testing

struct JSONScannerTests {
    private func scan<T>(_ text: String, _ body: (inout JSONScanner) throws -> T) throws -> T {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            return try body(&scanner)
        }
    }

    @Test func `Tokens come in the order of the text`() throws {
        let tokens = try scan(#" {"a":[1,"b",true,false,null],"c":{}} "#) { (scanner: inout JSONScanner) throws in
            var tokens: [JSONScanner.Token] = []
            repeat { tokens.append(try scanner.next()) } while tokens.last != .end
            return tokens
        }
        #expect(
            tokens == [
                .beginObject, .key, .beginArray, .number, .string, .true, .false, .null, .endArray, .key, .beginObject,
                .endObject, .endObject, .end,
            ])
    }

    @Test func `Content is a range of the text until it is asked for as a value`() throws {
        try scan(#"["plain","a\tb",-12,1.5]"#) { (scanner: inout JSONScanner) throws in
            _ = try scanner.next()
            _ = try scanner.next()
            #expect(!scanner.hasEscapes && scanner.contentOffset == 2 && scanner.contentCount == 5)
            #expect(scanner.contentEquals("plain") && !scanner.contentEquals("plaim"))
            _ = try scanner.next()
            #expect(scanner.hasEscapes && scanner.contentCount == 4)
            #expect(scanner.contentEquals("a\tb"))
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
            defer { memory.deallocate() }
            let base = try #require(memory.baseAddress)
            #expect(scanner.unescape(into: base, capacity: 3) == nil)
            #expect(scanner.unescape(into: base, capacity: 4) == 3)
            #expect(Array(memory.prefix(3)) == Array("a\tb".utf8))
            _ = try scanner.next()
            #expect(scanner.isIntegral && scanner.int64 == -12 && scanner.double == -12)
            _ = try scanner.next()
            #expect(!scanner.isIntegral && scanner.int64 == nil && scanner.double == 1.5)
        }
    }

    @Test func `A value is skipped whole, whatever it holds`() throws {
        try scan(#"{"skip":[{"x":[]},{"y":{"z":1}}],"skip2":7,"want":1}"#) { (scanner: inout JSONScanner) throws in
            #expect(try scanner.next() == .beginObject)
            while try scanner.next() == .key, !scanner.contentEquals("want") {
                try scanner.skipValue(startingWith: try scanner.next())
            }
            #expect(scanner.contentEquals("want"))
            #expect(try scanner.next() == .number)
        }
    }

    @Test func `Reading may stop after the first value, as Jackson's readTree does`() throws {
        try scan("{} trailing") { (scanner: inout JSONScanner) throws in
            #expect(try scanner.next() == .beginObject)
            #expect(try scanner.next() == .endObject)
            #expect(scanner.depth == 0)
            #expect(throws: JSONError.self) { try scanner.next() }
        }
    }

    @Test(arguments: [
        ("9223372036854775808", Int64.min), ("18446744073709551617", 1), ("-9223372036854775809", .max), ("007", 7),
    ])
    func `An integer beyond 64 bits wraps as Java's longValue does`(text: String, value: Int64) throws {
        try scan(text) { (scanner: inout JSONScanner) throws in
            _ = try scanner.next()
            #expect(scanner.wrappedInt64 == value)
        }
    }

    @Test(arguments: [
        "0", "-0", "1", "0.1", "-0.3", "123456.789", "9007199254740993", "0.000001", "1e23", "4.9e-324",
        "1.7976931348623157e308",
        "3.141592653589793238462643383279", "2.2250738585072014E-308", "100000000000000000000", "5e-1",
        "12345678901234567",
    ])
    func `Doubles are the nearest to the text`(text: String) throws {
        try scan(text) { (scanner: inout JSONScanner) throws in
            _ = try scanner.next()
            #expect(scanner.double == Double(text))
        }
    }

    @Test func `Depth a thousand is taken and one more refused, as Jackson's limit has it`() throws {
        try scan(String(repeating: "[", count: 1001)) { (scanner: inout JSONScanner) throws in
            for _ in 0..<1000 { #expect(try scanner.next() == .beginArray) }
            let error = #expect(throws: JSONError.self) { try scanner.next() }
            #expect(error?.reason == .tooDeep(limit: 1000))
        }
    }
}
