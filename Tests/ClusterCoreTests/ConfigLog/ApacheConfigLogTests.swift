import ClusterCore
import ConnectModel
import Foundation
import JSON
import Testing

/// Which records of the config topic count, against Apache's own converter: workers of one group whose config offsets differ
/// never come to an assignment. Needs KAFKA_HOME; a failure names its value.
@Suite(.enabled(if: Apache.noOracle == nil, "KAFKA_HOME names no Apache Kafka with connect-oracle"))
struct ApacheConfigLogTests {
    private static let values = [
        #"{"properties":{"name":"src","tasks.max":"2"}}"#, #"{"tasks":2}"#, #"{"state":"PAUSED","state.v2":"STOPPED"}"#,
        "null", "true", "12", "-0.5e3", #""text""#, "[1,2]", "",
    ]
    private static let insertions = [
        " ", "\n", "{", "}", "]", ",", "\"", "a", "0", "-", "\u{0}", "\u{1}", "é", "#", ".",
    ]

    /// A value that is damaged in up to two places, or that something follows.
    private func randomValue(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = Array((Self.values.randomElement(using: &generator) ?? "").utf8)
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let insertion = Array((Self.insertions.randomElement(using: &generator) ?? "").utf8)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes += insertion
            case 1: bytes.insert(contentsOf: insertion, at: Int.random(in: 0...bytes.count, using: &generator))
            case 2 where !bytes.isEmpty: bytes.remove(at: Int.random(in: 0..<bytes.count, using: &generator))
            default: bytes += Array((Self.values.randomElement(using: &generator) ?? "").utf8)
            }
        }
        // Not what Jackson takes for UTF-16 and UTF-32, which nobody writes.
        return bytes.prefix(4).contains(0) ? [] : bytes
    }

    @Test func `a record counts for the config offset where it does for Apache's workers`() throws {
        let oracle = try Apache.oracle()
        defer { oracle.close() }
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<3000 {
            let bytes = randomValue(&generator)
            let answer = try oracle.ask([
                "op": "toConnect", "converter": "org.apache.kafka.connect.json.JsonConverter",
                "config": ["schemas.enable": "false"], "bytes": .string(Data(bytes).base64EncodedString()),
            ])
            let record = ConfigLogRecord(LogRecord(partition: 0, offset: 0, key: Array("commit-a".utf8), value: bytes))
            #expect(
                (record != nil) == (answer["error"] == nil), "\(String(decoding: bytes, as: UTF8.self)): \(answer)")
            #expect(
                record == nil || (record?.value ?? .null).isNull == (answer["value"]?.isNull == true),
                "\(String(decoding: bytes, as: UTF8.self)): \(answer)")
        }
    }
}
