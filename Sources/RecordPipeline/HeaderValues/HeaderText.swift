import ConnectModel
import JSON

/// Values as `org.apache.kafka.connect.data.Values.convertToString` writes them.
enum HeaderText {
    private static let deepest = 1024

    static func describe(_ value: Value, schema: Schema?) -> String {
        var text = ""
        append(value, schema, to: &text, nested: false, depth: 0)
        return text
    }

    private static func append(_ value: Value, _ schema: Schema?, to text: inout String, nested: Bool, depth: Int) {
        guard let kind = value.kind, depth < deepest else { return }
        switch kind {
        case .null: text += "null"
        case .boolean: text += value.boolean ? "true" : "false"
        case .int8, .int16, .int32, .int64: text += temporal(value, schema) ?? String(value.int64)
        case .float32: text += JavaDecimal.spelling(of: value.float32)
        case .float64: text += JavaDecimal.spelling(of: value.float64)
        case .string:
            let content = String(decoding: value.buffer, as: UTF8.self)
            text += nested ? quoted(content) : content
        case .bytes:
            if schema?.logicalType == .decimal {
                text += BigDecimal(unscaled: value.buffer, scale: schema?.decimalScale ?? 0).javaDescription
            } else {
                text += nested ? "\"\(Base64.encode(value.buffer))\"" : Base64.encode(value.buffer)
            }
        case .array:
            text += "["
            for (index, element) in value.children.enumerated() {
                if index > 0 { text += "," }
                append(element, schema?.valueSchema, to: &text, nested: true, depth: depth + 1)
            }
            text += "]"
        case .map:
            text += "{"
            let pairs = value.children
            for index in stride(from: 0, to: pairs.count - 1, by: 2) {
                if index > 0 { text += "," }
                append(pairs[index], schema?.keySchema, to: &text, nested: true, depth: depth + 1)
                text += ":"
                append(pairs[index + 1], schema?.valueSchema, to: &text, nested: true, depth: depth + 1)
            }
            text += "}"
        case .structure:
            text += "{"
            for (index, (field, child)) in zip(schema?.fields ?? [], value.children).enumerated() {
                if index > 0 { text += "," }
                text += "\(quoted(field.name)):"
                append(child, field.schema, to: &text, nested: true, depth: depth + 1)
            }
            text += "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            if character == "\\" || character == "\"" { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(character)
        }
        return result + "\""
    }

    private static func temporal(_ value: Value, _ schema: Schema?) -> String? {
        switch schema?.logicalType {
        case .date: return CivilTime.date(days: value.int64)
        case .time: return CivilTime.time(milliseconds: value.int64)
        case .timestamp: return CivilTime.describe(milliseconds: value.int64)
        case .decimal, nil: return nil
        }
    }
}

/// Calendar arithmetic in UTC, proleptic Gregorian (Howard Hinnant's day algorithms).
enum CivilTime {
    static let millisecondsPerDay: Int64 = 86_400_000

    /// `yyyy-MM-dd`
    static func date(days: Int64) -> String {
        let (year, month, day) = civil(days)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// `HH:mm:ss.SSS'Z'`
    static func time(milliseconds: Int64) -> String {
        let within = ((milliseconds % millisecondsPerDay) + millisecondsPerDay) % millisecondsPerDay
        let (seconds, rest) = (within / 1000, within % 1000)
        return "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
            + ".\(padded(rest, 3))Z"
    }

    /// `yyyy-MM-dd'T'HH:mm:ss.SSS'Z'`
    static func timestamp(milliseconds: Int64) -> String {
        let day = milliseconds / millisecondsPerDay - (milliseconds % millisecondsPerDay < 0 ? 1 : 0)
        return date(days: day) + "T" + time(milliseconds: milliseconds)
    }

    /// What `Values.dateFormatFor` chooses: the time of the first day, a date for whole days, else a timestamp.
    static func describe(milliseconds: Int64) -> String {
        if milliseconds < millisecondsPerDay, milliseconds > -millisecondsPerDay {
            return time(milliseconds: milliseconds)
        }
        if milliseconds % millisecondsPerDay == 0 { return date(days: milliseconds / millisecondsPerDay) }
        return timestamp(milliseconds: milliseconds)
    }

    /// Days since 1970-01-01. Months and days beyond their range run on into the years and months around.
    ///
    /// - Parameter year: like the others far below what a sum of days could overflow with.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let months = year * 12 + month - 1
        let (wholeYear, monthOfYear) = (floored(months, 12), months - 12 * floored(months, 12) + 1)
        let shifted = monthOfYear <= 2 ? wholeYear - 1 : wholeYear
        let era = floored(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (monthOfYear + (monthOfYear > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The quotient rounded down.
    private static func floored(_ number: Int64, _ divisor: Int64) -> Int64 {
        number / divisor - (number % divisor < 0 ? 1 : 0)
    }

    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days &+ 719_468
        let era = shifted / 146_097 - (shifted % 146_097 < 0 ? 1 : 0)
        let dayOfEra = shifted &- era &* 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
    }
}
