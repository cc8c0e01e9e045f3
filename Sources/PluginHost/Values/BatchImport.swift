import CText
import ConnectABI
import ConnectModel

/// Takes the batches of one source task over: each record is checked once and copied into the host's table.
///
/// Confined to the task's lane. Tables of topics, source partitions and schemas are read again only when the plugin says that
/// they are others; records stay the plugin's memory until the batch is released.
final class BatchImport {
    /// More records in one batch than any plugin needs.
    private static let mostRecords = 1 << 20
    private static let mostTableItems = 1 << 16

    private var storage = UnsafeMutableBufferPointer<ConnectRecord>(start: nil, count: 0)
    private var tablesVersion: UInt64 = 0
    private var partitions = SourcePartitionTable()
    /// There are partitions without a key to store a number under.
    private var hasKeyless = false

    deinit { storage.deallocate() }

    /// Fills `target` with the records of a plugin's batch.
    ///
    /// - Throws: `plugin.invalid-data` naming what is wrong and in which record.
    func take(_ pointer: UnsafePointer<kc_batch>, into target: SourceBatch) throws(ConnectError) {
        let batch = pointer.pointee
        guard batch.struct_size >= UInt32(MemoryLayout<kc_batch>.size) else {
            throw nonsense("a batch of \(batch.struct_size) bytes")
        }
        guard batch.kind == UInt32(KC_BATCH_RECORDS) else {
            throw nonsense("a batch of the unknown kind \(batch.kind)")
        }
        if batch.tables_version == 0 || batch.tables_version != tablesVersion {
            try takeTables(batch, into: target)
            tablesVersion = batch.tables_version
        }
        try takeRecords(batch.records, into: target)
    }

    private func takeRecords(_ table: kc_table, into target: SourceBatch) throws(ConnectError) {
        guard table.count != 0 else {
            target.records = UnsafeMutableBufferPointer(start: nil, count: 0)
            return
        }
        let stride = Int(table.stride)
        guard table.count > 0, Int(table.count) <= Self.mostRecords, stride >= MemoryLayout<ConnectRecord>.size,
            stride % 8 == 0, stride <= 1 << 16, let start = table.items, UInt(bitPattern: start) % 8 == 0
        else { throw nonsense("\(table.count) records of \(table.stride) bytes") }
        let count = Int(table.count)
        reserve(count)
        let topics = Int32(truncatingIfNeeded: target.topics.count)
        let partitions = Int32(truncatingIfNeeded: self.partitions.places.count)
        let schemas = Int32(truncatingIfNeeded: target.schemas.count)
        let records = storage
        for index in 0..<count {
            let record = (start + index &* stride).assumingMemoryBound(to: ConnectRecord.self)
            guard record.pointee.topic >= 0, record.pointee.topic < topics, record.pointee.sourcePartition >= 0,
                record.pointee.sourcePartition < partitions, record.pointee.keySchema < schemas,
                record.pointee.valueSchema < schemas, record.pointee.keySchema >= -1, record.pointee.valueSchema >= -1
            else {
                throw nonsense(
                    "record \(index), which refers to a topic, source partition or schema that is not there")
            }
            if let problem = ValueCheck.problem(record.pointee.value) ?? ValueCheck.problem(record.pointee.key) {
                throw nonsense("record \(index), which holds \(problem)")
            }
            if record.pointee.flags.contains(.hasPartition), record.pointee.partition < 0 {
                throw nonsense("record \(index) for the negative Kafka partition \(record.pointee.partition)")
            }
            if record.pointee.flags.contains(.hasTimestamp), record.pointee.timestamp < 0 {
                throw nonsense("record \(index) with the negative timestamp \(record.pointee.timestamp)")
            }
            if record.pointee.offset.tag != ValueKind.int64.rawValue { try checkOffset(record.pointee.offset, index) }
            if record.pointee.headerCount != 0 { try checkHeaders(record.pointee, index, schemas) }
            records[index] = record.pointee
        }
        if self.partitions.hasEqualEntries { name(self.partitions.places, in: records[..<count]) }
        if hasKeyless { try checkKeys(of: records[..<count]) }
        target.records = UnsafeMutableBufferPointer(rebasing: records[..<count])
    }

    /// Has records name the partition in place of one of several equal entries.
    private func name(_ places: [Int32], in records: Slice<UnsafeMutableBufferPointer<ConnectRecord>>) {
        for index in records.indices {
            records.base[index].sourcePartition = places[Int(records.base[index].sourcePartition)]
        }
    }

