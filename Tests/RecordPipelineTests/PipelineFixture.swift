import ConnectModel
import RecordPipeline

/// One record through a converter, for tests: memory lives as long as the fixture.
final class PipelineFixture {
    let arena = ByteArena()
    let schemas = SchemaTable()

    func string(_ text: String) -> Value {
        let bytes = Array(text.utf8)
        return .string(copy(bytes), Int32(bytes.count))
    }

    func copy(_ bytes: [UInt8]) -> UnsafeRawPointer {
        let memory = arena.allocate(bytes.count)
        bytes.withUnsafeBytes { if let start = $0.baseAddress { memory.copyMemory(from: start, byteCount: $0.count) } }
        return UnsafeRawPointer(memory)
    }

    func values(_ values: [Value]) -> UnsafePointer<Value> {
        let memory = arena.allocate(values.count * MemoryLayout<Value>.stride)
            .bindMemory(to: Value.self, capacity: values.count)
        for (index, value) in values.enumerated() { (memory + index).initialize(to: value) }
        return UnsafePointer(memory)
    }

    /// The bytes of a value; nil for null.
    func encode(_ converter: any ColumnConverter, _ value: Value, _ schema: Schema?) throws -> [UInt8]? {
        var record = ConnectRecord()
        record.value = value
        record.valueSchema = schema == nil ? -1 : 0
        let records = UnsafeMutableBufferPointer<ConnectRecord>.allocate(capacity: 1)
        let outgoing = UnsafeMutableBufferPointer<OutgoingRecord>.allocate(capacity: 1)
        defer {
            records.deallocate()
            outgoing.deallocate()
        }
        records.initialize(repeating: record)
        outgoing.initialize(repeating: OutgoingRecord())
        do {
            try converter.encode(
                UnsafeBufferPointer(records), .value, range: 0..<1, schemas: schema.map { [$0] } ?? [], into: outgoing,
                arena: arena)
        } catch {
            throw error.error
        }
        guard outgoing[0].valueLength >= 0 else { return nil }
        return Array(UnsafeRawBufferPointer(start: outgoing[0].value, count: Int(outgoing[0].valueLength)))
    }

    func encodeText(_ converter: any ColumnConverter, _ value: Value, _ schema: Schema?) throws -> String? {
        try encode(converter, value, schema).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The value of bytes with its schema; valid as long as the fixture.
    func decode(_ converter: any ColumnConverter, _ bytes: [UInt8]?) throws -> (Value, Schema?) {
        var record = IncomingRecord()
        record.value = bytes.map { copy($0) }
        record.valueLength = bytes.map { Int32($0.count) } ?? -1
        let incoming = UnsafeMutableBufferPointer<IncomingRecord>.allocate(capacity: 1)
        let records = UnsafeMutableBufferPointer<ConnectRecord>.allocate(capacity: 1)
        defer {
            records.deallocate()
            incoming.deallocate()
        }
        incoming.initialize(repeating: record)
        records.initialize(repeating: ConnectRecord())
        do {
            try converter.decode(
                UnsafeBufferPointer(incoming), .value, range: 0..<1, into: records, schemas: schemas, arena: arena)
        } catch {
            throw error.error
        }
        let number = records[0].valueSchema
        return (records[0].value, number < 0 ? nil : schemas.schemas[Int(number)])
    }

    func decode(_ converter: any ColumnConverter, _ text: String) throws -> (Value, Schema?) {
        try decode(converter, Array(text.utf8))
    }
}
