import ConnectABI

/// The batches of one source task, one after the other.
final class BatchCheck {
    private var versions: [UInt64: Checksum] = [:]

    /// What is wrong with a batch; nil when it is as the rules say.
    func problem(_ pointer: UnsafePointer<kc_batch>) -> String? {
        let size = UnsafeRawPointer(pointer).loadUnaligned(as: UInt32.self)
        guard size >= UInt32(MemoryLayout<kc_batch>.size) else {
            return
                "the batch says struct_size \(size), fewer than sizeof(kc_batch), which is \(MemoryLayout<kc_batch>.size)"
        }
        let batch = pointer.pointee
        guard batch.kind == UInt32(KC_BATCH_RECORDS) else { return "the batch is of the unknown kind \(batch.kind)" }
        guard batch.reserved == 0 else { return "the batch has reserved bytes that are not zero" }
        if batch.flags & UInt32(KC_BATCH_COMMIT_TRANSACTION | KC_BATCH_ABORT_TRANSACTION) != 0 {
            return "the batch ends a transaction, although the host offers no KC_FEATURE_TRANSACTIONS"
        }
        if let problem = tableProblem(batch) { return problem }
        let sum = Checksum.tables(of: batch)
        if batch.tables_version != 0, let known = versions.updateValue(sum, forKey: batch.tables_version), known != sum
        {
            return
                "two batches have tables_version \(batch.tables_version) and different topics, source partitions or schemas: give it another number with every change"
        }
        return recordProblem(batch)
    }

    private func tableProblem(_ batch: kc_batch) -> String? {
        for (what, problem) in [
            ("records", TableCheck.problem(batch.records, of: kc_record.self)),
            ("topics", TableCheck.problem(batch.topics, of: kc_topic.self)),
            ("source partitions", TableCheck.problem(batch.source_partitions, of: kc_source_partition.self)),
            ("schemas", TableCheck.problem(batch.schemas, of: kc_schema.self)),
        ] {
            if let problem { return "the table of \(what) \(problem)" }
        }
        for (index, topic) in TableCheck.items(batch.topics, as: kc_topic.self).enumerated() {
            if let problem = StringCheck.problem(topic.name, mayBeNull: false) {
                return "the name of topic \(index) \(problem)"
            }
            if topic.name.length == 0 { return "the name of topic \(index) is empty" }
        }
        for (index, partition) in TableCheck.items(batch.source_partitions, as: kc_source_partition.self).enumerated() {
            if let problem = ValueCheck.partitionProblem(partition.partition) {
                return "source partition \(index) \(problem)"
            }
            if let problem = StringCheck.problem(partition.offset_key) {
                return "the offset key of source partition \(index) \(problem)"
            }
        }
        return SchemaCheck(TableCheck.items(batch.schemas, as: kc_schema.self)).problem()
    }

    private func recordProblem(_ batch: kc_batch) -> String? {
        let partitions = TableCheck.items(batch.source_partitions, as: kc_source_partition.self)
        let schemas = TableCheck.items(batch.schemas, as: kc_schema.self)
        let check = RecordCheck(topics: batch.topics.count, partitions: partitions, schemas: schemas)
        for (index, record) in TableCheck.addresses(batch.records, as: kc_record.self).enumerated() {
            if let problem = check.problem(record.pointee) { return "record \(index) \(problem)" }
        }
        return nil
    }
}

/// A record of a source's batch.
private struct RecordCheck {
    let topics: Int32
    let partitions: [kc_source_partition]
    let schemas: [kc_schema]

    func problem(_ record: kc_record) -> String? {
        if !(0..<max(topics, 0)).contains(record.topic) { return "names topic \(record.topic) of \(topics)" }
        if !partitions.indices.contains(Int(record.source_partition)) {
            return "names source partition \(record.source_partition) of \(partitions.count)"
        }
        if record.reserved != 0 { return "has reserved bytes that are not zero" }
        let transactions = KC_RECORD_COMMIT_TRANSACTION | KC_RECORD_ABORT_TRANSACTION
        if record.flags & UInt32(transactions) != 0 {
            return "ends a transaction, although the host offers no KC_FEATURE_TRANSACTIONS"
        }
        if record.flags & UInt32(KC_RECORD_HAS_PARTITION) != 0, record.partition < 0 {
            return "is for the negative Kafka partition \(record.partition)"
        }
        if record.flags & UInt32(KC_RECORD_HAS_TIMESTAMP) != 0, record.timestamp < 0 {
            return
                "has the negative timestamp \(record.timestamp): leave KC_RECORD_HAS_TIMESTAMP out where there is none"
        }
        return content("a key", record.key, record.key_schema) ?? content("a value", record.value, record.value_schema)
            ?? offset(record) ?? headers(record)
    }

    private func content(_ what: String, _ value: kc_value, _ schema: Int32) -> String? {
        guard schema == -1 || schemas.indices.contains(Int(schema)) else {
            return "has \(what) of schema \(schema), of \(schemas.count) (-1: none)"
        }
        let problem = ValueCheck.problem(value) ?? SchemaCheck(schemas).mismatch(value, schema)
        return problem.map { "has \(what) that \($0)" }
    }

    private func offset(_ record: kc_record) -> String? {
        guard record.offset.kind == UInt8(KC_INT64) else {
            return ValueCheck.offsetProblem(record.offset).map { "has an offset that \($0) (or an INT64)" }
        }
        guard partitions[Int(record.source_partition)].offset_key.bytes != nil else {
            return "has a number for an offset, and its source partition no offset_key under which to store that"
        }
        return nil
    }

    private func headers(_ record: kc_record) -> String? {
        guard record.header_count != 0 else { return nil }
        guard record.header_count > 0, let headers = record.headers else {
            return "has \(record.header_count) headers" + (record.headers == nil ? " at no address" : "")
        }
        for index in 0..<Int(record.header_count) {
            let header = headers[index]
            let name = kc_string(bytes: header.name, length: header.name_length, reserved: 0)
            if let problem = StringCheck.problem(name, mayBeNull: false) { return "has a header whose name \(problem)" }
            if header.reserved != 0 { return "has a header with reserved bytes that are not zero" }
            if let problem = content("a header", header.value, header.schema) { return problem }
        }
        return nil
    }
}
