import ConnectABI
import ConnectModel

/// Memory that a call to a plugin borrows: texts and tables built for it, freed together after it.
final class CMemory {
    private let arena = ByteArena()

    func reset() { arena.reset() }

    /// A text of its own.
    func string(_ text: String) -> kc_string {
        var text = text
        return text.withUTF8 { bytes in
            let copy = arena.allocate(bytes.count)
            if let start = bytes.baseAddress { copy.copyMemory(from: start, byteCount: bytes.count) }
            return kc_string(
                bytes: UnsafePointer(copy.assumingMemoryBound(to: UInt8.self)),
                length: Int32(truncatingIfNeeded: bytes.count), reserved: 0)
        }
    }

    /// Items one behind the other; nil for none.
    func array<Item>(_ items: [Item]) -> UnsafePointer<Item>? {
        guard !items.isEmpty else { return nil }
        let room = arena.allocate(items.count * MemoryLayout<Item>.stride).bindMemory(
            to: Item.self, capacity: items.count)
        for (index, item) in items.enumerated() { (room + index).initialize(to: item) }
        return UnsafePointer(room)
    }

    func table<Item>(_ items: [Item]) -> kc_table {
        kc_table(
            items: UnsafeRawPointer(array(items)), count: Int32(truncatingIfNeeded: items.count),
            stride: UInt32(MemoryLayout<Item>.stride))
    }

    /// A configuration; keys that are null are left out.
    func config(_ map: ConfigMap) -> UnsafePointer<kc_config>? {
        var pairs: [kc_pair] = []
        for entry in map.entries {
            guard let value = entry.value else { continue }
            pairs.append(kc_pair(key: string(entry.key), value: string(value)))
        }
        return array([kc_config(pairs: table(pairs))])
    }

    func partitions(_ partitions: [TopicPartition]) -> UnsafePointer<kc_topic_partition>? {
        array(partitions.map { kc_topic_partition(topic: string($0.topic), partition: $0.partition, reserved: 0) })
    }

    func offsets(_ offsets: [TopicPartitionOffset]) -> UnsafePointer<kc_topic_offset>? {
        array(
            offsets.map {
                kc_topic_offset(
                    topic: string($0.partition.topic), partition: $0.partition.partition,
                    flags: UInt32(KC_OFFSET_PRESENT), offset: $0.offset)
            })
    }

    /// JSON of a stored partition or offset as a value: objects as maps, whole numbers as INT64.
    func value(_ json: [UInt8]?) throws(ConnectError) -> kc_value {
        guard let json, !json.isEmpty else { return kc_value() }
        return try JSONValues.value(of: json, in: arena)
    }
}
