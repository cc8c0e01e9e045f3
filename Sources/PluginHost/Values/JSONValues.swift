import ConnectABI
import ConnectModel
import JSON

/// Stored partitions and offsets between compact JSON and the ABI's values.
///
/// Source: Connect's internal JsonConverter without schemas: integers come back as INT64, other numbers as FLOAT64.
enum JSONValues {
    private static let deepest = Int(KC_MAX_DEPTH)
    /// What a task may store, it must be able to read again: of equal keys of a map the last counts, as in Java's maps.
    private static let limits = {
        var limits = JSONLimits.strict
        limits.duplicates = .lastWins
        return limits
    }()

    /// The value of JSON; its memory lies in the arena.
    static func value(of json: [UInt8], in arena: ByteArena) throws(ConnectError) -> kc_value {
        let parsed: JSONValue
        do throws(JSONError) {
            parsed = try JSONValue.parse(json, limits: limits)
        } catch {
            throw ConnectError(.stateDamaged, "A stored offset is no JSON: \(error.description)")
        }
        return build(parsed, arena)
    }

    private static func build(_ json: JSONValue, _ arena: ByteArena) -> kc_value {
        var value = kc_value()
        switch json {
        case .null: break
        case .bool(let truth):
            value.kind = UInt8(KC_BOOLEAN)
            value.u.i = truth ? 1 : 0
        case .number(let number):
            if let whole = number.int64 {
                value.kind = UInt8(KC_INT64)
                value.u.i = whole
            } else {
                value.kind = UInt8(KC_FLOAT64)
                value.u.d = number.double
            }
        case .string(let text): value = string(text, arena)
        case .array(let elements):
            value.kind = UInt8(KC_ARRAY)
            value.length = Int32(truncatingIfNeeded: elements.count)
            value.u.values = store(elements.map { build($0, arena) }, arena)
        case .object(let object):
            value.kind = UInt8(KC_MAP)
            value.length = Int32(truncatingIfNeeded: object.members.count)
            value.u.values = store(object.members.flatMap { [string($0.key, arena), build($0.value, arena)] }, arena)
        }
        return value
    }

    private static func string(_ text: String, _ arena: ByteArena) -> kc_value {
        var value = kc_value()
        var text = text
        value.kind = UInt8(KC_STRING)
        text.withUTF8 { bytes in
            let copy = arena.allocate(bytes.count)
            if let start = bytes.baseAddress { copy.copyMemory(from: start, byteCount: bytes.count) }
            value.length = Int32(truncatingIfNeeded: bytes.count)
            value.u.bytes = UnsafePointer(copy.assumingMemoryBound(to: UInt8.self))
        }
        return value
    }

    private static func store(_ values: [kc_value], _ arena: ByteArena) -> UnsafePointer<kc_value> {
        let room = arena.allocate(values.count * MemoryLayout<kc_value>.stride)
            .bindMemory(to: kc_value.self, capacity: values.count)
        for (index, value) in values.enumerated() { (room + index).initialize(to: value) }
        return UnsafePointer(room)
    }

    /// The compact JSON of a checked value: what is stored of a partition.
    ///
    /// - Throws: `plugin.invalid-data` for what offsets may not hold.
    static func json(of value: Value) throws(ConnectError) -> [UInt8] {
        var writer = JSONWriter()
        try write(value, &writer, depth: 0)
        return writer.bytes
    }

    /// The same for all values that are equal: keys of maps in the order of their bytes.
    ///
    /// - Parameter json: ``json(of:)``, which is the answer where the keys are in order.
    static func identity(of value: Value, _ json: [UInt8]) throws(ConnectError) -> [UInt8] {
        if isInOrder(value) { return json }
        var writer = JSONWriter(reserving: json.count)
        try write(value, &writer, depth: 0, isSorted: true)
        return writer.bytes
    }

    private static func isInOrder(_ value: Value) -> Bool {
        guard value.kind == .map else { return true }
        let pairs = value.children
        for index in stride(from: 0, to: pairs.count - 1, by: 2) {
            if index > 0, !precedes(pairs[index - 2], pairs[index]) { return false }
            if !isInOrder(pairs[index + 1]) { return false }
        }
        return true
    }

    private static func precedes(_ left: Value, _ right: Value) -> Bool {
        left.buffer.lexicographicallyPrecedes(right.buffer)
    }

    private static func write(
        _ value: Value, _ writer: inout JSONWriter, depth: Int, isSorted: Bool = false
    ) throws(ConnectError) {
        switch value.kind {
        case nil, .null?: writer.null()
        case .boolean?: writer.bool(value.boolean)
        case .int8?, .int16?, .int32?, .int64?: writer.int64(value.int64)
        case .float32?: writer.float(value.float32)
        case .float64?: writer.double(value.float64)
        case .string?: writer.string(utf8: value.buffer)
        case .bytes?, .array?, .structure?:
            throw ConnectError(.pluginNonsense, "A source partition or offset may hold primitive values only")
        case .map?:
            guard depth < deepest else { throw ConnectError(.pluginNonsense, "A source partition is nested too deep") }
            writer.beginObject()
            let pairs = value.children
            var order = Array(stride(from: 0, to: pairs.count - 1, by: 2))
            if isSorted { order.sort { precedes(pairs[$0], pairs[$1]) } }
            for index in order {
                guard let key = pairs[index].text else {
                    throw ConnectError(.pluginNonsense, "A source partition or offset has a key that is no string")
                }
                writer.key(key)
                try write(pairs[index + 1], &writer, depth: depth + 1, isSorted: isSorted)
            }
            writer.endObject()
        }
    }
}
