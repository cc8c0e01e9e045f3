/// Floating-point numbers as Java's `Double.toString` and `Float.toString` spell them.
enum JavaNumber {
    static func text(_ number: Double) -> String { text(digits: "\(number)", magnitude: number.magnitude) }

    static func text(_ number: Float) -> String { text(digits: "\(number)", magnitude: Double(number.magnitude)) }

    /// - Parameter digits: the shortest spelling that reads back as the same number, however Swift arranges it.
    private static func text(digits: String, magnitude: Double) -> String {
        if magnitude.isNaN { return "NaN" }
        let isNegative = digits.hasPrefix("-")
        let sign = isNegative ? "-" : ""
        if magnitude.isInfinite { return sign + "Infinity" }
        if magnitude == 0 { return sign + "0.0" }
        let (significant, exponent) = parts(digits.drop { $0 == "-" })
        if magnitude >= 1e-3 && magnitude < 1e7 { return sign + plain(significant, exponent) }
        let rest = significant.dropFirst()
        return "\(sign)\(significant.prefix(1)).\(rest.isEmpty ? "0" : rest)E\(exponent)"
    }

    /// Digits without leading and trailing zeros, and the power of ten of the first of them.
    private static func parts(_ text: Substring) -> (digits: String, exponent: Int) {
        let pieces = text.split(separator: "e", maxSplits: 1)
        let mantissa = pieces.first ?? "0"
        let power = pieces.count > 1 ? Int(pieces[1]) ?? 0 : 0
        let halves = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let whole = String(halves.first ?? "")
        let all = whole + (halves.count > 1 ? String(halves[1]) : "")
        let leading = all.prefix { $0 == "0" }.count
        var digits = all.dropFirst(leading)
        while digits.last == "0" { digits.removeLast() }
        return (String(digits), whole.count - 1 - leading + power)
    }

    private static func plain(_ digits: String, _ exponent: Int) -> String {
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let whole = digits.prefix(exponent + 1)
        let padding = String(repeating: "0", count: max(0, exponent + 1 - digits.count))
        let fraction = digits.dropFirst(exponent + 1)
        return "\(whole)\(padding).\(fraction.isEmpty ? "0" : fraction)"
    }
}
