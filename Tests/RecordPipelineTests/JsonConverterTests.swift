import ConnectModel
import RecordPipeline
import Testing

@Suite struct JsonConverterTests {
    let fixture = PipelineFixture()
    let enveloped = try? ConverterFactory.makeConverter("JsonConverter", options: ConfigMap())
    let plain = try? ConverterFactory.makeConverter("Json", options: ConfigMap([("schemas.enable", "false")]))

    @Test func `text with its schema is written in the envelope that Apache writes`() throws {
        let converter = try #require(enveloped)
        let text = try fixture.encodeText(converter, fixture.string("say \"hi\"\n"), .string)
        #expect(text == #"{"schema":{"type":"string","optional":false},"payload":"say \"hi\"\n"}"#)
        #expect(try fixture.encodeText(converter, .int64(-7), nil) == #"{"schema":null,"payload":-7}"#)
        #expect(try fixture.encode(converter, .null, nil) == nil)
    }

    @Test func `a null of an optional schema keeps the envelope and is no tombstone`() throws {
        let converter = try #require(enveloped)
        #expect(
            try fixture.encodeText(converter, .null, .optionalString)
                == #"{"schema":{"type":"string","optional":true},"payload":null}"#)
        #expect(throws: ConnectError.self) { try fixture.encode(converter, .null, .string) }
    }

    @Test func `a structure survives the way there and back`() throws {
        let converter = try #require(enveloped)
        let schema = Schema(
            .structure, name: "Order",
            fields: [
                .init(name: "id", schema: Schema(.int64)),
                .init(
                    name: "price",
                    schema: Schema(
                        .bytes, isOptional: true, name: LogicalType.decimal.rawValue, version: 1,
                        parameters: [.init(name: "scale", value: "2")])),
                .init(name: "tags", schema: Schema(.array, valueSchema: .string)),
            ])
        let price = fixture.copy([0x01, 0xf4])
        let tags = fixture.values([fixture.string("a"), fixture.string("b")])
        let value = Value.container(
            .structure, fixture.values([.int64(7), .bytes(price, 2), .container(.array, tags, 2)]), 3)
        let text = try #require(try fixture.encodeText(converter, value, schema))
        #expect(
            text == #"{"schema":{"type":"struct","fields":[{"type":"int64","optional":false,"field":"id"},"#
                + #"{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"#
                + #""parameters":{"scale":"2"},"field":"price"},"#
                + #"{"type":"array","items":{"type":"string","optional":false},"optional":false,"field":"tags"}],"#
                + #""optional":false,"name":"Order"},"payload":{"id":7,"price":"AfQ=","tags":["a","b"]}}"#)
        let (decoded, decodedSchema) = try fixture.decode(converter, text)
        #expect(decodedSchema == schema)
        #expect(decoded.children[0].int64 == 7)
        #expect(Array(decoded.children[1].buffer) == [0x01, 0xf4])
        #expect(decoded.children[2].children[1].text == "b")
    }

    @Test func `numbers without a schema become 64 bits wide and maps keep their order`() throws {
        let converter = try #require(plain)
        let (value, schema) = try fixture.decode(converter, #"{"b":1,"a":[1.5,true,null,"é\u00e9"]}"#)
        #expect(schema == nil && value.kind == .map && value.length == 2)
        #expect(value.children[0].text == "b" && value.children[1].kind == .int64)
        let list = value.children[3].children
        #expect(list[0].float64 == 1.5 && list[1].boolean && list[2].isNull && list[3].text == "éé")
    }

    @Test func `what is no envelope is refused with Apache's words`() throws {
        let converter = try #require(enveloped)
        for text in ["{}", "1", "", #"{"schema":null,"payload":1,"more":2}"#] {
            let error = #expect(throws: ConnectError.self) { try fixture.decode(converter, text) }
            #expect(error?.message.hasPrefix("JsonConverter with schemas.enable requires") == true)
        }
        let error = #expect(throws: ConnectError.self) { try fixture.decode(converter, "{") }
        #expect(error?.message.hasPrefix("Converting byte[] to Kafka Connect data failed") == true)
    }

    @Test func `missing members are null, defaulted or refused as the schema says`() throws {
        let converter = try #require(enveloped)
        let schema =
            #"{"type":"struct","fields":[{"type":"int32","optional":true,"field":"a"},"#
            + #"{"type":"int32","optional":false,"default":5,"field":"b"}],"optional":false}"#
        let (value, _) = try fixture.decode(converter, #"{"schema":\#(schema),"payload":{"unknown":[1,{"x":2}]}}"#)
        #expect(value.children[0].isNull && value.children[1].int64 == 5)
        let required = #"{"type":"int32","optional":false}"#
        let error = #expect(throws: ConnectError.self) {
            try fixture.decode(converter, #"{"schema":\#(required),"payload":null}"#)
        }
        #expect(error?.message == "Invalid null value for required INT32 field")
    }

    @Test(arguments: [3, 40, 4000])
    func `members are found by their names in any order, of as many fields as there may be`(count: Int) throws {
        let converter = try #require(enveloped)
        let fields = (0..<count).map { #"{"type":"int32","field":"f\#($0)"}"# }.joined(separator: ",")
        for names in [Array(0..<count), Array((0..<count).reversed())] {
            let members = names.map { #""f\#($0)":\#($0)"# }.joined(separator: ",")
            let (value, _) = try fixture.decode(
                converter,
                #"{"schema":{"type":"struct","fields":[\#(fields)]},"payload":{"x":0,\#(members),"\u00661":-1,"F0":0}}"#
            )
            #expect(value.children.map(\.int64) == (0..<Int64(count)).map { $0 == 1 ? -1 : $0 })
        }
    }

    @Test func `decimals are written as numbers when asked`() throws {
        let converter = try ConverterFactory.makeConverter(
            "JsonConverter", options: ConfigMap([("schemas.enable", "false"), ("decimal.format", "numeric")]))
        let schema = Schema(
            .bytes, name: LogicalType.decimal.rawValue, version: 1, parameters: [.init(name: "scale", value: "2")])
        #expect(try fixture.encodeText(converter, .bytes(fixture.copy([0xfe, 0x0c]), 2), schema) == "-5.00")
        #expect(try fixture.encodeText(converter, .bytes(fixture.copy([0x01]), 1), schema) == "0.01")
    }

    @Test func `deep nesting is an error of the record and not of the worker`() throws {
        let converter = try #require(plain)
        let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        #expect(throws: ConnectError.self) { try fixture.decode(converter, deep) }
        let allowed = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(try fixture.decode(converter, allowed).0.kind == .array)
    }
}
