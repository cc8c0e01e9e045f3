import ConnectModel

/// Dates, times and timestamps in a header's text: `yyyy-MM-dd`, `HH:mm:ss.SSS'Z'`, or both with a `T` between.
///
/// Read as leniently as Java does: of the three lengths only, but a field may have fewer or more digits and lie beyond its
/// range (the 13th month is the next year's first), and what follows the last field is passed over. In UTC and, unlike Java's
/// calendar before 1582, Gregorian throughout, as such values are written.
enum HeaderTextTemporal {
    private static let dateLength = 10
    private static let timeLength = 13
    private static let timestampLength = 24

    /// The value of two parts of a text that belong together, a backslash before a colon left out; nil for anything else.
    static func read(
        _ text: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) -> (Value, Schema?)? {
        guard text.count + rest.count >= dateLength else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: timestampLength, alignment: 1) { room -> (Value, Schema?)? in
            var count = 0
            for part in [text, rest] {
                for (index, byte) in part.enumerated() {
                    if byte == UInt8(ascii: "\\"), index + 1 < part.count, part[index + 1] == UInt8(ascii: ":") {
                        continue
                    }
                    guard count < timestampLength else { return nil }
                    room[count] = byte
                    count += 1
                }
            }
            return value(UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
    }

    private static func value(_ text: UnsafeRawBufferPointer) -> (Value, Schema?)? {
        var fields = Fields(text)
        switch text.count {
        case dateLength:
            guard let days = fields.date().flatMap({ Int32(exactly: $0) }) else { return nil }
            return (.integer(.int32, Int64(days)), date)
        case timeLength:
            guard let milliseconds = fields.time().flatMap({ Int32(exactly: $0) }) else { return nil }
            return (.integer(.int32, Int64(milliseconds)), time)
        case timestampLength:
            guard let days = fields.date(), fields.literal(UInt8(ascii: "T")), let rest = fields.time() else {
                return nil
            }
            return (.int64(days * CivilTime.millisecondsPerDay + rest), timestamp)
        default: return nil
        }
    }

    private static let date = Schema(.int32, name: LogicalType.date.rawValue, version: 1)
    private static let time = Schema(.int32, name: LogicalType.time.rawValue, version: 1)
    private static let timestamp = Schema(.int64, name: LogicalType.timestamp.rawValue, version: 1)

    /// Numbers and what stands between them.
    private struct Fields {
        private let text: UnsafeRawBufferPointer
        private var index = 0
        /// More than any field has that makes sense, and far from what the sums below could overflow with.
        private static let largest: Int64 = 9_999_999

        init(_ text: UnsafeRawBufferPointer) { self.text = text }

        mutating func date() -> Int64? {
            guard let year = number(), literal(UInt8(ascii: "-")), let month = number(), literal(UInt8(ascii: "-")),
                let day = number()
            else { return nil }
            return CivilTime.days(year: year, month: month, day: day)
        }

        mutating func time() -> Int64? {
            guard let hour = number(), literal(UInt8(ascii: ":")), let minute = number(), literal(UInt8(ascii: ":")),
                let second = number(), literal(UInt8(ascii: ".")), let rest = number(), literal(UInt8(ascii: "Z"))
            else { return nil }
            return ((hour * 60 + minute) * 60 + second) * 1000 + rest
        }

        mutating func literal(_ byte: UInt8) -> Bool {
            guard index < text.count, text[index] == byte else { return false }
            index += 1
            return true
        }

        private mutating func number() -> Int64? {
            while index < text.count, text[index] == 0x20 || text[index] == 0x09 { index += 1 }
            let isNegative = literal(UInt8(ascii: "-"))
            let start = index
            var number: Int64 = 0
            while index < text.count, HeaderTextBytes.isDigit(text[index]) {
                number = number * 10 + Int64(text[index] - UInt8(ascii: "0"))
                guard number <= Self.largest else { return nil }
                index += 1
            }
            guard index > start else { return nil }
            return isNegative ? -number : number
        }
    }
}
