import Testing

@testable import TaskRuntime

struct ShownTextTests {
    @Test func `what ends a line or moves a terminal is spelled out`() {
        #expect(
            ShownText.of("a\nb\r\n\tc\u{1b}[2J\u{7f}\u{85}\u{9b}\u{2028}\u{2029}é\"😀")
                == "a\\nb\\r\\n\\tc\\u001b[2J\\u007f\\u0085\\u009b\\u2028\\u2029é\"😀")
    }

    @Test func `a long text is cut between characters`() {
        let fits = String(repeating: "x", count: ShownText.limit)
        #expect(ShownText.of(fits) == fits)
        #expect(ShownText.of(fits + "y") == fits + "…")
        // The limit falls into a character's second byte.
        let wide = String(repeating: "😀", count: 1_000)
        #expect(ShownText.of(Array(("x" + wide).utf8)) == "x" + String(repeating: "😀", count: 256) + "…")
        #expect(ShownText.of(Array(wide.utf8)) == String(repeating: "😀", count: 256) + "…")
    }

    @Test func `bytes that are no text are replaced`() {
        #expect(ShownText.of([0x61, 0xff, 0x62]) == "a\u{fffd}b")
    }
}
