import Testing

@testable import HTTPServer

struct AccessLineTests {
    private var line: AccessLine {
        AccessLine(
            peer: "127.0.0.1", method: "GET", target: "/x", version: "HTTP/1.1", status: 200, bytes: 91, referer: nil,
            userAgent: "curl/7.88.1", milliseconds: 3)
    }

    @Test func `a line has the format of Apache's worker`() {
        #expect(
            line.text(at: 1_795_509_806)
                == #"127.0.0.1 - - [24/Nov/2026:08:43:26 +0000] "GET /x HTTP/1.1" 200 91 "-" "curl/7.88.1" 3"#)
    }

    @Test func `what a client sends cannot end the line or a quoted part`() {
        var line = line
        line.target = "/\"\\\n\u{1B}[31m\u{202E}é"
        line.userAgent = "a\r\nb"
        line.status = nil
        let text = line.text(at: 0)
        #expect(text.contains(#""GET /\"\\\u{a}\u{1b}[31m\u{202e}é HTTP/1.1" - 91"#))
        #expect(text.contains(#""a\u{d}\u{a}b""#))
        #expect(!text.contains { $0.isNewline })
    }

    @Test(arguments: [
        (0, "01/Jan/1970:00:00:00 +0000"), (951_782_399, "28/Feb/2000:23:59:59 +0000"),
        (951_782_400, "29/Feb/2000:00:00:00 +0000"), (951_868_800, "01/Mar/2000:00:00:00 +0000"),
        (1_735_689_599, "31/Dec/2024:23:59:59 +0000"), (-1, "31/Dec/1969:23:59:59 +0000"),
        (4_102_444_800, "01/Jan/2100:00:00:00 +0000"),
    ])
    func `seconds become calendar times`(time: Int64, text: String) {
        #expect(CalendarTime(time).text == text)
    }

    @Test(arguments: [
        (1_729_846_800_123, "2024-10-25T09:00:00.123Z"), (1_729_846_800_000, "2024-10-25T09:00:00Z"),
        (7, "1970-01-01T00:00:00.007Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `instants are printed as Java prints them`(milliseconds: Int64, text: String) {
        #expect(CalendarTime.instant(milliseconds: milliseconds) == text)
    }

    @Test(arguments: [
        (1_795_513_061, "Tue, 24 Nov 2026 09:37:41 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    ])
    func `dates of headers have their weekday`(seconds: Int64, text: String) {
        #expect(CalendarTime.httpDate(seconds: seconds) == text)
    }
}
