import CommandLine
import Testing

@Suite struct TerminalTextTests {
    @Test func `control characters are spelled out, everything else stays`() {
        #expect(TerminalText.line("org.Fööd 1.0") == "org.Fööd 1.0")
        #expect(TerminalText.line("a\nb\r\tc") == "a\\nb\\r\\tc")
        #expect(TerminalText.line("\u{1b}[31m\u{9b}x\u{7f}\u{0}") == "\\u{1b}[31m\\u{9b}x\\u{7f}\\u{0}")
        #expect(TerminalText.line("x\r\ny") == "x\\r\\ny", "one character, two scalars")
    }
}
