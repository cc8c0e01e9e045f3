import CText
import ConnectABI
import ConnectModel

/// Checks what a plugin handed over before anything reads it: kinds, lengths, addresses, depth, UTF-8, range of numbers.
///
/// An address that is not null is taken as the ABI demands it: nothing can tell whether memory really lies there.
struct ValueCheck {
    private static let deepest = Int(KC_MAX_DEPTH)
    /// More children of one record than any real one has.
    private static let mostValues = 1 << 20

    /// What is wrong with a value; nil for a good one.
    @inline(__always)
    static func problem(_ value: Value) -> String? {
        if value.tag == ValueKind.string.rawValue {
            guard value.length >= 0 else { return "a string of negative length \(value.length)" }
            if value.length == 0 { return nil }
            guard let start = value.pointer else { return "a string of length \(value.length) at no address" }
            return text_is_utf8(start.assumingMemoryBound(to: UInt8.self), Int(value.length))
                ? nil : "a string that is not UTF-8"
        }
        if value.tag <= ValueKind.float64.rawValue { return rangeProblem(value) }
        var left = mostValues
        return slowProblem(value, depth: 0, left: &left)
    }

    /// A number must fit the kind that it is given as: it would be written as it is.
    @inline(__always)
    private static func rangeProblem(_ value: Value) -> String? {
        switch value.tag {
        case ValueKind.int8.rawValue where Int8(exactly: value.int64) == nil: return "an INT8 of \(value.int64)"
        case ValueKind.int16.rawValue where Int16(exactly: value.int64) == nil: return "an INT16 of \(value.int64)"
        case ValueKind.int32.rawValue where Int32(exactly: value.int64) == nil: return "an INT32 of \(value.int64)"
        default: return nil
        }
    }

    private static func slowProblem(_ value: Value, depth: Int, left: inout Int) -> String? {
        guard let kind = value.kind else { return "a value of the unknown kind \(value.tag)" }
        left -= 1
        guard depth <= deepest else { return "values nested deeper than \(deepest)" }
        guard left > 0 else { return "more than \(mostValues) values in one record" }
        switch kind {
        case .null, .boolean, .int8, .int16, .int32, .int64, .float32, .float64: return rangeProblem(value)
        case .string: return problem(value)
        case .bytes, .array, .map, .structure:
            guard value.length >= 0 else { return "a value of negative length \(value.length)" }
            guard value.length == 0 || value.pointer != nil else {
                return "a value of length \(value.length) at no address"
            }
            if kind == .bytes { return nil }
            guard value.bits % 8 == 0 else { return "an array at an odd address" }
            guard Int(value.length) <= mostValues else { return "more than \(mostValues) values in one record" }
            for child in value.children {
                if let problem = slowProblem(child, depth: depth + 1, left: &left) { return problem }
            }
            return nil
        }
    }
}

extension kc_value {
    /// The same value of the host's model: the layouts are equal, which a test holds.
    var model: Value { unsafeBitCast(self, to: Value.self) }
}

extension Value {
    /// The same value of the ABI.
    var kc: kc_value { unsafeBitCast(self, to: kc_value.self) }
}

extension kc_string {
    /// A text that is used as data; nil for the null string.
    ///
    /// - Parameter what: the text in an error, "the name of a topic".
    /// - Throws: `plugin.invalid-data` for what is no text: a repaired name would be another name.
    func text(_ what: String) throws(ConnectError) -> String? {
        guard length >= 0 else { throw nonsense("\(what) with the negative length \(length)") }
        guard let bytes else {
            guard length == 0 else { throw nonsense("\(what) of length \(length) at no address") }
            return nil
        }
        guard text_is_utf8(bytes, Int(length)) else { throw nonsense("\(what) that is not UTF-8") }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: Int(length)), as: UTF8.self)
    }

    /// A text that is only shown, repaired where it is not UTF-8 and cut behind 64 KiB; nil for the null string and for a
    /// length that cannot be.
    var shownText: String? {
        guard let bytes, length >= 0 else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: min(Int(length), 1 << 16)), as: UTF8.self)
    }
}
