import Testing

@testable import FileStream

@Suite struct JavaDecodingTests {
    /// Bytes, and how many U+FFFD Java's decoder makes of them between the letters.
    static let cases: [([UInt8], String)] = [
        ([0x41, 0xff, 0x42], "A\u{fffd}B"),
        ([0xc3, 0x28], "\u{fffd}("),
        ([0xc0, 0x80], "\u{fffd}\u{fffd}"),
        ([0xe2, 0x82], "\u{fffd}"),
        ([0xe2, 0x82, 0x41], "\u{fffd}A"),
        ([0xe0, 0x80, 0x80], "\u{fffd}\u{fffd}\u{fffd}"),
        ([0xed, 0xa0, 0x80], "\u{fffd}"),
        ([0xf0, 0x9f, 0x98], "\u{fffd}"),
        ([0xf0, 0x80, 0x80, 0x80], "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ([0xf4, 0x90, 0x80, 0x80], "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ([0xf5, 0x80], "\u{fffd}\u{fffd}"),
        ([0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0x80], "é😀\u{fffd}"),
    ]

    @Test(arguments: cases)
    func `malformed bytes become as many replacement characters as in Java`(_ example: ([UInt8], String)) {
        #expect(String(decoding: JavaDecoding.repaired(example.0), as: UTF8.self) == example.1)
    }
}
