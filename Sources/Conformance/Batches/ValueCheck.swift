import CText
import ConnectABI

/// Texts of the library.
enum StringCheck {
    /// What is wrong with a text, to follow what it is; nil for a good one.
    static func problem(_ string: kc_string, mayBeNull: Bool = true) -> String? {
        if string.length < 0 { return "has the negative length \(string.length)" }
        if string.reserved != 0 { return "has \(string.reserved) in its reserved bytes, which are zero" }
        guard let bytes = string.bytes else {
            if string.length > 0 { return "has \(string.length) bytes at no address" }
            return mayBeNull ? nil : "is the null string"
        }
        return text_is_utf8(bytes, Int(string.length)) ? nil : "is not UTF-8"
    }

    /// The text, repaired; empty for what cannot be read.
    static func text(_ string: kc_string) -> String {
        guard let bytes = string.bytes, string.length > 0 else { return "" }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(string.length)), as: UTF8.self)
    }

    /// A static text that ends with a zero byte: what is wrong with it; nil for a good one and for NULL.
    static func problem(_ text: UnsafePointer<CChar>?) -> String? {
        guard let text else { return nil }
        var length = 0
        while length < 1 << 16, text[length] != 0 { length += 1 }
        if length == 1 << 16 { return "does not end within 65536 bytes" }
        return UnsafeRawPointer(text).withMemoryRebound(to: UInt8.self, capacity: length) { bytes in
            text_is_utf8(bytes, length) ? nil : "is not UTF-8"
        }
    }

    static func text(_ text: UnsafePointer<CChar>?) -> String {
        guard let text, problem(text) == nil else { return "" }
        return String(cString: text)
    }
}

/// Values of the library: kinds, lengths, addresses, depth, ranges, UTF-8.
enum ValueCheck {
    private static let mostValues = 1 << 20

    /// What is wrong with a value, to follow "that"; nil for a good one.
    static func problem(_ value: kc_value) -> String? {
        var left = mostValues
        return problem(value, depth: 0, &left)
    }

    private static func problem(_ value: kc_value, depth: Int32, _ left: inout Int) -> String? {
        left -= 1
        guard left > 0 else { return "holds more than \(mostValues) values" }
        guard depth <= Int32(KC_MAX_DEPTH) else { return "is nested deeper than \(KC_MAX_DEPTH)" }
        guard value.kind <= UInt8(KC_STRUCT) else { return "has the unknown kind \(value.kind)" }
        guard value.reserved == 0 else { return "has \(value.reserved) in its reserved bytes, which are zero" }
        switch Int32(value.kind) {
        case Int32(KC_BOOLEAN) where value.u.i & ~1 != 0: return "is a BOOLEAN of \(value.u.i) (0 or 1)"
        case Int32(KC_INT8) where Int8(exactly: value.u.i) == nil: return "is an INT8 of \(value.u.i)"
        case Int32(KC_INT16) where Int16(exactly: value.u.i) == nil: return "is an INT16 of \(value.u.i)"
        case Int32(KC_INT32) where Int32(exactly: value.u.i) == nil: return "is an INT32 of \(value.u.i)"
        case Int32(KC_STRING), Int32(KC_BYTES): return contentProblem(value)
        case Int32(KC_ARRAY), Int32(KC_MAP), Int32(KC_STRUCT): return childrenProblem(value, depth: depth, &left)
        default: return nil
        }
    }

    private static func contentProblem(_ value: kc_value) -> String? {
        let kind = name(value.kind)
        guard value.length >= 0 else { return "is a \(kind) of the negative length \(value.length)" }
        guard value.length > 0 else { return nil }
        guard let bytes = value.u.bytes else { return "is a \(kind) of \(value.length) bytes at no address" }
        if value.kind == UInt8(KC_STRING), !text_is_utf8(bytes, Int(value.length)) {
            return "is a STRING that is not UTF-8: such bytes are BYTES"
        }
        return nil
    }

