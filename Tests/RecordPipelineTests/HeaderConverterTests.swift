import ConnectModel
import JSON
import RecordPipeline
import Testing

/// Converters of columns that serve headers: several headers on several records, each with its own bytes.
@Suite struct HeaderConverterTests {
    /// A header converter with values that it takes, each with its schema.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var options: [(String, String?)] = []
        let values: @Sendable (PipelineFixture) -> [(Value, Schema?)]

        var testDescription: String { name + options.map { " \($0.0)=\($0.1 ?? "")" }.joined() }
        var config: ConfigMap { ConfigMap(options) }
    }

    static let cases = [
        Case(name: "Json", values: json),
        Case(name: "Json", options: [("schemas.enable", "false")], values: json),
        Case(name: "String", values: texts),
        Case(name: "ByteArray", values: bytes),
        Case(name: "Integer", values: integers),
        Case(name: "Double", values: doubles),
        Case(name: "Boolean", values: truths),
        Case(name: "Simple", values: json),
    ]

    @Sendable static func texts(_ fixture: PipelineFixture) -> [(Value, Schema?)] {
        [
            (fixture.string("text"), .string), (.int64(-5), nil), (.null, nil), (fixture.string(""), .string),
            (.boolean(true), nil),
        ]
    }

    @Sendable static func bytes(_ fixture: PipelineFixture) -> [(Value, Schema?)] {
        [
            (.bytes(fixture.copy([0, 1]), 2), .optionalBytes), (.bytes(fixture.copy([]), 0), nil), (.null, nil),
            (.bytes(fixture.copy([255, 254, 253]), 3), nil),
        ]
    }

    @Sendable static func integers(_ fixture: PipelineFixture) -> [(Value, Schema?)] {
        [(.integer(.int32, 1), nil), (.integer(.int32, -2), Schema(.int32)), (.integer(.int32, 3_000_000), nil)]
    }

    @Sendable static func doubles(_ fixture: PipelineFixture) -> [(Value, Schema?)] {
        [(.float64(1.5), nil), (.null, nil), (.float64(-2), Schema(.float64))]
    }

    @Sendable static func truths(_ fixture: PipelineFixture) -> [(Value, Schema?)] {
        [(.boolean(true), Schema(.boolean)), (.boolean(false), nil), (.boolean(true), nil)]
    }

    @Sendable static func json(_ fixture: PipelineFixture) -> [(Value, Schema?)] {
        let numbers = fixture.values([.integer(.int32, 7), .integer(.int32, 8)])
        return [
            (fixture.string("first"), .string),
            (.integer(.int32, 2), Schema(.int32)),
            (fixture.string("a third that is longer than the others \u{e9}"), .string),
            (.container(.array, numbers, 2), Schema(.array, valueSchema: Schema(.int32))),
            (.null, nil),
            (.boolean(true), Schema(.boolean)),
        ]
    }

    private static let recordCount = 40

    /// The values that one record's headers have: each record begins with another one.
    private func headers(_ record: Int, of values: [(Value, Schema?)]) -> [(Value, Schema?)] {
        (0..<values.count + record % 3).map { values[(record + $0) % values.count] }
    }

    private func copied(_ pointer: UnsafeRawPointer?, _ length: Int32) -> [UInt8]? {
        length < 0 ? nil : Array(UnsafeRawBufferPointer(start: pointer, count: Int(length)))
    }

    /// What one header's value becomes by itself.
    private func encoded(_ test: Case, _ value: Value, _ schema: Schema?) throws -> [UInt8]? {
        let fixture = PipelineFixture()
        let converter = try ConverterFactory.makeHeaderConverter(test.name, options: test.config)
        return try withExtendedLifetime(fixture) {
            let (pointer, length) = try converter.encode(value, schema: schema, arena: fixture.arena)
            return copied(pointer, length)
        }
    }

    @Test(arguments: cases) func `each header of a source's chunk keeps its own bytes`(test: Case) throws {
        let fixture = PipelineFixture()
        defer { withExtendedLifetime(fixture) {} }
        let pipeline = SourcePipeline(
            key: try ConverterFactory.makeConverter("String", options: ConfigMap()),
            value: try ConverterFactory.makeConverter("String", options: ConfigMap()),
            header: try ConverterFactory.makeHeaderConverter(test.name, options: test.config), tolerance: .none,
            capacity: Self.recordCount)
        let values = test.values(fixture)
        let schemas = SchemaTable()
        let records = UnsafeMutableBufferPointer<ConnectRecord>.allocate(capacity: Self.recordCount)
        defer { records.deallocate() }
        records.initialize(repeating: ConnectRecord())
        for index in records.indices {
            let headers = headers(index, of: values).map { value, schema in
                RecordHeader(
                    name: fixture.copy([UInt8(ascii: "h")]).assumingMemoryBound(to: UInt8.self), nameLength: 1,
                    schema: schema.map { schemas.number(of: $0) } ?? -1, value: value)
            }
            let room = fixture.arena.allocate(headers.count * MemoryLayout<RecordHeader>.stride)
                .bindMemory(to: RecordHeader.self, capacity: headers.count)
            for (place, header) in headers.enumerated() { (room + place).initialize(to: header) }
            records[index].headers = UnsafePointer(room)
            records[index].headerCount = Int32(headers.count)
        }
        let batch = SourceBatch()
        batch.topics = ["t"]
        batch.schemas = schemas.schemas
        batch.sourcePartitions = [SourcePartition(json: Array("{}".utf8), offsetKey: nil)]
        batch.records = records
        // A second run writes over what the first one left.
        for _ in 0..<2 {
            let outcome = pipeline.convert(batch, 0..<Self.recordCount, topicNumbers: [0], segments: [0])
            try #require(outcome.kept == Self.recordCount, "\(String(describing: outcome.fatal))")
            for (index, record) in pipeline.outgoing.enumerated() {
                let wanted = try headers(index, of: values).map { try encoded(test, $0.0, $0.1) }
                let found = UnsafeBufferPointer(start: record.headers, count: Int(record.headerCount))
                    .map { copied($0.value, $0.valueLength) }
                #expect(found == wanted, "record \(index)")
            }
        }
    }

    @Test(arguments: cases) func `each header of a sink's chunk keeps its own value`(test: Case) throws {
        let fixture = PipelineFixture()
        defer { withExtendedLifetime(fixture) {} }
        let values = try test.values(fixture).map { try encoded(test, $0.0, $0.1) }
        let pipeline = SinkPipeline(
            key: try ConverterFactory.makeConverter("String", options: ConfigMap()),
            value: try ConverterFactory.makeConverter("String", options: ConfigMap()),
            header: try ConverterFactory.makeHeaderConverter(test.name, options: test.config), tolerance: .none,
            capacity: Self.recordCount)
        let table = IncomingTable(capacity: Self.recordCount)
        table.count = Self.recordCount
        for index in 0..<Self.recordCount {
            let room = fixture.arena.allocate(values.count * MemoryLayout<WireHeader>.stride)
                .bindMemory(to: WireHeader.self, capacity: values.count)
            for place in values.indices {
                let value = values[(index + place) % values.count]
                (room + place).initialize(
                    to: WireHeader(
                        key: fixture.copy([UInt8(ascii: "h")]), keyLength: 1, value: value.map { fixture.copy($0) },
                        valueLength: value.map { Int32($0.count) } ?? -1))
            }
            var record = IncomingRecord()
            record.headers = UnsafePointer(room)
            record.headerCount = Int32(values.count)
            table.storage[index] = record
        }
        let outcome = pipeline.convert(table.records, of: TopicPartition(topic: "t", partition: 0))
        try #require(outcome.kept == Self.recordCount, "\(String(describing: outcome.fatal))")
        for (index, record) in pipeline.batch.records.enumerated() {
            let found = UnsafeBufferPointer(start: record.headers, count: Int(record.headerCount)).map { header in
                let schema = header.schema < 0 ? nil : pipeline.batch.schemas[Int(header.schema)]
                return OracleValues.json(header.value, schema).serializedString()
            }
            let wanted = try values.indices.map { place in
                let own = PipelineFixture()
                defer { withExtendedLifetime(own) {} }
                let converter = try ConverterFactory.makeHeaderConverter(test.name, options: test.config)
                let bytes = values[(index + place) % values.count].map { (own.copy($0), $0.count) }
                let (value, schema) = try converter.decode(
                    bytes.map { UnsafeRawBufferPointer(start: $0.0, count: $0.1) }, arena: own.arena)
                return OracleValues.json(value, schema).serializedString()
            }
            #expect(found == wanted, "record \(index)")
        }
    }
}
