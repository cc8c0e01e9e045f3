/// Floating point numbers spelled as Java's `Double.toString` and `Float.toString` spell them (Java 19 and later, which
/// take the shortest digits that read back as the same value, as Swift does).
public enum JavaDecimal {
    /// `1.0`, `1.5E10`, `1.0E-5`, `NaN`, `-Infinity`.
    public static func spelling(of value: Double) -> String {
        if let special = special(isNaN: value.isNaN, isInfinite: value.isInfinite, sign: value.sign) { return special }
        let unit = value.isSubnormal ? (value.significandBitPattern, 4.940_656_458_412_465_4, -324) : nil
        return arranged(value.description, subnormal: unit)
    }

    /// `1.0`, `1.5E10`, `1.0E-5`, `NaN`, `-Infinity`.
    public static func spelling(of value: Float) -> String {
        if let special = special(isNaN: value.isNaN, isInfinite: value.isInfinite, sign: value.sign) { return special }
        let unit = value.isSubnormal ? (UInt64(value.significandBitPattern), 1.401_298_464_324_817, -45) : nil
        return arranged(value.description, subnormal: unit)
    }

    private static func special(isNaN: Bool, isInfinite: Bool, sign: FloatingPointSign) -> String? {
        if isNaN { return "NaN" }
        if isInfinite { return sign == .minus ? "-Infinity" : "Infinity" }
        return nil
    }

    /// Takes the digits and the exponent out of Swift's spelling and puts Java's around them: plain from 10⁻³ up to 10⁷,
    /// with an exponent outside. Java wants two digits and takes the nearest two where one would do, which shows only in
    /// numbers of very few bits: multiples (first) of the smallest one (a mantissa and a power of ten).
    private static func arranged(_ swift: String, subnormal: (UInt64, Double, Int)?) -> String {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        var isNegative = false
        var text = swift.utf8[...]
        if text.first == UInt8(ascii: "-") {
            isNegative = true
            text.removeFirst()
        }
        while let byte = text.popFirst() {
            if byte == UInt8(ascii: ".") {
                point = digits.count
            } else if byte == UInt8(ascii: "e") {
                exponent = Int(Substring(text)) ?? 0
                break
            } else {
                digits.append(byte)
            }
        }
        // The value is 0.DIGITS × 10^scale once leading zeros are gone.
        var scale = (point ?? digits.count) + exponent
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(zeros)
        scale -= zeros
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.count == 1, let subnormal { (digits, scale) = twoDigits(subnormal) }
        let sign: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        guard !digits.isEmpty else { return String(decoding: sign + "0.0".utf8, as: UTF8.self) }
        return String(decoding: sign + layout(digits, scale: scale), as: UTF8.self)
    }

    private static func twoDigits(_ subnormal: (multiple: UInt64, mantissa: Double, exponent: Int)) -> ([UInt8], Int) {
        var value = Double(subnormal.multiple) * subnormal.mantissa
        var scale = subnormal.exponent + 1
        while value >= 9.95 {
            value /= 10
            scale += 1
        }
        return (Array(String(Int(value * 10 + 0.5)).utf8), scale)
    }

    private static func layout(_ digits: [UInt8], scale: Int) -> [UInt8] {
        let zero = UInt8(ascii: "0")
        let dot = UInt8(ascii: ".")
        switch scale {
        case 1...7:
            let whole = digits.prefix(scale) + [UInt8](repeating: zero, count: max(0, scale - digits.count))
            let fraction = digits.dropFirst(scale)
            return whole + [dot] + (fraction.isEmpty ? [zero] : Array(fraction))
        case -2...0:
            return [zero, dot] + [UInt8](repeating: zero, count: -scale) + digits
        default:
            let fraction = digits.dropFirst()
            return [digits[0], dot] + (fraction.isEmpty ? [zero] : Array(fraction)) + "E\(scale - 1)".utf8
        }
    }
}
