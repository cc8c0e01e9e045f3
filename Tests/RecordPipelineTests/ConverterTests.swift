import ConnectModel
import RecordPipeline
import Testing

@Suite struct ConverterTests {
    let fixture = PipelineFixture()

    func converter(_ name: String) throws -> any ColumnConverter {
        try ConverterFactory.makeConverter(name, options: ConfigMap())
    }

    @Test func `strings pass through untouched, at the same address`() throws {
        let value = fixture.string("line")
        let string = try converter("StringConverter")
        #expect(string.isPassThrough)
        #expect(try fixture.encodeText(string, value, .string) == "line")
        #expect(try fixture.encode(string, .null, .optionalString) == nil)
    }

    @Test func `other kinds become Java's text`() throws {
        let string = try converter("org.apache.kafka.connect.storage.StringConverter")
        #expect(try fixture.encodeText(string, .float64(1e10), nil) == "1.0E10")
        #expect(try fixture.encodeText(string, .boolean(true), nil) == "true")
        let pairs = fixture.values([fixture.string("k"), .int64(1), fixture.string("l"), .null])
        #expect(try fixture.encodeText(string, .container(.map, pairs, 2), nil) == "{k=1, l=null}")
        let schema = Schema(
            .structure,
            fields: [.init(name: "a", schema: .optionalString), .init(name: "b", schema: Schema(.int32))])
        let fields = fixture.values([.null, .integer(.int32, 3)])
        #expect(try fixture.encodeText(string, .container(.structure, fields, 2), schema) == "Struct{b=3}")
    }

    @Test func `bytes that are no text are repaired as Java repairs them`() throws {
        let (value, schema) = try fixture.decode(try converter("String"), [0x61, 0xff, 0x62])
        #expect(value.text == "a\u{FFFD}b" && schema == .optionalString)
    }

    @Test(
        arguments: [
            ("ShortConverter", Value.integer(.int16, -2), [0xff, 0xfe]),
            ("Integer", .integer(.int32, 42), [0, 0, 0, 42]),
            ("Long", .int64(1 << 40), [0, 0, 1, 0, 0, 0, 0, 0]),
            ("Float", .float32(1), [0x3f, 0x80, 0, 0]),
            ("Double", .float64(1), [0x3f, 0xf0, 0, 0, 0, 0, 0, 0]),
            ("Boolean", .boolean(true), [1]),
        ] as [(String, Value, [UInt8])])
    func `numbers are big-endian and come back`(name: String, value: Value, bytes: [UInt8]) throws {
        let converter = try converter(name)
        #expect(try fixture.encode(converter, value, nil) == bytes)
        let (decoded, schema) = try fixture.decode(converter, bytes)
        #expect(decoded.bits == value.bits && decoded.kind == value.kind && schema?.isOptional == true)
        #expect(throws: ConnectError.self) { try fixture.decode(converter, bytes + [0]) }
        #expect(throws: ConnectError.self) { try fixture.encode(converter, fixture.string("x"), nil) }
    }

    @Test func `bytes refuse what is not bytes`() throws {
        let converter = try converter("ByteArrayConverter")
        let error = #expect(throws: ConnectError.self) { try fixture.encode(converter, fixture.string("x"), .string) }
        #expect(error?.message == "Invalid schema type for ByteArrayConverter: STRING")
        #expect(try fixture.encode(converter, .bytes(fixture.copy([1, 2]), 2), nil) == [1, 2])
    }

    @Test func `an unknown converter is named with those that are known`() {
        let error = #expect(throws: ConnectError.self) { try converter("AvroConverter") }
        #expect(error?.code == .configUnknownClass && error?.message.contains("JsonConverter") == true)
        #expect(throws: ConnectError.self) { try converter("SimpleHeaderConverter") }
    }
}

@Suite struct SimpleHeaderConverterTests {
    let fixture = PipelineFixture()

    func parse(_ text: String) throws -> (Value, Schema?) {
        let converter = try ConverterFactory.makeHeaderConverter(
            ConverterFactory.simpleHeaderConverter, options: ConfigMap())
        let bytes = Array(text.utf8)
        return try converter.decode(
            UnsafeRawBufferPointer(start: fixture.copy(bytes), count: bytes.count), arena: fixture.arena)
    }

    @Test(
        arguments: [
            ("1", ValueKind.int8), ("300", .int16), ("70000", .int32), ("5000000000", .int64), ("1.0", .int8),
            ("1.5", .float32), ("1e300", .float64), ("99999999999999999999", .bytes), ("true", .boolean),
            ("hello", .string), ("", .string),
            ("null", .null),
            ("12,13", .int8), ("[1,2]", .array), ("{\"a\":1}", .map), ("[a]", .string), ("2024-10-25", .int32),
            ("12:30:00.000Z", .int32), ("2024-10-25T12:30:00.000Z", .int64), ("-", .string), ("[1", .string),
        ] as [(String, ValueKind)])
    func `text is given the type that Apache infers`(text: String, kind: ValueKind) throws {
        #expect(try parse(text).0.kind == kind)
    }

    @Test func `elements of one list are widened to a common type`() throws {
        let (value, schema) = try parse("[1, 300]")
        #expect(schema?.valueSchema?.kind == .int16)
        #expect(value.children[0].kind == .int16)
    }

    @Test func `a map is written with quoted text and read back as Apache reads it: backslashes stay`() throws {
        let converter = try ConverterFactory.makeHeaderConverter("Simple", options: ConfigMap())
        let pairs = fixture.values([fixture.string("k\""), fixture.string("v")])
        let (pointer, length) = try converter.encode(.container(.map, pairs, 1), schema: nil, arena: fixture.arena)
        let text = String(decoding: UnsafeRawBufferPointer(start: pointer, count: Int(length)), as: UTF8.self)
        #expect(text == #"{"k\"":"v"}"#)
        #expect(try parse(text).0.children[0].text == #"k\""#)
    }

    @Test(arguments: [Int64.min, -1, 0, 86_400_000, Int64.max])
    func `a time of any number is written and harms nobody`(milliseconds: Int64) throws {
        let converter = try ConverterFactory.makeHeaderConverter("Simple", options: ConfigMap())
        for (kind, name) in [(ValueKind.int64, LogicalType.timestamp), (.int32, .date), (.int32, .time)] {
            let schema = Schema(kind, name: name.rawValue, version: 1)
            let (_, length) = try converter.encode(
                .integer(kind, milliseconds), schema: schema, arena: fixture.arena)
            #expect(length > 0)
        }
    }
}
