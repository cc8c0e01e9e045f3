/// Numbers as Java reads and writes them.
enum JavaNumber {
    /// `Long.parseLong` and its smaller brothers: an optional sign and decimal digits.
    static func integer(_ text: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = Int64(text), range.contains(value) else { return nil }
        return value
    }

    /// `Double.parseDouble`: decimal or hexadecimal, an optional type letter at the end, `NaN` and `Infinity` spelled so.
    static func double(_ text: String) -> Double? {
        var body = text[...]
        let unsigned = body.drop { $0 == "+" || $0 == "-" }
        switch unsigned {
        case "NaN": return .nan
        case "Infinity": return body.first == "-" ? -.infinity : .infinity
        default: break
        }
        guard let first = unsigned.utf8.first, first == UInt8(ascii: ".") || (0x30...0x39).contains(first) else {
            return nil
        }
        let isHexadecimal = unsigned.hasPrefix("0x") || unsigned.hasPrefix("0X")
        if isHexadecimal, !body.contains(where: { $0 == "p" || $0 == "P" }) { return nil }
        if let last = body.last, "dDfF".contains(last) { body.removeLast() }
        if body.hasSuffix(".") { body.append("0") }
        if unsigned.hasPrefix(".") {
            let sign = body.prefix { $0 == "+" || $0 == "-" }
            body = sign + "0" + unsigned.prefix(body.count - sign.count)
        }
        return Double(body)
    }

    /// `Double.toString`: plain from 10⁻³ up to 10⁷, with an exponent outside.
    static func spelling(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
        var digits = ""
        var exponent = 0
        let parts = value.magnitude.description.split(separator: "e")
        if parts.count == 2 { exponent = Int(parts[1]) ?? 0 }
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        digits = String(mantissa[0]) + (mantissa.count == 2 ? String(mantissa[1]) : "")
        var scale = mantissa[0].count + exponent
        let zeros = digits.prefix { $0 == "0" }.count
        digits.removeFirst(zeros)
        scale -= zeros
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let sign = value < 0 ? "-" : ""
        switch scale {
        case 1...7:
            let whole = digits.prefix(scale) + String(repeating: "0", count: max(0, scale - digits.count))
            let fraction = digits.dropFirst(scale)
            return sign + whole + "." + (fraction.isEmpty ? "0" : fraction)
        case -2...0:
            return sign + "0." + String(repeating: "0", count: -scale) + digits
        default:
            let fraction = digits.dropFirst()
            return sign + digits.prefix(1) + "." + (fraction.isEmpty ? "0" : fraction) + "E\(scale - 1)"
        }
    }
}
