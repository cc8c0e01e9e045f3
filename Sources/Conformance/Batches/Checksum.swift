import ConnectABI

/// A number that tells whether anything of a batch, or of a description, has changed (FNV-1a).
struct Checksum: Equatable {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    mutating func add<Value>(_ item: Value) { withUnsafeBytes(of: item) { add($0) } }

    mutating func add(_ string: kc_string) {
        add(string.length)
        if let bytes = string.bytes, string.length > 0 {
            add(UnsafeRawBufferPointer(start: bytes, count: Int(string.length)))
        }
    }

    mutating func add(text: UnsafePointer<CChar>?) {
        var place = text
        while let byte = place, byte.pointee != 0 {
            add(byte.pointee)
            place = byte + 1
        }
        add(text == nil)
    }

    /// A checked value with all that it holds.
    mutating func add(_ value: kc_value) {
        add(value.kind)
        add(value.length)
        switch Int32(value.kind) {
        case Int32(KC_STRING), Int32(KC_BYTES):
            if let bytes = value.u.bytes, value.length > 0 {
                add(UnsafeRawBufferPointer(start: bytes, count: Int(value.length)))
            }
        case Int32(KC_ARRAY), Int32(KC_MAP), Int32(KC_STRUCT):
            guard let children = value.u.values else { return }
            let count = Int(value.length) * (value.kind == UInt8(KC_MAP) ? 2 : 1)
            for index in 0..<count { add(children[index]) }
        default: add(value.u.i)
        }
    }

    /// What a batch's records refer to.
    static func tables(of batch: kc_batch) -> Checksum {
        var sum = Checksum()
        for topic in TableCheck.items(batch.topics, as: kc_topic.self) { sum.add(topic.name) }
        for partition in TableCheck.items(batch.source_partitions, as: kc_source_partition.self) {
            sum.add(partition.partition)
            sum.add(partition.offset_key)
        }
        for schema in TableCheck.items(batch.schemas, as: kc_schema.self) {
            sum.add(schema.kind)
            sum.add(schema.flags)
            sum.add(schema.version)
            sum.add(schema.key_schema)
            sum.add(schema.value_schema)
            sum.add(schema.name)
            for field in TableCheck.items(schema.fields, as: kc_field.self) {
                sum.add(field.name)
                sum.add(field.schema)
            }
            for parameter in TableCheck.items(schema.parameters, as: kc_parameter.self) {
                sum.add(parameter.key)
                sum.add(parameter.value)
            }
        }
        return sum
    }

    /// A whole batch, without what belongs to its maker.
    static func batch(_ batch: kc_batch) -> Checksum {
        var sum = tables(of: batch)
        sum.add(batch.flags)
        sum.add(batch.tables_version)
        for record in TableCheck.items(batch.records, as: kc_record.self) {
            sum.add(record.key)
            sum.add(record.value)
            sum.add(record.offset)
            for number in [record.header_count, record.topic, record.partition, record.source_partition] {
                sum.add(number)
            }
            sum.add(record.timestamp)
            sum.add(record.flags)
            for index in 0..<Int(max(record.header_count, 0)) {
                guard let header = record.headers?[index] else { break }
                sum.add(kc_string(bytes: header.name, length: header.name_length, reserved: 0))
                sum.add(header.value)
            }
        }
        return sum
    }
}
