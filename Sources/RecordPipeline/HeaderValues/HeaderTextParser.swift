import ConnectModel
import JSON

/// Finds the type that a header's text stands for, as `org.apache.kafka.connect.data.Values.parseString` does.
///
/// Its habits are kept: the smallest integer type that fits, float before double, and what follows a complete leading
/// number, date, array or map at the top level is dropped.
struct HeaderTextParser {
    private let bytes: UnsafeRawBufferPointer
    private let arena: ByteArena
    private var tokens: HeaderTextTokens
    private static let deepest = 64

    init(_ bytes: UnsafeRawBufferPointer, arena: ByteArena) {
        self.bytes = bytes
        self.arena = arena
        tokens = HeaderTextTokens(bytes)
    }

    /// The value and its schema; text that is nothing else is a string.
    mutating func parse() -> (Value, Schema?) {
        guard let first = HeaderTextBytes.trim(bytes).first else { return string(bytes) }
        switch first {
        case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"):
            // Such a word counts only where nothing comes after it.
            if let found = literal(), !tokens.hasNext { return found }
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            if case .some(.some(let found)) = container(0) { return found }
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            if let found = scalar() { return found }
        default: break
        }
        return string(bytes)
    }

    private static let boolean = Schema(.boolean)
    /// By the kind's number: lists of numbers would make one for each of them.
    private static let numbers = (ValueKind.null.rawValue...ValueKind.float64.rawValue).map { number in
        Schema(ValueKind(rawValue: number) ?? .int64)
    }

    private static func schema(_ kind: ValueKind) -> Schema { numbers[Int(kind.rawValue)] }

    private mutating func literal() -> (Value, Schema?)? {
        if tokens.take("null") { return (.null, nil) }
        if tokens.take("true") { return (.boolean(true), Self.boolean) }
        if tokens.take("false") { return (.boolean(false), Self.boolean) }
        return nil
    }

    /// A date, time, timestamp or number, from the next piece on.
    private mutating func scalar() -> (Value, Schema?)? {
        let piece = tokens.next()
        let text = HeaderTextBytes.trim(tokens.slice(piece))
        guard let first = text.first else { return nil }
        let isDigit = HeaderTextBytes.isDigit(first)
        if isDigit {
            let behind = tokens.position
            // The colons of a time are delimiters: it comes in five pieces.
            if tokens.skip(4), let found = HeaderTextTemporal.read(text, tokens.slice(behind..<tokens.position)) {
                return found
            }
            tokens.position = behind
            if let found = HeaderTextTemporal.read(text) { return found }
        }
        guard isDigit || first == UInt8(ascii: "+") || first == UInt8(ascii: "-") else { return nil }
        return number(text)
    }

