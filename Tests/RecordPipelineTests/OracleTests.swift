import ConnectModel
import JSON
import RecordPipeline
import Testing

/// Converters against Apache's own, on generated cases. Needs KAFKA_HOME; every failure names its seed.
@Suite(.enabled(if: Oracle.missing == nil, "KAFKA_HOME names no Apache Kafka with connect-oracle"))
struct OracleTests {
    private static let cases: Range<UInt64> = 0..<600

    private func bytes(_ answer: JSONValue) -> [UInt8]? {
        guard let text = answer["bytes"]?.string else { return nil }
        var copy = text
        return copy.withUTF8 { Base64.decode(UnsafeRawBufferPointer($0)) }
    }

    private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    private func request(_ operation: String, _ converter: String, _ config: ConfigMap) -> JSONObject {
        var options = JSONObject()
        for entry in config.entries { options[entry.key] = .optional(entry.value) }
        return [
            "op": .string(operation), "converter": .string(converter), "config": .object(options), "topic": "t",
            "header": "h",
        ]
    }

    @Test(arguments: [
        ConfigMap(), ConfigMap([("decimal.format", "NUMERIC"), ("replace.null.with.default", "false")]),
        ConfigMap([("schemas.enable", "false")]),
        ConfigMap([("schemas.enable", "false"), ("decimal.format", "NUMERIC")]),
    ])
    func `JSON is written byte for byte as Apache writes it, and read back to the same values`(config: ConfigMap) throws
    {
        let oracle = try Oracle()
        defer { oracle.close() }
        let name = "org.apache.kafka.connect.json.JsonConverter"
        let converter = try ConverterFactory.makeConverter(name, options: config)
        for seed in Self.cases {
            let fixture = PipelineFixture()
            var values = OracleValues(seed: seed, fixture: fixture)
            let schema = values.schema()
            let value = values.valueOrNothing(of: schema)
            var ask = request("fromConnect", name, config)
            ask["schema"] = OracleValues.json(schema)
            ask["value"] = OracleValues.json(value, schema)
            let answer = try oracle.ask(.object(ask))
            let ours = try? fixture.encode(converter, value, schema)
            #expect(text(ours) == text(bytes(answer)), "seed \(seed): \(answer.serializedString())")
            guard let ours else { continue }
            var back = request("toConnect", name, config)
            var copy = ours
            back["bytes"] = .string(copy.withUnsafeMutableBytes { Base64.encode(UnsafeRawBufferPointer($0)) })
            let theirs = try oracle.ask(.object(back))
            let (decoded, decodedSchema) = try fixture.decode(converter, ours)
            #expect(
                OracleValues.json(decoded, decodedSchema).serializedString()
                    == OracleValues.normalised(theirs["value"] ?? .null).serializedString(),
                "seed \(seed): \(String(decoding: ours, as: UTF8.self)) \(theirs.serializedString())")
            #expect(
                OracleValues.ordered(OracleValues.normalised(OracleValues.json(decodedSchema))).serializedString()
                    == OracleValues.ordered(OracleValues.normalised(theirs["schema"] ?? .null)).serializedString(),
                "seed \(seed): \(String(decoding: ours, as: UTF8.self))")
        }
    }

    @Test func `what is no text is written in Java's spelling`() throws {
        let oracle = try Oracle()
        defer { oracle.close() }
        let name = "org.apache.kafka.connect.storage.StringConverter"
        let converter = try ConverterFactory.makeConverter(name, options: ConfigMap())
        for seed in Self.cases {
            let fixture = PipelineFixture()
            var values = OracleValues(seed: seed, fixture: fixture)
            let schema = values.schema()
            let value = values.value(of: schema)
            // Java prints bytes as an address and dates in its own way: docs/differences.md.
            let request = request("fromConnect", name, ConfigMap())
            let text = OracleValues.json(value, schema).serializedString()
            if text.contains("\"bytes\"") || text.contains("\"date\"") || text.contains("\"decimal\"") { continue }
            var ask = request
            ask["schema"] = OracleValues.json(schema)
            ask["value"] = OracleValues.json(value, schema)
            #expect(try fixture.encode(converter, value, schema) == bytes(try oracle.ask(.object(ask))), "seed \(seed)")
        }
    }
}
