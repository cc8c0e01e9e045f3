/// A second of UTC in the calendar.
package struct CalendarTime: Sendable, Equatable {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    package let year: Int64
    /// 1 to 12.
    package let month: Int64
    package let day: Int64
    /// 0 to 86 399.
    package let second: Int64

    /// - Parameter time: seconds since 1970, before or after it.
    package init(_ time: Int64) {
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
        "\(Self.twoDigits(day))/\(Self.months[Int(month - 1)])/\(year):\(clock) +0000"
    }

    /// Such as `2026-11-24T08:43:26.007Z`, as Java prints an instant: without a fraction where there is none.
    /// - Parameter milliseconds: since 1970.
    package static func instant(milliseconds: Int64) -> String {
        let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000)
        let time = CalendarTime(rest < 0 ? seconds - 1 : seconds)
        let fraction = rest < 0 ? rest + 1000 : rest
        let digits = String(fraction)
        let shown = fraction == 0 ? "" : "." + String(repeating: "0", count: 3 - digits.count) + digits
        return "\(time.year)-\(twoDigits(time.month))-\(twoDigits(time.day))T\(time.clock)\(shown)Z"
    }

    /// Such as `Tue, 24 Nov 2026 08:43:26 GMT`, for headers.
    /// - Parameter seconds: since 1970.
    package static func httpDate(seconds: Int64) -> String {
        let time = CalendarTime(seconds)
        let days = (seconds - time.second) / 86_400
        // 1 January 1970 was a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((days % 7 + 7) % 7)]
        return "\(weekday), \(twoDigits(time.day)) \(months[Int(time.month - 1)]) \(time.year) \(time.clock) GMT"
    }

    private var clock: String {
        [second / 3600, second / 60 % 60, second % 60].map(Self.twoDigits).joined(separator: ":")
    }

    private static func twoDigits(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}
