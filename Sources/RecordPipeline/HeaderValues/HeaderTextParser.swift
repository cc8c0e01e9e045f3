import ConnectModel
import JSON

/// Finds the type that a header's text stands for, as `org.apache.kafka.connect.data.Values.parseString` does.
///
/// Its habits are kept: the smallest integer type that fits, float before double, and what follows a complete leading
/// number or date at the top level is dropped.
struct HeaderTextParser {
    private let bytes: UnsafeRawBufferPointer
    private let arena: ByteArena
    private var position = 0
    private static let deepest = 64

    init(_ bytes: UnsafeRawBufferPointer, arena: ByteArena) {
        self.bytes = bytes
        self.arena = arena
    }

    /// The value and its schema; text that is nothing else is a string.
    mutating func parse() -> (Value, Schema?) {
        let whole = string(bytes)
        let trimmed = Self.trim(bytes)
        if trimmed.isEmpty { return whole }
        if Self.equals(trimmed, "null") { return (.null, nil) }
        if Self.equals(trimmed, "true") { return (.boolean(true), Self.boolean) }
        if Self.equals(trimmed, "false") { return (.boolean(false), Self.boolean) }
        skipBlanks()
        if peek == UInt8(ascii: "[") || peek == UInt8(ascii: "{") {
            let found = container(depth: 0)
            skipBlanks()
            if let found, position == bytes.count { return found }
            return whole
        }
        return scalar(token()) ?? whole
    }