    /// A bare number could not be stored: the stores keep maps.
    private func checkKeys(of records: Slice<UnsafeMutableBufferPointer<ConnectRecord>>) throws(ConnectError) {
        for index in records.indices where records.base[index].offset.tag == ValueKind.int64.rawValue {
            guard partitions.partitions[Int(records.base[index].sourcePartition)].offsetKey == nil else { continue }
            throw nonsense(
                "record \(index), which has a number for an offset, and its source partition has no offset_key")
        }
    }

    private func checkOffset(_ offset: Value, _ index: Int) throws(ConnectError) {
        guard offset.isNull || offset.tag == ValueKind.map.rawValue else {
            throw nonsense("record \(index) with an offset that is neither a number, a map nor null")
        }
        if let problem = ValueCheck.problem(offset) {
            throw nonsense("record \(index) with an offset that holds \(problem)")
        }
    }

    private func checkHeaders(_ record: ConnectRecord, _ index: Int, _ schemas: Int32) throws(ConnectError) {
        guard record.headerCount > 0, record.headerCount <= 1 << 16, let headers = record.headers else {
            throw nonsense("record \(index) with \(record.headerCount) headers")
        }
        for header in UnsafeBufferPointer(start: headers, count: Int(record.headerCount)) {
            guard header.nameLength >= 0, header.nameLength == 0 || header.name != nil, header.schema >= -1,
                header.schema < schemas
            else { throw nonsense("record \(index) with a header without a name or with a schema that is not there") }
            if let name = header.name, !text_is_utf8(name, Int(header.nameLength)) {
                throw nonsense("record \(index) with the name of a header that is not UTF-8")
            }
            if let problem = ValueCheck.problem(header.value) {
                throw nonsense("record \(index) with a header that holds \(problem)")
            }
        }
    }

    private func reserve(_ count: Int) {
        guard storage.count < count else { return }
        let former = storage.count
        storage.deallocate()
        // Twice what there was at least, so that batches which grow slowly are not followed step by step.
        storage = .allocate(capacity: max(count, 2 * former, 64))
        storage.initialize(repeating: ConnectRecord())
    }

    // MARK: - Tables

    private func takeTables(_ batch: kc_batch, into target: SourceBatch) throws(ConnectError) {
        var topics: [String] = []
        try walk(batch.topics, as: kc_topic.self, "topics") { (topic) throws(ConnectError) in
            guard let name = try topic.pointee.name.text("the name of a topic"), !name.isEmpty else {
                throw nonsense("a topic without a name")
            }
            topics.append(name)
        }
        var partitions = SourcePartitionTable()
        try walk(batch.source_partitions, as: kc_source_partition.self, "source partitions") {
            (partition) throws(ConnectError) in
            let value = partition.pointee.partition.model
            guard value.isNull || value.tag == ValueKind.map.rawValue else {
                throw nonsense("a source partition that is neither a map nor null")
            }
            if let problem = ValueCheck.problem(value) { throw nonsense("a source partition that holds \(problem)") }
            let offsetKey = try partition.pointee.offset_key.text("the offset key of a source partition")
            try partitions.append(value, offsetKey: offsetKey)
        }
        let schemas = try SchemaImport(batch.schemas).schemas()
        self.partitions = partitions
        hasKeyless = partitions.partitions.contains { $0.offsetKey == nil }
        guard topics != target.topics || partitions.partitions != target.sourcePartitions || schemas != target.schemas
        else {
            return
        }
        target.topics = topics
        target.sourcePartitions = partitions.partitions
        target.schemas = schemas
        target.tableGeneration &+= 1
    }

    private func walk<Item>(
        _ table: kc_table, as type: Item.Type, _ what: String,
        _ body: (UnsafePointer<Item>) throws(ConnectError) -> Void
    ) throws(ConnectError) {
        guard table.count != 0 else { return }
        guard table.count > 0, Int(table.count) <= Self.mostTableItems, Int(table.stride) >= MemoryLayout<Item>.size,
            table.stride % 8 == 0, table.stride <= 1 << 16, let start = table.items
        else { throw nonsense("\(table.count) \(what) of \(table.stride) bytes") }
        for index in 0..<Int(table.count) {
            try body((start + index * Int(table.stride)).assumingMemoryBound(to: Item.self))
        }
    }
}

/// What a plugin handed over breaks the ABI's rules.
func nonsense(_ what: String) -> ConnectError {
    ConnectError(.pluginNonsense, "The plugin returned \(what)")
}
