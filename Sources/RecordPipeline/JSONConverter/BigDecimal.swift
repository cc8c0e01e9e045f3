/// A decimal number of any size: an unscaled whole number times ten to the power of minus `scale`.
///
/// Only what Connect's Decimal needs: from and to two's complement, from and to text in Java's spelling.
struct BigDecimal: Equatable {
    private(set) var isNegative: Bool
    /// Decimal digits of the magnitude, most significant first, without leading zeros; `[0]` for zero.
    private(set) var digits: [UInt8]
    private(set) var scale: Int32

    /// The number of big-endian two's complement bytes; zero for no bytes.
    init(unscaled bytes: UnsafeRawBufferPointer, scale: Int32) {
        isNegative = (bytes.first ?? 0) & 0x80 != 0
        self.scale = scale
        var magnitude = Array(bytes)
        if isNegative { Self.negate(&magnitude) }
        digits = Self.decimalDigits(of: magnitude)
    }

    /// The number that a JSON number's text stands for, its scale the one that Java's BigDecimal would have.
    ///
    /// - Returns: nil for what is no number, or beyond 1 000 digits or an exponent of nine digits.
    init?(text: UnsafeRawBufferPointer) {
        guard text.count <= 1000 else { return nil }
        isNegative = text.first == UInt8(ascii: "-")
        digits = []
        var fraction: Int32 = 0
        var seenPoint = false
        var index = isNegative || text.first == UInt8(ascii: "+") ? 1 : 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.append(byte - UInt8(ascii: "0"))
                if seenPoint { fraction += 1 }
            case UInt8(ascii: "."):
                guard !seenPoint else { return nil }
                seenPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                let exponent = String(decoding: text[(index + 1)...], as: UTF8.self)
                guard exponent.utf8.count <= 10, let power = Int32(exponent) else { return nil }
                fraction -= power
                index = text.count
                continue
            default: return nil
            }
            index += 1
        }
        guard !digits.isEmpty else { return nil }
        scale = fraction
        trimLeadingZeros()
    }

    /// The same number at another scale; nil where digits would be lost, or more than 1 000 zeros come to it: a short
    /// number under a schema with a large scale would take as many times its room.
    func rescaled(to scale: Int32) -> BigDecimal? {
        var result = self
        let (more, overflow) = scale.subtractingReportingOverflow(self.scale)
        guard !overflow, more.magnitude <= 1000 else { return nil }
        if more > 0 {
            result.digits += Array(repeating: 0, count: Int(more))
        } else if more < 0 {
            let cut = Int(-more)
            guard digits == [0] || (digits.count > cut && digits.suffix(cut).allSatisfy { $0 == 0 }) else { return nil }
            result.digits = digits == [0] ? [0] : Array(digits.dropLast(cut))
        }
        result.scale = scale
        result.trimLeadingZeros()
        return result
    }

    /// The unscaled number as the shortest big-endian two's complement, at least one byte.
    var twosComplement: [UInt8] {
        var limbs: [UInt64] = []
        for start in stride(from: 0, to: digits.count, by: Self.digitsAtOnce) {
            let part = digits[start..<min(start + Self.digitsAtOnce, digits.count)]
            var carry = part.reduce(0 as UInt64) { $0 * 10 + UInt64($1) }
            let power = part.reduce(1 as UInt64) { power, _ in power * 10 }
            for index in limbs.indices {
                let (high, low) = limbs[index].multipliedFullWidth(by: power)
                let (sum, overflow) = low.addingReportingOverflow(carry)
                limbs[index] = sum
                // The upper half of a product is never the largest number.
                carry = high + (overflow ? 1 : 0)
            }
            if carry > 0 { limbs.append(carry) }
        }
        var magnitude = limbs.reversed().flatMap { limb in
            (0..<8).map { UInt8(truncatingIfNeeded: limb >> (56 - 8 * $0)) }
        }
        magnitude.removeFirst(min(magnitude.prefix { $0 == 0 }.count, max(magnitude.count - 1, 0)))
        if magnitude.isEmpty { magnitude = [0] }
        if magnitude[0] & 0x80 != 0 { magnitude.insert(0, at: 0) }
        if isNegative {
            Self.negate(&magnitude)
            while magnitude.count > 1, magnitude[0] == 0xff, magnitude[1] & 0x80 != 0 { magnitude.removeFirst() }
        }
        return magnitude
    }

    /// As `java.math.BigDecimal.toString` prints it.
    var javaDescription: String {
        let text = String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
        let sign = isNegative && digits != [0] ? "-" : ""
        if scale == 0 { return sign + text }
        let adjusted = Int64(digits.count) - 1 - Int64(scale)
        if scale > 0, adjusted >= -6 {
            let point = digits.count - Int(scale)
            if point > 0 { return sign + text.prefix(point) + "." + text.dropFirst(point) }
            return sign + "0." + String(repeating: "0", count: -point) + text
        }
        let mantissa = digits.count > 1 ? text.prefix(1) + "." + text.dropFirst(1) : text[...]
        return sign + mantissa + (adjusted == 0 ? "" : "E" + (adjusted > 0 ? "+" : "") + String(adjusted))
    }

    private mutating func trimLeadingZeros() {
        let zeros = digits.prefix { $0 == 0 }.count
        digits.removeFirst(min(zeros, digits.count - 1))
        if digits == [0] { isNegative = false }
    }

    private static func negate(_ bytes: inout [UInt8]) {
        var carry: UInt16 = 1
        for index in bytes.indices.reversed() {
            carry += UInt16(~bytes[index])
            bytes[index] = UInt8(truncatingIfNeeded: carry)
            carry >>= 8
        }
    }

    /// Ten to this power fits into 64 bits. Digit by digit, the time for long numbers would be some hundred times as long.
    private static let digitsAtOnce = 18

    private static func decimalDigits(of magnitude: [UInt8]) -> [UInt8] {
        // Least significant first.
        var limbs: [UInt64] = []
        for end in stride(from: magnitude.count, to: 0, by: -8) {
            limbs.append(magnitude[max(end - 8, 0)..<end].reduce(0) { $0 << 8 | UInt64($1) })
        }
        var digits: [UInt8] = []
        while let top = limbs.last {
            if top == 0 {
                limbs.removeLast()
                continue
            }
            var rest: UInt64 = 0
            for index in limbs.indices.reversed() {
                (limbs[index], rest) = (1_000_000_000_000_000_000 as UInt64).dividingFullWidth((rest, limbs[index]))
            }
            for _ in 0..<digitsAtOnce {
                digits.append(UInt8(truncatingIfNeeded: rest % 10))
                rest /= 10
            }
        }
        while digits.last == 0 { digits.removeLast() }
        return digits.isEmpty ? [0] : digits.reversed()
    }
}