    private static func childrenProblem(_ value: kc_value, depth: Int32, _ left: inout Int) -> String? {
        let kind = name(value.kind)
        guard value.length >= 0 else { return "is a \(kind) of the negative length \(value.length)" }
        guard value.length > 0 else { return nil }
        guard let children = value.u.values else { return "is a \(kind) of \(value.length) values at no address" }
        guard UInt(bitPattern: children) % 8 == 0 else { return "is a \(kind) at an address that is no multiple of 8" }
        let count = Int(value.length) * (value.kind == UInt8(KC_MAP) ? 2 : 1)
        guard count <= mostValues else { return "holds more than \(mostValues) values" }
        for index in 0..<count {
            if let problem = problem(children[index], depth: depth + 1, &left) { return "holds one that \(problem)" }
        }
        return nil
    }

    /// What is wrong with a source partition.
    static func partitionProblem(_ value: kc_value) -> String? { mapProblem(value, "partition") }

    /// What is wrong with an offset that is a map.
    static func offsetProblem(_ value: kc_value) -> String? { mapProblem(value, "offset") }

    private static func mapProblem(_ value: kc_value, _ what: String) -> String? {
        guard value.kind == UInt8(KC_NULL) || value.kind == UInt8(KC_MAP) else {
            return "is a \(name(value.kind)), where a MAP or NULL belongs"
        }
        if let problem = problem(value) { return problem }
        guard value.kind == UInt8(KC_MAP), let pairs = value.u.values else { return nil }
        for index in 0..<Int(value.length) {
            guard pairs[2 * index].kind == UInt8(KC_STRING) else { return "has a key that is no STRING" }
            let kind = Int32(pairs[2 * index + 1].kind)
            if kind >= Int32(KC_BYTES), kind != Int32(KC_MAP) {
                return
                    "holds a \(name(UInt8(kind))): only numbers, texts, booleans, null and maps of them can be stored"
            }
        }
        return nil
    }

    static func name(_ kind: UInt8) -> String {
        let names = [
            "NULL", "BOOLEAN", "INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64", "STRING", "BYTES", "ARRAY",
            "MAP",
            "STRUCT",
        ]
        return Int(kind) < names.count ? names[Int(kind)] : "kind \(kind)"
    }
}

/// Tables of the library.
enum TableCheck {
    /// What the worker takes: of records, of what a description declares, and of anything else.
    private static let mostRecords = 1 << 20
    private static let mostDeclared = 10_000
    private static let mostItems = 1 << 16

    private static func most<Item>(of type: Item.Type) -> Int {
        if type == kc_record.self { return mostRecords }
        let isDeclared = type == kc_class.self || type == kc_config_key.self || type == kc_validator.self
        return isDeclared ? mostDeclared : mostItems
    }

    /// What is wrong with a table, to follow what it is; nil for a good one.
    static func problem<Item>(_ table: kc_table, of type: Item.Type) -> String? {
        let itemSize = MemoryLayout<Item>.size
        let most = most(of: type)
        if table.count < 0 { return "has \(table.count) items" }
        guard table.count > 0 else { return nil }
        guard let items = table.items else { return "has \(table.count) items at no address" }
        if Int(table.stride) < itemSize {
            return "has a stride of \(table.stride) bytes, fewer than an item's \(itemSize)"
        }
        if table.stride % 8 != 0 || UInt(bitPattern: items) % 8 != 0 {
            return "has items at addresses that are no multiples of 8"
        }
        return Int(table.count) > most ? "has \(table.count) items, more than the \(most) that the worker takes" : nil
    }

    /// Its items, copied; empty for a table that cannot be read.
    static func items<Item>(_ table: kc_table, as type: Item.Type) -> [Item] {
        guard problem(table, of: type) == nil, let start = table.items else { return [] }
        return (0..<Int(table.count)).map {
            (start + $0 * Int(table.stride)).assumingMemoryBound(to: Item.self).pointee
        }
    }

    /// Its items where they lie.
    static func addresses<Item>(_ table: kc_table, as type: Item.Type) -> [UnsafePointer<Item>] {
        guard problem(table, of: type) == nil, let start = table.items else { return [] }
        return (0..<Int(table.count)).map {
            UnsafePointer((start + $0 * Int(table.stride)).assumingMemoryBound(to: Item.self))
        }
    }
}
