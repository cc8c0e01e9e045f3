import ConnectABI

/// A value of Connect's data model, as the checker keeps it.
indirect enum SampleValue: Sendable, Equatable, Hashable {
    case null
    case boolean(Bool)
    /// Of an integer kind, `KC_INT8` to `KC_INT64`.
    case integer(Int64, kind: UInt8)
    case float(Float)
    case double(Double)
    case string([UInt8])
    case bytes([UInt8])
    case array([SampleValue])
    /// Key, value, key, value.
    case map([SampleValue])
    case structure([SampleValue])

    static func text(_ text: String) -> SampleValue { .string(Array(text.utf8)) }

    static func int64(_ number: Int64) -> SampleValue { .integer(number, kind: UInt8(KC_INT64)) }

    /// A copy of a checked value.
    init(_ value: kc_value) {
        func children(_ count: Int32) -> [SampleValue] {
            guard let start = value.u.values else { return [] }
            return (0..<Int(count)).map { SampleValue(start[$0]) }
        }
        func content() -> [UInt8] {
            guard let start = value.u.bytes else { return [] }
            return Array(UnsafeBufferPointer(start: start, count: Int(value.length)))
        }
        switch Int32(value.kind) {
        case Int32(KC_BOOLEAN): self = .boolean(value.u.i != 0)
        case Int32(KC_INT8)...Int32(KC_INT64): self = .integer(value.u.i, kind: value.kind)
        case Int32(KC_FLOAT32): self = .float(value.u.f)
        case Int32(KC_FLOAT64): self = .double(value.u.d)
        case Int32(KC_STRING): self = .string(content())
        case Int32(KC_BYTES): self = .bytes(content())
        case Int32(KC_ARRAY): self = .array(children(value.length))
        case Int32(KC_MAP): self = .map(children(2 * value.length))
        case Int32(KC_STRUCT): self = .structure(children(value.length))
        default: self = .null
        }
    }

    /// As it comes back from where offsets are stored: whole numbers are INT64 there.
    var stored: SampleValue {
        switch self {
        case .integer(let number, _): return .int64(number)
        case .float(let number): return .double(Double(number))
        case .array(let elements): return .array(elements.map(\.stored))
        case .map(let pairs): return .map(pairs.map(\.stored))
        case .structure(let fields): return .structure(fields.map(\.stored))
        case .null, .boolean, .double, .string, .bytes: return self
        }
    }

    /// The value in memory that is lent.
    func value(in memory: LentMemory) -> kc_value {
        var value = kc_value()
        func children(_ kind: Int, _ children: [SampleValue], _ length: Int) {
            value.kind = UInt8(kind)
            value.length = Int32(truncatingIfNeeded: length)
            value.u.values = memory.array(children.map { $0.value(in: memory) })
        }
        func content(_ kind: Int, _ bytes: [UInt8]) {
            value.kind = UInt8(kind)
            value.length = Int32(truncatingIfNeeded: bytes.count)
            value.u.bytes = memory.bytes(bytes)
        }
        switch self {
        case .null: break
        case .boolean(let truth):
            value.kind = UInt8(KC_BOOLEAN)
            value.u.i = truth ? 1 : 0
        case .integer(let number, let kind):
            value.kind = kind
            value.u.i = number
        case .float(let number):
            value.kind = UInt8(KC_FLOAT32)
            value.u.f = number
        case .double(let number):
            value.kind = UInt8(KC_FLOAT64)
            value.u.d = number
        case .string(let bytes): content(Int(KC_STRING), bytes)
        case .bytes(let bytes): content(Int(KC_BYTES), bytes)
        case .array(let elements): children(Int(KC_ARRAY), elements, elements.count)
        case .map(let pairs): children(Int(KC_MAP), pairs, pairs.count / 2)
        case .structure(let fields): children(Int(KC_STRUCT), fields, fields.count)
        }
        return value
    }
}
