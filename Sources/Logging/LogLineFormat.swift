/// Turns an event into one line of UTF-8:
/// `2026-01-01T00:00:00.000Z LEVEL [connector|task-0] message key=value (logger)`.
///
/// Line breaks, escapes and other control characters are spelled out, so that no text from outside can forge a line or
/// reach the terminal.
struct LogLineFormat: Sendable {
    let withTimes: Bool
    /// Puts `<N>` before each line, by which the journal knows the priority of what a stream gives it.
    var withPriorities = false

    func line(for event: LogEvent) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(128 + event.message.utf8.count)
        if withPriorities { line += "<\(event.level.syslogPriority)>".utf8 }
        if withTimes {
            Self.appendTime(event.wallMilliseconds, to: &line)
            line.append(UInt8(ascii: " "))
        }
        line += event.level.name.utf8
        line.append(UInt8(ascii: " "))
        appendContext(of: event, to: &line)
        Self.appendEscaped(event.message.utf8, to: &line)
        for field in event.fields where field.key != LogField.connectorKey && field.key != LogField.taskKey {
            line.append(UInt8(ascii: " "))
            line += field.key.utf8
            line.append(UInt8(ascii: "="))
            Self.appendValue(field.value, to: &line)
        }
        line += " (".utf8
        line += event.logger.utf8
        line += ")\n".utf8
        return line
    }

    /// Kafka's prefix: `[orders|task-0] ` for a task, `[orders|worker] ` for what concerns the connector itself.
    private func appendContext(of event: LogEvent, to line: inout [UInt8]) {
        let connector: Substring
        let scope: String
        if let task = event.value(of: LogField.taskKey) {
            let dash = task.lastIndex(of: "-")
            connector = task[..<(dash ?? task.endIndex)]
            scope = dash.map { "task" + task[$0...] } ?? "task"
        } else if let name = event.value(of: LogField.connectorKey) {
            connector = name[...]
            scope = "worker"
        } else {
            return
        }
        line.append(UInt8(ascii: "["))
        Self.appendEscaped(connector.utf8, to: &line)
        line.append(UInt8(ascii: "|"))
        Self.appendEscaped(scope.utf8, to: &line)
        line += "] ".utf8
    }

    private static func appendValue(_ value: String, to line: inout [UInt8]) {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7F }
        if isPlain {
            appendEscaped(value.utf8, to: &line)
            return
        }
        line.append(UInt8(ascii: "\""))
        for part in value.utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 { line += "\\\"".utf8 }
            appendEscaped(part.element, to: &line)
        }
        line.append(UInt8(ascii: "\""))
    }

    private static func appendEscaped(_ text: some Sequence<UInt8>, to line: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        var previous: UInt8 = 0
        for byte in text {
            switch byte {
            case 0x0A: line += "\\n".utf8
            case 0x0D: line += "\\r".utf8
            case 0x09: line += "\\t".utf8
            case 0..<0x20, 0x7F: line += "\\x".utf8 + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            // U+0080 to U+009F in UTF-8: terminals take U+009B for an escape sequence's start.
            case 0x80...0x9F where previous == 0xC2:
                line.removeLast()
                line += "\\u00".utf8 + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default: line.append(byte)
            }
            previous = byte
        }
    }

    /// `2026-01-01T00:00:00.000Z`, by the proleptic Gregorian calendar.
    private static func appendTime(_ milliseconds: Int64, to line: inout [UInt8]) {
        let day: Int64 = 86_400_000
        let days = milliseconds / day - (milliseconds % day < 0 ? 1 : 0)
        let rest = (milliseconds % day + day) % day
        // Counts from 1 March of year 0, so that the leap day is the last of its year.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        appendNumber(year, digits: 4, then: "-", to: &line)
        appendNumber(month, digits: 2, then: "-", to: &line)
        appendNumber(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, digits: 2, then: "T", to: &line)
        appendNumber(rest / 3_600_000, digits: 2, then: ":", to: &line)
        appendNumber(rest / 60_000 % 60, digits: 2, then: ":", to: &line)
        appendNumber(rest / 1000 % 60, digits: 2, then: ".", to: &line)
        appendNumber(rest % 1000, digits: 3, then: "Z", to: &line)
    }

    private static func appendNumber(_ number: Int64, digits: Int, then end: Unicode.Scalar, to line: inout [UInt8]) {
        let text = String(number)
        for _ in text.utf8.count..<max(digits, text.utf8.count) { line.append(UInt8(ascii: "0")) }
        line += text.utf8
        line.append(UInt8(ascii: end))
    }
}
