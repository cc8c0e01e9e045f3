import ConnectABI
import ConnectModel

/// The tables of topics and schemas that a sink task's batches refer to, in the ABI's form. Built again only when they are
/// others. Confined to the task's lane.
final class SinkTables {
    private let memory = CMemory()
    private var generation: UInt64?
    private var version: UInt64 = 0
    private var topics = kc_table()
    private var schemas = kc_table()
    /// Whose defaults the tables refer to.
    private var kept: [Schema] = []

    /// Fills the tables of a batch that is about to be put.
    func update(_ records: SinkBatch, into batch: UnsafeMutablePointer<kc_batch>) {
        if generation != records.tableGeneration {
            generation = records.tableGeneration
            version += 1
            memory.reset()
            topics = memory.table(records.topics.map { kc_topic(name: memory.string($0)) })
            var made = SchemaExport(memory)
            schemas = made.table(of: records.schemas)
            kept = records.schemas
        }
        batch.pointee.struct_size = UInt32(MemoryLayout<kc_batch>.size)
        batch.pointee.kind = UInt32(KC_BATCH_RECORDS)
        batch.pointee.topics = topics
        batch.pointee.schemas = schemas
        batch.pointee.tables_version = version
    }
}

/// The host's schemas as a table in which schemas refer to one another by index: those that records name come first, in their
/// order, the ones inside them behind. Defaults stay where they are.
struct SchemaExport {
    private let memory: CMemory
    private var made: [kc_schema] = []

    init(_ memory: CMemory) { self.memory = memory }

    mutating func table(of schemas: [Schema]) -> kc_table {
        made = Array(repeating: kc_schema(), count: schemas.count)
        for (index, schema) in schemas.enumerated() { made[index] = export(schema) }
        return memory.table(made)
    }

    private mutating func export(_ schema: Schema) -> kc_schema {
        var result = kc_schema()
        result.kind = schema.kind.rawValue
        if schema.isOptional { result.flags |= UInt32(KC_SCHEMA_OPTIONAL) }
        if let version = schema.version {
            result.flags |= UInt32(KC_SCHEMA_HAS_VERSION)
            result.version = version
        }
        result.key_schema = schema.keySchema.map { append($0) } ?? -1
        result.value_schema = schema.valueSchema.map { append($0) } ?? -1
        if let name = schema.name { result.name = memory.string(name) }
        if let documentation = schema.documentation { result.doc = memory.string(documentation) }
        if let standIn = schema.defaultValue {
            result.flags |= UInt32(KC_SCHEMA_HAS_DEFAULT)
            result.default_value = standIn.value.kc
        }
        var fields: [kc_field] = []
        for field in schema.fields {
            fields.append(kc_field(name: memory.string(field.name), schema: append(field.schema), reserved: 0))
        }
        result.fields = memory.table(fields)
        result.parameters = memory.table(
            schema.parameters.map { kc_parameter(key: memory.string($0.name), value: memory.string($0.value)) })
        return result
    }

    private mutating func append(_ schema: Schema) -> Int32 {
        let index = made.count
        made.append(kc_schema())
        made[index] = export(schema)
        return Int32(truncatingIfNeeded: index)
    }
}
