import ConnectABI

/// Copies of what the worker lends for the length of a call.
enum Borrowed {
    static func text(_ string: kc_string) -> String? {
        guard let start = string.bytes else { return nil }
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(max(string.length, 0))), as: UTF8.self)
    }

    static func configuration(_ config: UnsafePointer<kc_config>?) -> Configuration {
        guard let table = config?.pointee.pairs else { return Configuration() }
        return Configuration(
            elements(of: kc_pair.self, table).compactMap { pair in
                text(pair.key).map { Configuration.Entry($0, text(pair.value)) }
            })
    }

    /// The elements of a table, walked by its own stride.
    static func elements<Element>(of type: Element.Type, _ table: kc_table) -> [Element] {
        guard let items = table.items, table.count > 0, Int(table.stride) >= MemoryLayout<Element>.size else {
            return []
        }
        return (0..<Int(table.count)).map { (items + $0 * Int(table.stride)).assumingMemoryBound(to: type).pointee }
    }

    static func elements<Element>(_ start: UnsafePointer<Element>?, _ count: Int32) -> [Element] {
        Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(max(count, 0))))
    }

    static func topicPartitions(_ start: UnsafePointer<kc_topic_partition>?, _ count: Int32) -> [TopicPartition] {
        elements(start, count).map { TopicPartition(topic: text($0.topic) ?? "", partition: $0.partition) }
    }

    static func topicOffsets(_ start: UnsafePointer<kc_topic_offset>?, _ count: Int32) -> [TopicOffset] {
        elements(start, count).map {
            TopicOffset(
                TopicPartition(topic: text($0.topic) ?? "", partition: $0.partition),
                offset: $0.flags & UInt32(KC_OFFSET_PRESENT) == 0 ? nil : $0.offset)
        }
    }
}

extension Datum {
    /// A copy of a value. An unknown kind, and whatever is nested deeper than the ABI allows, becomes null.
    init(_ value: kc_value, depth: Int32 = 0) {
        switch Int(value.kind) {
        case KC_BOOLEAN: self = .boolean(value.u.i != 0)
        case KC_INT8, KC_INT16, KC_INT32, KC_INT64: self = .integer(value.u.i)
        case KC_FLOAT32: self = .double(Double(value.u.f))
        case KC_FLOAT64: self = .double(value.u.d)
        case KC_STRING:
            let bytes = Borrowed.elements(value.u.bytes, value.length)
            self = .string(String(decoding: bytes, as: UTF8.self))
        case KC_BYTES: self = .bytes(Borrowed.elements(value.u.bytes, value.length))
        case KC_ARRAY, KC_STRUCT:
            self = depth < KC_MAX_DEPTH ? .array(Datum.children(value, value.length, depth)) : .null
        case KC_MAP:
            guard depth < KC_MAX_DEPTH else {
                self = .null
                return
            }
            let flat = Datum.children(value, value.length.multipliedReportingOverflow(by: 2).partialValue, depth)
            self = .map(stride(from: 0, to: flat.count - 1, by: 2).map { Pair(flat[$0], flat[$0 + 1]) })
        default: self = .null
        }
    }

    private static func children(_ value: kc_value, _ count: Int32, _ depth: Int32) -> [Datum] {
        Borrowed.elements(value.u.values, count).map { Datum($0, depth: depth + 1) }
    }
}
