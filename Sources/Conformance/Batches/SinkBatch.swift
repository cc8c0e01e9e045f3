import ConnectABI

/// A batch for a sink, to be built anew in lent memory for every put.
struct SinkBatch: Sendable {
    static let topic = "conformance"

    /// A record as a worker would give it.
    struct Record: Sendable {
        var partition = HostContext.Partition(topic: SinkBatch.topic, number: 0)
        var offset: Int64 = 0
        var key: SampleValue = .null
        var value: SampleValue = .null
        /// Kind of the value's schema; nil for none.
        var schema: UInt8?
        var headers: [(name: String, value: SampleValue)] = []
        var timestamp: Int64?
    }

    var records: [Record]

    /// Records of text in one partition.
    static func lines(_ count: Int, from offset: Int64, partition: Int32 = 0) -> SinkBatch {
        SinkBatch(
            records: (0..<count).map { index in
                Record(
                    partition: HostContext.Partition(topic: topic, number: partition), offset: offset + Int64(index),
                    key: .text("key"), value: .text("line \(offset + Int64(index))"), schema: UInt8(KC_STRING),
                    timestamp: 1_700_000_000_000)
            })
    }

    /// The batch with all that it refers to.
    func build(in memory: LentMemory) -> UnsafePointer<kc_batch> {
        let topics = Array(Set(records.map(\.partition.topic))).sorted()
        var schemas = SchemaTable()
        var built: [kc_record] = []
        for record in records {
            var raw = kc_record()
            raw.key = record.key.value(in: memory)
            raw.value = record.value.value(in: memory)
            raw.offset.kind = UInt8(KC_INT64)
            raw.offset.u.i = record.offset
            raw.topic = Int32(topics.firstIndex(of: record.partition.topic) ?? 0)
            raw.partition = record.partition.number
            raw.source_partition = -1
            raw.key_schema = -1
            raw.value_schema = record.schema == nil ? -1 : schemas.number(of: record.value, memory)
            raw.flags = UInt32(KC_RECORD_HAS_PARTITION) | memory.shape.unknownFlags
            if let timestamp = record.timestamp {
                raw.timestamp = timestamp
                raw.flags |= UInt32(KC_RECORD_HAS_TIMESTAMP)
            }
            // Headers are an array that is walked by its own size, in this version and in every later one.
            raw.headers = memory.array(
                record.headers.map { header in
                    kc_header(
                        name: memory.bytes(Array(header.name.utf8)), name_length: Int32(header.name.utf8.count),
                        schema: -1,
                        value: header.value.value(in: memory), reserved: 0)
                })
            raw.header_count = Int32(record.headers.count)
            built.append(raw)
        }
        var batch = kc_batch()
        batch.struct_size = UInt32(MemoryLayout<kc_batch>.size + memory.shape.extraBytes)
        batch.kind = UInt32(KC_BATCH_RECORDS)
        batch.flags = memory.shape.unknownFlags
        batch.records = memory.table(built)
        batch.topics = memory.table(topics.map { kc_topic(name: memory.string($0)) })
        batch.source_partitions = kc_table(
            items: nil, count: 0, stride: UInt32(MemoryLayout<kc_source_partition>.stride))
        batch.schemas = memory.table(schemas.made)
        let place = memory.allocate(MemoryLayout<kc_batch>.size + memory.shape.extraBytes)
        place.bindMemory(to: kc_batch.self, capacity: 1).initialize(to: batch)
        return UnsafePointer(place.assumingMemoryBound(to: kc_batch.self))
    }
}

/// The schemas of a batch, each made for one value.
private struct SchemaTable {
    private(set) var made: [kc_schema] = []

    /// The number of a schema that describes a value.
    mutating func number(of value: SampleValue, _ memory: LentMemory) -> Int32 {
        var schema = kc_schema()
        schema.key_schema = -1
        schema.value_schema = -1
        schema.flags = UInt32(KC_SCHEMA_OPTIONAL) | memory.shape.unknownFlags
        // Its place is taken before what it contains.
        let number = made.count
        made.append(schema)
        switch value {
        case .null, .string: schema.kind = UInt8(KC_STRING)
        case .boolean: schema.kind = UInt8(KC_BOOLEAN)
        case .integer(_, let kind): schema.kind = kind
        case .float: schema.kind = UInt8(KC_FLOAT32)
        case .double: schema.kind = UInt8(KC_FLOAT64)
        case .bytes: schema.kind = UInt8(KC_BYTES)
        case .array(let elements):
            schema.kind = UInt8(KC_ARRAY)
            schema.value_schema = self.number(of: elements.first ?? .null, memory)
        case .map(let pairs):
            schema.kind = UInt8(KC_MAP)
            schema.key_schema = self.number(of: pairs.first ?? .null, memory)
            schema.value_schema = self.number(of: pairs.count > 1 ? pairs[1] : .null, memory)
        case .structure(let fields):
            schema.kind = UInt8(KC_STRUCT)
            schema.name = memory.string("org.example.Sample")
            schema.fields = memory.table(
                fields.enumerated().map { index, field in
                    kc_field(name: memory.string("field\(index)"), schema: self.number(of: field, memory), reserved: 0)
                })
        }
        made[number] = schema
        return Int32(number)
    }
}
