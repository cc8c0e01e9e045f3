import Testing

@testable import KafkaProtocol

/// Log segments as an Apache 4.3.1 broker stored them: written by Java's console producer and by kcat (librdkafka) with each
/// codec, and by Java's transactional producer.
@Suite struct SegmentTests {
    @Test(arguments: ["java", "kcat"], CompressionCodec.allCases)
    func recordedBatchesOfEveryClientAndCodecAreRead(client: String, codec: CompressionCodec) throws {
        let data = Fixture.bytes("\(client)-\(codec).segment")
        let result = try readAll(data)
        #expect(result.position == data.count && result.records.count == 40)
        #expect(result.records.map(\.offset) == Array(0..<40))
        for (index, record) in result.records.enumerated() {
            #expect(record.key == Array("key-\(index + 1)".utf8))
            #expect(record.value == Array("value number \(index + 1)".utf8))
            #expect(record.headers.map(\.key) == (client == "kcat" ? ["origin", "origin"] : []))
        }
        #expect(result.batches.contains { $0.codec == codec })
    }

    @Test func transactionMarkersAreControlBatches() throws {
        let result = try readAll(Fixture.bytes("java-tx.segment"))
        let markers = result.batches.filter(\.isControl)
        #expect(!markers.isEmpty && markers.allSatisfy { $0.recordCount == 1 && $0.isTransactional })
        #expect(result.batches.allSatisfy { $0.producerID >= 0 })
        for record in result.records where record.key != nil {
            let key = try #require(record.key)
            #expect(try lend(key) { key throws(ProtocolError) in try ControlMarker(key: key) } == .commit)
        }
    }
}
