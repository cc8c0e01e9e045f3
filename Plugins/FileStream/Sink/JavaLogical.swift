import PluginKit

/// Values of Connect's logical types, as Java prints the objects that it makes of them: `BigDecimal` and `Date`.
enum JavaLogical {
    private static let prefix = "org.apache.kafka.connect.data."

    /// A date, time or timestamp; nil for a plain number.
    static func text(ofNumber number: Int64, _ schema: SinkSchema?) -> String? {
        switch schema?.name {
        case prefix + "Date": return date(milliseconds: number.multipliedReportingOverflow(by: 86_400_000).partialValue)
        case prefix + "Time", prefix + "Timestamp": return date(milliseconds: number)
        default: return nil
        }
    }

    /// Turning bytes into decimal digits takes time with the square of their number: beyond this many they are left alone.
    private static let mostDecimalBytes = 4096

    /// A decimal; nil for plain bytes, and for a decimal beyond any use.
    static func text(ofBytes bytes: [UInt8], _ schema: SinkSchema?) -> String? {
        guard let schema, schema.name == prefix + "Decimal", let scale = schema.parameter("scale") else { return nil }
        return decimal(bytes, scaleText: scale)
    }

    /// nil for a scale that is no 32 bit number, and for too many bytes.
    static func decimal(_ bytes: [UInt8], scaleText: String) -> String? {
        guard bytes.count <= mostDecimalBytes, let scale = Int32(scaleText) else { return nil }
        return decimal(bytes, scale: Int(scale))
    }

    /// Source: `java.math.BigDecimal.toString`.
    static func decimal(_ bytes: [UInt8], scale: Int) -> String {
        let isNegative = (bytes.first ?? 0) & 0x80 != 0
        let digits = magnitude(bytes, isNegative: isNegative)
        let sign = isNegative ? "-" : ""
        let adjusted = digits.count - 1 - scale
        if scale == 0 { return sign + digits }
        if scale > 0 && adjusted >= -6 {
            let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
            return "\(sign)\(padded.dropLast(scale)).\(padded.suffix(scale))"
        }
        let fraction = digits.dropFirst()
        let mantissa = fraction.isEmpty ? String(digits.prefix(1)) : "\(digits.prefix(1)).\(fraction)"
        return adjusted == 0 ? sign + mantissa : "\(sign)\(mantissa)E\(adjusted > 0 ? "+" : "")\(adjusted)"
    }

    /// Source: `java.util.Date.toString`, in UTC.
    static func date(milliseconds: Int64) -> String {
        let seconds = floorDivide(milliseconds, 1000)
        let days = floorDivide(seconds, 86_400)
        let inDay = seconds - days * 86_400
        let (year, month, day) = civil(days)
        let weekday = weekdays[Int(((days % 7) + 11) % 7)]
        let clock = "\(two(inDay / 3600)):\(two(inDay / 60 % 60)):\(two(inDay % 60))"
        return "\(weekday) \(months[month - 1]) \(two(Int64(day))) \(clock) UTC \(year)"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
        number >= 0 ? number / divisor : -((-(number + 1)) / divisor) - 1
    }

    /// Year, month and day of a day counted from 1970-01-01: eras of 400 years that begin in March.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * ofYear + 2) / 153
        let day = Int(ofYear - (153 * shiftedMonth + 2) / 5 + 1)
        let month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// Decimal digits of the amount of a big-endian two's complement number.
    private static func magnitude(_ bytes: [UInt8], isNegative: Bool) -> String {
        var amount = bytes
        if isNegative {
            var carry = true
            for index in amount.indices.reversed() {
                amount[index] = ~amount[index]
                if carry { (amount[index], carry) = amount[index].addingReportingOverflow(1) }
            }
        }
        // Digits in groups of nine, lowest first: multiply by 256 and add, byte by byte.
        var groups: [UInt64] = [0]
        for byte in amount {
            var carry = UInt64(byte)
            for index in groups.indices {
                let product = groups[index] * 256 + carry
                groups[index] = product % 1_000_000_000
                carry = product / 1_000_000_000
            }
            if carry > 0 { groups.append(carry) }
        }
        let rest = groups.dropLast().reversed().map { group in
            let text = String(group)
            return String(repeating: "0", count: 9 - text.count) + text
        }
        return String(groups.last ?? 0) + rest.joined()
    }
}