    private static let boolean = Schema(.boolean)

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || (0x09...0x0d).contains(byte) { position += 1 }
    }

    private mutating func consume(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard peek == byte else { return false }
        position += 1
        return true
    }

    /// Text up to a delimiter; a delimiter behind a backslash belongs to the text.
    private mutating func token() -> UnsafeRawBufferPointer {
        let start = position
        while let byte = peek, !Self.isDelimiter(byte) {
            // A time's colons are part of it.
            position += byte == UInt8(ascii: "\\") && position + 1 < bytes.count ? 2 : 1
            if peek == UInt8(ascii: ":"), Self.looksTemporal(UnsafeRawBufferPointer(rebasing: bytes[start...])) {
                position = min(
                    bytes.count, start + Self.temporalLength(UnsafeRawBufferPointer(rebasing: bytes[start...])))
            }
        }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<min(position, bytes.count)])
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "\""):
            return true
        default: return false
        }
    }

    private func scalar(_ text: UnsafeRawBufferPointer) -> (Value, Schema?)? {
        let trimmed = Self.trim(text)
        guard let first = trimmed.first else { return nil }
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        if isDigit, let temporal = Self.temporal(trimmed) { return temporal }
        guard isDigit || first == UInt8(ascii: "+") || first == UInt8(ascii: "-") else { return nil }
        return number(trimmed)
    }

    private func number(_ text: UnsafeRawBufferPointer) -> (Value, Schema?)? {
        guard let decimal = BigDecimal(text: text) else { return nil }
        if let whole = decimal.rescaled(to: 0) {
            let digits = String(decoding: whole.digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
            if let value = Int64((whole.isNegative ? "-" : "") + digits) {
                let kind: ValueKind =
                    Int8(exactly: value) != nil
                    ? .int8 : Int16(exactly: value) != nil ? .int16 : Int32(exactly: value) != nil ? .int32 : .int64
                return (.integer(kind, value), Schema(kind))
            }
        }
        if decimal.scale != 0 {
            let spelled = String(decoding: text, as: UTF8.self)
            if let float = Float(spelled), float.isFinite { return (.float32(float), Schema(.float32)) }
            if let double = Double(spelled), double.isFinite { return (.float64(double), Schema(.float64)) }
        }
        let unscaled = decimal.twosComplement
        let copy = arena.allocate(unscaled.count)
        unscaled.withUnsafeBytes { source in
            if let start = source.baseAddress { copy.copyMemory(from: start, byteCount: source.count) }
        }
        let schema = Schema(
            .bytes, name: LogicalType.decimal.rawValue, version: 1,
            parameters: [Schema.Parameter(name: "scale", value: String(decimal.scale))])
        return (.bytes(copy, Int32(truncatingIfNeeded: unscaled.count)), schema)
    }

    /// An array or map; nil where the text breaks off or holds bare words.
    private mutating func container(depth: Int) -> (Value, Schema?)? {
        guard depth < Self.deepest else { return nil }
        if consume(UInt8(ascii: "[")) { return array(depth) }
        if consume(UInt8(ascii: "{")) { return map(depth) }
        return nil
    }

    private mutating func array(_ depth: Int) -> (Value, Schema?)? {
        var elements: [(Value, Schema?)] = []
        while !consume(UInt8(ascii: "]")) {
            if !elements.isEmpty, !consume(UInt8(ascii: ",")) { return nil }
            guard let element = embedded(depth + 1) else { return nil }
            elements.append(element)
        }
        let common = Self.widen(&elements)
        return (
            store(.array, elements.map(\.0), count: elements.count),
            Schema(.array, valueSchema: common)
        )
    }

    private mutating func map(_ depth: Int) -> (Value, Schema?)? {
        var keys: [(Value, Schema?)] = []
        var values: [(Value, Schema?)] = []
        while !consume(UInt8(ascii: "}")) {
            if !keys.isEmpty, !consume(UInt8(ascii: ",")) { return nil }
            guard let key = embedded(depth + 1), !key.0.isNull, consume(UInt8(ascii: ":")),
                let value = embedded(depth + 1)
            else { return nil }
            keys.append(key)
            values.append(value)
        }
        let keySchema = Self.widen(&keys)
        let valueSchema = Self.widen(&values)
        let flat = zip(keys, values).flatMap { [$0.0, $1.0] }
        return (
            store(.map, flat, count: keys.count), Schema(.map, keySchema: keySchema, valueSchema: valueSchema)
        )
    }

    /// A value inside a container: quoted text, a container, null, a truth value, a number or a date.
    private mutating func embedded(_ depth: Int) -> (Value, Schema?)? {
        skipBlanks()
        guard let byte = peek else { return nil }
        if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { return container(depth: depth) }
        if byte == UInt8(ascii: "\"") { return quoted() }
        let text = Self.trim(token())
        if Self.equals(text, "null") { return (.null, nil) }
        if Self.equals(text, "true") { return (.boolean(true), Self.boolean) }
        if Self.equals(text, "false") { return (.boolean(false), Self.boolean) }
        return scalar(text)
    }

    private mutating func quoted() -> (Value, Schema?)? {
        position += 1
        var content: [UInt8] = []
        while let byte = peek {
            position += 1
            if byte == UInt8(ascii: "\"") {
                let copy = arena.allocate(content.count)
                content.withUnsafeBytes { source in
                    if let start = source.baseAddress { copy.copyMemory(from: start, byteCount: source.count) }
                }
                let stored = UnsafeRawBufferPointer(start: copy, count: content.count)
                return Self.temporal(stored) ?? string(stored)
            }
            if byte == UInt8(ascii: "\\"), let escaped = peek {
                content.append(escaped)
                position += 1
            } else {
                content.append(byte)
            }
        }
        return nil
    }

    private func store(_ kind: ValueKind, _ values: [Value], count: Int) -> Value {
        let room = arena.allocate(values.count * MemoryLayout<Value>.stride).bindMemory(
            to: Value.self, capacity: values.count)
        for (index, value) in values.enumerated() { (room + index).initialize(to: value) }
        return .container(kind, room, Int32(truncatingIfNeeded: count))
    }

    private func string(_ bytes: UnsafeRawBufferPointer) -> (Value, Schema?) {
        if UTF8Text.isValid(bytes) {
            return (.string(bytes.baseAddress, Int32(truncatingIfNeeded: bytes.count)), .string)
        }
        let (pointer, length) = TextEncoding.utf8.encode(String(decoding: bytes, as: UTF8.self), arena: arena)
        return (.string(pointer, length), .string)
    }

    /// The one schema that all elements have, numbers widened to the widest; nil where there is none.
    private static func widen(_ elements: inout [(Value, Schema?)]) -> Schema? {
        var common: Schema?
        for (_, schema) in elements {
            guard let schema else { continue }
            guard let known = common else {
                common = schema
                continue
            }
            if known == schema { continue }
            let order: [ValueKind] = [.int8, .int16, .int32, .int64, .float32, .float64]
            guard let left = order.firstIndex(of: known.kind), let right = order.firstIndex(of: schema.kind),
                known.name == nil, schema.name == nil
            else { return nil }
            common = Schema(order[max(left, right)])
        }
        guard let common else { return nil }
        for index in elements.indices {
            let value = elements[index].0
            if value.isNull || value.kind == common.kind { continue }
            switch common.kind {
            case .float32: elements[index].0 = .float32(Float(value.int64))
            case .float64:
                elements[index].0 = .float64(value.kind == .float32 ? Double(value.float32) : Double(value.int64))
            default: elements[index].0 = .integer(common.kind, value.int64)
            }
        }
        return common
    }

    // MARK: - Dates

    private static let dateLength = 10
    private static let timeLength = 13
    private static let timestampLength = 24

    private static func looksTemporal(_ text: UnsafeRawBufferPointer) -> Bool { temporalLength(text) > 0 }

    private static func temporalLength(_ text: UnsafeRawBufferPointer) -> Int {
        for length in [timestampLength, timeLength] where text.count >= length {
            if temporal(UnsafeRawBufferPointer(rebasing: text[..<length])) != nil { return length }
        }
        return 0
    }

    private static func temporal(_ text: UnsafeRawBufferPointer) -> (Value, Schema?)? {
        switch text.count {
        case dateLength:
            guard let days = date(text) else { return nil }
            return (.integer(.int32, days), Schema(.int32, name: LogicalType.date.rawValue, version: 1))
        case timeLength:
            guard let milliseconds = time(text, from: 0) else { return nil }
            return (.integer(.int32, milliseconds), Schema(.int32, name: LogicalType.time.rawValue, version: 1))
        case timestampLength:
            guard text[10] == UInt8(ascii: "T"), let days = date(text), let rest = time(text, from: 11) else {
                return nil
            }
            return (
                .int64(days * CivilTime.millisecondsPerDay + rest),
                Schema(.int64, name: LogicalType.timestamp.rawValue, version: 1)
            )
        default: return nil
        }
    }

    private static func date(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), let year = digits(text, 0, 4),
            let month = digits(text, 5, 2), let day = digits(text, 8, 2)
        else { return nil }
        return CivilTime.days(year: year, month: month, day: day)
    }

    private static func time(_ text: UnsafeRawBufferPointer, from start: Int) -> Int64? {
        guard text[start + 2] == UInt8(ascii: ":"), text[start + 5] == UInt8(ascii: ":"),
            text[start + 8] == UInt8(ascii: "."), text[start + 12] == UInt8(ascii: "Z"),
            let hour = digits(text, start, 2), let minute = digits(text, start + 3, 2),
            let second = digits(text, start + 6, 2), let rest = digits(text, start + 9, 3), hour < 24, minute < 60,
            second < 60
        else { return nil }
        return ((hour * 60 + minute) * 60 + second) * 1000 + rest
    }

    private static func digits(_ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int64? {
        var number: Int64 = 0
        for index in start..<start + count {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) else { return nil }
            number = number * 10 + Int64(text[index] - UInt8(ascii: "0"))
        }
        return number
    }

    private static func trim(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = text.count
        while start < end, text[start] <= 0x20 { start += 1 }
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: text[start..<end])
    }

    private static func equals(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        text.count == word.utf8CodeUnitCount
            && text.elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}
