import CText
import ConnectABI
import ConnectModel

/// Checks what a plugin handed over before anything reads it: kinds, lengths, addresses, depth, UTF-8.
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
        if value.tag <= ValueKind.float64.rawValue { return nil }
        var left = mostValues
        return slowProblem(value, depth: 0, left: &left)
    }

    private static func slowProblem(_ value: Value, depth: Int, left: inout Int) -> String? {
        guard let kind = value.kind else { return "a value of the unknown kind \(value.tag)" }
        left -= 1
        guard depth <= deepest else { return "values nested deeper than \(deepest)" }
        guard left > 0 else { return "more than \(mostValues) values in one record" }
        switch kind {
        case .null, .boolean, .int8, .int16, .int32, .int64, .float32, .float64: return nil
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
    /// The text, repaired where it is not UTF-8; nil for the null string and for a length that cannot be.
    var text: String? {
        guard let bytes, length >= 0 else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: Int(length)), as: UTF8.self)
    }
}
