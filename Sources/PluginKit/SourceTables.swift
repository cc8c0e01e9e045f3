import ConnectABI

/// What the records of a source task share: topics, source partitions, schemas. Grows only; a record's index stays valid.
///
/// Confined to the task. Memory that a batch may still point to is kept until the task ends.
final class SourceTables {
    /// Changes with every addition; never 0.
    private(set) var version: UInt64 = 1
    var topics: kc_table { topicItems.table }
    var partitions: kc_table { partitionItems.table }
    var schemas: kc_table { schemaItems.table }

    private let memory = CMemory()
    private var topicItems = GrowingTable<kc_topic>()
    private var partitionItems = GrowingTable<kc_source_partition>()
    private var schemaItems = GrowingTable<kc_schema>()
    private var topicNumbers: [String: Int32] = [:]
    private var partitionNumbers: [(partition: Datum, offsetKey: String?, number: Int32)] = []

    func topic(_ name: String) -> Int32 {
        if let number = topicNumbers[name] { return number }
        let number = topicItems.append(kc_topic(name: memory.string(name)), in: memory)
        topicNumbers[name] = number
        version += 1
        return number
    }

    func partition(_ partition: Datum, offsetKey: String?) -> Int32 {
        if let known = partitionNumbers.first(where: { $0.partition == partition && $0.offsetKey == offsetKey }) {
            return known.number
        }
        let number = partitionItems.append(
            kc_source_partition(partition: memory.value(partition), offset_key: memory.string(offsetKey)), in: memory)
        partitionNumbers.append((partition, offsetKey, number))
        version += 1
        return number
    }

    func value(_ datum: Datum) -> kc_value { memory.value(datum) }

    func schema(_ schema: RecordSchema) -> Int32 {
        var item = kc_schema()
        item.kind = schema.kind.rawValue
        item.flags = schema.isOptional ? UInt32(KC_SCHEMA_OPTIONAL) : 0
        if let number = schema.version {
            item.version = number
            item.flags |= UInt32(KC_SCHEMA_HAS_VERSION)
        }
        item.name = memory.string(schema.name)
        item.key_schema = schema.keySchema ?? -1
        item.value_schema = schema.valueSchema ?? -1
        item.fields = memory.table(
            schema.fields.map { kc_field(name: memory.string($0.name), schema: $0.schema, reserved: 0) })
        item.parameters = memory.table(
            schema.parameters.map { kc_parameter(key: memory.string($0.key), value: memory.string($0.value)) })
        let number = schemaItems.append(item, in: memory)
        version += 1
        return number
    }
}

/// A table that grows at its end. Whoever holds an older ``table`` may go on reading it.
private struct GrowingTable<Element> {
    private var start: UnsafeMutablePointer<Element>?
    private var capacity = 0
    private var count = 0

    var table: kc_table {
        kc_table(
            items: UnsafeRawPointer(start), count: Int32(clamping: count), stride: UInt32(MemoryLayout<Element>.stride))
    }

    mutating func append(_ element: Element, in memory: CMemory) -> Int32 {
        if count == capacity {
            capacity = max(8, 2 * capacity)
            let larger = memory.array(of: Element.self, count: capacity)
            if let start { larger.update(from: start, count: count) }
            start = larger
        }
        if let start { (start + count).initialize(to: element) }
        count += 1
        return Int32(clamping: count - 1)
    }
}