    private func number(_ text: UnsafeRawBufferPointer) -> (Value, Schema?)? {
        guard let decimal = BigDecimal(text: text) else { return nil }
        if decimal.digits == [0] { return (.integer(.int8, 0), Self.schema(.int8)) }
        // No 64 bits hold more than 19 digits: zeros are not written out for an exponent beyond.
        if Int64(decimal.digits.count) - Int64(decimal.scale) <= 19, let whole = decimal.rescaled(to: 0) {
            let digits = String(decoding: whole.digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
            if let value = Int64((whole.isNegative ? "-" : "") + digits) {
                let kind: ValueKind =
                    Int8(exactly: value) != nil
                    ? .int8 : Int16(exactly: value) != nil ? .int16 : Int32(exactly: value) != nil ? .int32 : .int64
                return (.integer(kind, value), Self.schema(kind))
            }
        }
        if decimal.scale != 0 {
            let spelled = String(decoding: text, as: UTF8.self)
            if let float = Float(spelled), float.isFinite { return (.float32(float), Self.schema(.float32)) }
            if let double = Double(spelled), double.isFinite { return (.float64(double), Self.schema(.float64)) }
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

    // MARK: - Containers

    /// An array or map; nil where none begins, `.some(nil)` where it breaks off or holds bare words.
    private mutating func container(_ depth: Int) -> (Value, Schema?)?? {
        if tokens.take("[") { return .some(array(depth)) }
        if tokens.take("{") { return .some(map(depth)) }
        return nil
    }

    private mutating func array(_ depth: Int) -> (Value, Schema?)? {
        guard depth < Self.deepest else { return nil }
        var elements: [(Value, Schema?)] = []
        while tokens.hasNext {
            if tokens.take("]") {
                var schema: Schema?
                guard Self.widen(&elements, to: &schema) else { return nil }
                return (
                    store(.array, elements.map(\.0), count: elements.count), Schema(.array, valueSchema: schema)
                )
            }
            guard let element = embedded(depth + 1) else { return nil }
            elements.append(element)
            let behind = tokens.position
            if tokens.take("]") {
                tokens.position = behind
            } else if !tokens.take(",") {
                return nil
            }
        }
        return nil
    }

    private mutating func map(_ depth: Int) -> (Value, Schema?)? {
        guard depth < Self.deepest else { return nil }
        var keys: [(Value, Schema?)] = []
        var values: [(Value, Schema?)] = []
        while tokens.hasNext {
            if tokens.take("}") {
                var keySchema: Schema?
                var valueSchema: Schema?
                guard Self.widen(&keys, to: &keySchema), Self.widen(&values, to: &valueSchema) else { return nil }
                let flat = zip(keys, values).flatMap { [$0.0, $1.0] }
                return (
                    store(.map, flat, count: keys.count),
                    Schema(.map, keySchema: keySchema, valueSchema: valueSchema)
                )
            }
            guard let key = embedded(depth + 1), !key.0.isNull, tokens.take(":"), let value = embedded(depth + 1) else {
                return nil
            }
            keys.append(key)
            values.append(value)
            // Java does not ask for it.
            _ = tokens.take(",")
        }
        return nil
    }

    /// A value inside a container: quoted text, a truth value, null, a container, a number or a date.
    private mutating func embedded(_ depth: Int) -> (Value, Schema?)? {
        if tokens.take("\"") { return quoted() }
        if let found = literal() { return found }
        if let found = container(depth) { return found }
        return scalar()
    }

    /// Text up to the next quote, backslashes and all. Pieces of blanks before a delimiter are lost, as in Java.
    private mutating func quoted() -> (Value, Schema?)? {
        let start = tokens.position
        var end = start
        var copied: [UInt8]?
        while tokens.hasNext {
            let before = tokens.position
            if tokens.take("\"") { break }
            if tokens.position > before, copied == nil { copied = Array(bytes[start..<end]) }
            let piece = tokens.next()
            copied?.append(contentsOf: bytes[piece])
            end = piece.upperBound
        }
        guard let copied else { return text(tokens.slice(start..<end)) }
        let room = arena.allocate(copied.count)
        copied.withUnsafeBytes { source in
            if let address = source.baseAddress { room.copyMemory(from: address, byteCount: source.count) }
        }
        return text(UnsafeRawBufferPointer(start: room, count: copied.count))
    }

    private func text(_ content: UnsafeRawBufferPointer) -> (Value, Schema?) {
        HeaderTextTemporal.read(content) ?? string(content)
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

    /// Gives all elements the one schema that they have, numbers widened to the widest; none where they have none in common.
    ///
    /// - Returns: false where a null stands among elements with one schema: Java takes such a text for no container.
    private static func widen(_ elements: inout [(Value, Schema?)], to common: inout Schema?) -> Bool {
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
            else {
                common = nil
                return true
            }
            common = Self.schema(order[max(left, right)])
        }
        guard let common else { return true }
        for index in elements.indices {
            let value = elements[index].0
            if value.isNull { return false }
            if value.kind == common.kind { continue }
            switch common.kind {
            case .float32: elements[index].0 = .float32(Float(value.int64))
            case .float64:
                elements[index].0 = .float64(value.kind == .float32 ? Double(value.float32) : Double(value.int64))
            default: elements[index].0 = .integer(common.kind, value.int64)
            }
        }
        return true
    }
}
