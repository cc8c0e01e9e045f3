import ConnectModel
import RecordPipeline
import Testing

@Suite struct SourcePipelineTests {
    let fixture = PipelineFixture()

    func pipeline(_ tolerance: ErrorTolerance) throws -> SourcePipeline {
        SourcePipeline(
            key: try ConverterFactory.makeConverter("Integer", options: ConfigMap()),
            value: try ConverterFactory.makeConverter("Json", options: ConfigMap([("schemas.enable", "false")])),
            header: try ConverterFactory.makeHeaderConverter("Simple", options: ConfigMap()), tolerance: tolerance,
            capacity: 16)
    }

    /// Five records; the key of the third is text, which the integer converter refuses.
    func batch() -> SourceBatch {
        let batch = SourceBatch()
        batch.topics = ["t"]
        batch.sourcePartitions = [SourcePartition(json: Array("{}".utf8), offsetKey: nil)]
        let records = UnsafeMutableBufferPointer<ConnectRecord>.allocate(capacity: 5)
        records.initialize(repeating: ConnectRecord())
        for index in 0..<5 {
            records[index].key = index == 2 ? fixture.string("bad") : .integer(.int32, Int64(index))
            records[index].value = fixture.string("v\(index)")
            if index == 4 {
                records[index].timestamp = 99
                records[index].flags = [.hasTimestamp, .hasPartition]
                records[index].partition = 3
            }
        }
        batch.records = records
        return batch
    }

    func values(_ pipeline: SourcePipeline) -> [String] {
        pipeline.outgoing.map {
            String(decoding: UnsafeRawBufferPointer(start: $0.value, count: Int($0.valueLength)), as: UTF8.self)
        }
    }

    @Test func `a failure ends the run at its record and those before it come out`() throws {
        let pipeline = try pipeline(.none)
        let batch = batch()
        defer { batch.records.deallocate() }
        let outcome = pipeline.convert(batch, 0..<5, topicNumbers: [7], segments: [1])
        #expect(outcome.consumed == 2 && outcome.kept == 2 && outcome.fatal?.index == 2)
        #expect(outcome.fatal?.stage == .keyConverter)
        #expect(values(pipeline) == [#""v0""#, #""v1""#])
    }

    @Test func `a tolerated failure drops exactly its record and keeps the order of the others`() throws {
        let pipeline = try pipeline(.all)
        let batch = batch()
        defer { batch.records.deallocate() }
        let outcome = pipeline.convert(batch, 0..<5, topicNumbers: [7], segments: [1])
        #expect(outcome.consumed == 5 && outcome.kept == 4 && outcome.dropped.map(\.index) == [2])
        #expect(values(pipeline) == [#""v0""#, #""v1""#, #""v3""#, #""v4""#])
        let last = pipeline.outgoing[3]
        #expect(last.timestamp == 99 && last.partition == 3 && last.topic == 7 && last.segment == 1)
        #expect(pipeline.outgoing[0].timestamp == -1 && pipeline.outgoing[0].partition == -1)
    }
}

@Suite struct ReusedPipelineTests {
    /// Five records whose values are numbers beyond what the schema allows at the given places: those fail.
    private func batch(_ fixture: PipelineFixture, failing: Set<Int>, text: String) -> SourceBatch {
        let batch = SourceBatch()
        batch.topics = ["t"]
        batch.schemas = [.string]
        batch.sourcePartitions = [SourcePartition(json: Array("{}".utf8), offsetKey: nil)]
        let records = UnsafeMutableBufferPointer<ConnectRecord>.allocate(capacity: 6)
        records.initialize(repeating: ConnectRecord())
        for index in 0..<6 {
            records[index].valueSchema = 0
            records[index].value = failing.contains(index) ? .int64(1) : fixture.string("\(text)\(index)")
        }
        batch.records = records
        return batch
    }

    @Test func `several failures in a later run do not send what an earlier one left`() throws {
        let fixture = PipelineFixture()
        let pipeline = SourcePipeline(
            key: try ConverterFactory.makeConverter("String", options: ConfigMap()),
            value: try ConverterFactory.makeConverter("Json", options: ConfigMap([("schemas.enable", "false")])),
            header: try ConverterFactory.makeHeaderConverter("Simple", options: ConfigMap()), tolerance: .all,
            capacity: 16)
        for (failing, text, expected) in [
            ([], "a long text of number ", 6), ([1, 3], "b", 4),
        ] as [(Set<Int>, String, Int)] {
            let batch = batch(fixture, failing: failing, text: text)
            defer { batch.records.deallocate() }
            let outcome = pipeline.convert(batch, 0..<6, topicNumbers: [0], segments: [0])
            #expect(outcome.kept == expected)
            let values = pipeline.outgoing.map {
                String(decoding: UnsafeRawBufferPointer(start: $0.value, count: Int($0.valueLength)), as: UTF8.self)
            }
            #expect(values == (0..<6).filter { !failing.contains($0) }.map { "\"\(text)\($0)\"" })
        }
    }
}

@Suite struct SinkPipelineTests {
    let fixture = PipelineFixture()

    @Test func `fetched records become the batch that put sees, without those that a tolerated failure dropped`() throws
    {
        let pipeline = SinkPipeline(
            key: try ConverterFactory.makeConverter("String", options: ConfigMap()),
            value: try ConverterFactory.makeConverter("Json", options: ConfigMap([("schemas.enable", "false")])),
            header: try ConverterFactory.makeHeaderConverter("Simple", options: ConfigMap()), tolerance: .all,
            capacity: 8)
        let table = IncomingTable(capacity: 8)
        for (index, text) in ["1", "{bad", "2"].enumerated() {
            var record = IncomingRecord()
            record.value = fixture.copy(Array(text.utf8))
            record.valueLength = Int32(text.utf8.count)
            record.offset = Int64(100 + index)
            table.storage[index] = record
        }
        table.count = 3
        let outcome = pipeline.convert(table.records, of: TopicPartition(topic: "t", partition: 4))
        #expect(outcome.consumed == 3 && outcome.kept == 2 && outcome.dropped.map(\.index) == [1])
        #expect(pipeline.batch.records.map(\.value.int64) == [1, 2])
        #expect(pipeline.batch.records.map(\.offset.int64) == [100, 102])
        #expect(pipeline.batch.topics == ["t"] && pipeline.batch.records[0].partition == 4)
    }
}
