import Testing

@testable import Logging

struct LogLineFormatTests {
    private func line(
        _ message: String, _ fields: [LogField] = [], at time: Int64 = 0, withTimes: Bool = false
    ) -> String {
        let event = LogEvent(
            wallMilliseconds: time, level: .warn, logger: "connect.task", message: message, fields: fields)
        return String(decoding: LogLineFormat(withTimes: withTimes).line(for: event), as: UTF8.self)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_767_225_600_000, "2026-01-01T00:00:00.000Z"),
            (1_709_164_799_999, "2024-02-28T23:59:59.999Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (951_868_800_001, "2000-03-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `times are ISO 8601 in UTC`(milliseconds: Int64, text: String) {
        #expect(line("m", at: milliseconds, withTimes: true) == "\(text) WARN m (connect.task)\n")
    }

    @Test func `extreme times do not trap`() {
        #expect(line("m", at: .max, withTimes: true).hasSuffix("WARN m (connect.task)\n"))
        #expect(line("m", at: .min, withTimes: true).hasSuffix("WARN m (connect.task)\n"))
    }

    @Test func `connector and task stand in front`() {
        #expect(
            line("stopped", [.connector("my-file"), .task("my-file-3"), .errorCode("task.failed")])
                == "WARN [my-file|task-3] stopped error_code=task.failed (connect.task)\n")
        #expect(line("m", [.connector("a")]) == "WARN [a|worker] m (connect.task)\n")
    }

    @Test func `values with spaces or quotes are quoted`() {
        #expect(
            line("m", [LogField("a", "x y"), LogField("b", "say \"hi\""), LogField("c", ""), LogField("d", "ü")])
                == "WARN m a=\"x y\" b=\"say \\\"hi\\\"\" c=\"\" d=ü (connect.task)\n")
    }

    @Test func `control characters cannot forge a line or reach the terminal`() {
        #expect(
            line("a\r\nERROR b\u{1B}[31m\u{9B}c\u{7F}", [LogField("k", "v\nw")])
                == "WARN a\\r\\nERROR b\\x1b[31m\\u009bc\\x7f k=\"v\\nw\" (connect.task)\n")
    }
}
