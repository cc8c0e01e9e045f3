/// One line of the access log in the format of Apache's worker: NCSA extended, then milliseconds.
struct AccessLine {
    var peer: String
    var method: String
    var target: String
    var version: String
    /// nil where the request was broken off before it was answered.
    var status: Int?
    var bytes: Int
    var referer: String?
    var userAgent: String?
    var milliseconds: UInt64

    /// - Parameter time: seconds since 1970.
    func text(at time: Int64) -> String {
        """
        \(peer) - - [\(CalendarTime(time).text)] "\(Self.quoted("\(method) \(target) \(version)"))" \
        \(status.map(String.init) ?? "-") \(bytes) "\(Self.quoted(referer ?? "-"))" \
        "\(Self.quoted(userAgent ?? "-"))" \(milliseconds)
        """
    }

    /// No quote, backslash or control character of a client reaches the log as itself.
    static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(2048) {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default:
                if scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format {
                    result += "\\u{" + String(scalar.value, radix: 16) + "}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }
}

/// A second of UTC in the calendar.
struct CalendarTime {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let year: Int64
    /// 1 to 12.
    let month: Int64
    let day: Int64
    /// 0 to 86 399.
    let second: Int64

    /// - Parameter time: seconds since 1970, before or after it.
    init(_ time: Int64) {
        var days = time / 86_400
        var rest = time % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        second = rest
        // Days are counted from 1 March of year 0, so that the leap day ends a year; 146 097 days are 400 years.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Such as `24/Nov/2026:08:43:26 +0000`.
    var text: String {
        let clock = [second / 3600, second / 60 % 60, second % 60].map(Self.twoDigits).joined(separator: ":")
        return "\(Self.twoDigits(day))/\(Self.months[Int(month - 1)])/\(year):\(clock) +0000"
    }

    private static func twoDigits(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}
