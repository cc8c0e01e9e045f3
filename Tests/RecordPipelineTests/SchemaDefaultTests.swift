import ConnectModel
import JSON
import Testing

@testable import RecordPipeline

/// Defaults of schemas in JSON envelopes, with what Apache's converter makes of them.
@Suite struct SchemaDefaultTests {
    private let fixture = PipelineFixture()
    private let converter = try? ConverterFactory.makeConverter("JsonConverter", options: ConfigMap())

    private func decimal(_ bytes: [UInt8], isOptional: Bool = false) -> Schema {
        Schema(
            .bytes, isOptional: isOptional, name: LogicalType.decimal.rawValue, version: 1,
            parameters: [.init(name: "scale", value: "2")],
            defaultValue: DefaultValue(copying: .bytes(fixture.copy(bytes), Int32(bytes.count)), limit: 100))
    }

    private func decoded(_ schema: String, _ payload: String = "null") throws -> (Value, Schema?) {
        try fixture.decode(try #require(converter), #"{"schema":\#(schema),"payload":\#(payload)}"#)
    }

    private func refusal(_ schema: String) -> String? {
        do {
            _ = try decoded(schema)
            return nil
        } catch { return (error as? ConnectError)?.message }
    }

    @Test func `a required decimal without a value is its default, in the format of decimals`() throws {
        let schema = decimal([0x04, 0xd2])
        let head =
            #"{"schema":{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,"#
            + #""parameters":{"scale":"2"},"default":"#
        #expect(
            try fixture.encodeText(try #require(converter), .null, schema) == head + #""BNI="},"payload":"BNI="}"#)
        let numeric = try ConverterFactory.makeConverter(
            "JsonConverter", options: ConfigMap([("decimal.format", "NUMERIC")]))
        #expect(try fixture.encodeText(numeric, .null, schema) == head + #"12.34},"payload":12.34}"#)
    }

    @Test func `without replacement a default is told and not used`() throws {
        let converter = try ConverterFactory.makeConverter(
            "JsonConverter", options: ConfigMap([("replace.null.with.default", "false")]))
        let text = try #require(try fixture.encodeText(converter, .null, decimal([1], isOptional: true)))
        #expect(text.hasSuffix(#""default":"AQ=="},"payload":null}"#))
        #expect(throws: ConnectError.self) { try fixture.encode(converter, .null, decimal([1])) }
        let (value, schema) = try fixture.decode(converter, text)
        #expect(value.isNull && schema == decimal([1], isOptional: true))
    }

    @Test(arguments: [
        (#"{"type":"bytes","default":"AQI="}"#, #"{"bytes":"AQI="}"#),
        (#"{"type":"array","items":{"type":"int32"},"default":[1,2]}"#, #"{"array":[{"int32":1},{"int32":2}]}"#),
        (#"{"type":"array","items":{"type":"int8","default":5},"default":[null]}"#, #"{"array":[{"int8":5}]}"#),
        (
            #"{"type":"map","keys":{"type":"int32"},"values":{"type":"string"},"default":[[1,"x"]]}"#,
            #"{"map":[[{"int32":1},{"string":"x"}]]}"#
        ),
        (
            #"{"type":"map","keys":{"type":"string"},"values":{"type":"int64"},"default":{"k":2}}"#,
            #"{"map":[[{"string":"k"},{"int64":"2"}]]}"#
        ),
        (#"{"type":"int8","default":500}"#, #"{"int8":-12}"#),
        (#"{"type":"boolean","default":"x"}"#, #"{"boolean":false}"#),
        (#"{"type":"float","default":"NaN"}"#, #"{"float32":"0.0"}"#),
        (#"{"type":"int64","name":"org.apache.kafka.connect.data.Timestamp","default":7}"#, #"{"date":7}"#),
        (#"{"type":"string","optional":true,"default":5}"#, "null"),
        (#"{"type":"int32","optional":true,"default":null}"#, "null"),
    ])
    func `a default stands in for a null`(schema: String, value: String) throws {
        let (found, its) = try decoded(schema)
        #expect(OracleValues.json(found, its).serializedString() == value)
        #expect(its?.defaultValue.map { OracleValues.json($0.value, its).serializedString() } ?? "null" == value)
    }

    @Test func `a structure may have a default, which Apache's converter does not read`() throws {
        let schema =
            #"{"type":"struct","fields":[{"field":"a","type":"int32"},{"field":"b","type":"string"}],"#
            + #""default":{"a":3,"b":"x"}}"#
        let (value, its) = try decoded(schema)
        #expect(value.children[0].int64 == 3 && value.children[1].text == "x")
        #expect(its?.defaultValue?.value.children.count == 2)
    }

    @Test(arguments: [
        (#"{"type":"string","default":5}"#, "Invalid default value"),
        (#"{"type":"bytes","default":5}"#, "Invalid default value"),
        (#"{"type":"array","items":{"type":"string"},"default":[5]}"#, "Invalid default value"),
        (#"{"type":"bytes","default":"%%"}"#, "Invalid bytes field"),
        (#"{"type":"int32","default":null}"#, "Invalid null value for required INT32 field"),
        (#"{"type":"array","items":{"type":"int32"},"default":[null]}"#, "Invalid null value for required INT32 field"),
    ])
    func `a default that is none is refused`(schema: String, words: String) {
        #expect(refusal(schema) == words)
    }

    @Test func `a short text does not become a huge default`() throws {
        let long = String(repeating: "x", count: 40_000)
        let nulls = Array(repeating: "null", count: 1000).joined(separator: ",")
        let inner = #"{"type":"string","default":"\#(long)"}"#
        #expect(
            refusal(#"{"type":"array","items":\#(inner),"default":[\#(nulls)]}"#)
                == "The defaults of a schema are far larger than its text")
        // As a payload they are the default itself, over and over.
        let (value, schema) = try decoded(#"{"type":"array","items":\#(inner)}"#, "[\(nulls)]")
        #expect(value.children.count == 1000 && Set(value.children.map(\.pointer)).count == 1)
        #expect(schema?.valueSchema?.defaultValue?.value.pointer == value.children[7].pointer)
    }

    @Test func `a value outlives the schema that it came from until its batch is over`() throws {
        let text = #"{"schema":{"type":"bytes","default":"AQI="},"payload":null}"#
        // The second converter's schema is another object; the table has the first one's already.
        _ = try fixture.decode(try #require(converter), text)
        var other: (any ColumnConverter)? = try ConverterFactory.makeConverter("JsonConverter", options: ConfigMap())
        let (value, _) = try fixture.decode(try #require(other), text)
        other = nil
        #expect(Array(value.buffer) == [1, 2])
    }
}
