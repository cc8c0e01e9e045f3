import ConnectModel
import Testing

@testable import RecordPipeline

@Suite struct BigDecimalTests {
    private func decimal(_ text: String) -> BigDecimal? {
        Array(text.utf8).withUnsafeBytes { BigDecimal(text: $0) }
    }

    @Test(
        arguments: [
            ("0", [0]), ("-1", [0xff]), ("127", [0x7f]), ("128", [0, 0x80]), ("-128", [0x80]), ("-129", [0xff, 0x7f]),
            ("18446744073709551615", [0, 255, 255, 255, 255, 255, 255, 255, 255]),
            ("18446744073709551616", [1, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("-18446744073709551616", [255, 0, 0, 0, 0, 0, 0, 0, 0]),
            (
                "1000000000000000000000000000000000000",
                [0x00, 0xC0, 0x97, 0xCE, 0x7B, 0xC9, 0x07, 0x15, 0xB3, 0x4B, 0x9F, 0x10, 0, 0, 0, 0]
            ),
        ] as [(String, [UInt8])])
    func `numbers beyond 64 bits become two's complement and come back`(text: String, bytes: [UInt8]) throws {
        let number = try #require(decimal(text))
        #expect(number.twosComplement == bytes)
        #expect(bytes.withUnsafeBytes { BigDecimal(unscaled: $0, scale: 0) } == number)
        #expect(number.javaDescription == text)
    }

    @Test func `a long number is written and read in no time`() {
        let long = [UInt8](repeating: 0x7f, count: 4000)
        let number = long.withUnsafeBytes { BigDecimal(unscaled: $0, scale: 3) }
        #expect(number.digits.count == 9633 && number.twosComplement == long)
    }

    @Test func `a short number does not become a long one`() throws {
        #expect(try #require(decimal("7")).rescaled(to: 1000)?.digits.count == 1001)
        #expect(try #require(decimal("7")).rescaled(to: 1001) == nil)
        #expect(try #require(decimal("7e1000")).rescaled(to: 1) == nil)
    }
}
