import Testing

@testable import FileStream

@Suite struct JavaTextTests {
    @Test func `doubles are spelled as Java spells them`() {
        let cases: [(Double, String)] = [
            (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (100, "100.0"), (1234567, "1234567.0"), (1e7, "1.0E7"),
            (12345678, "1.2345678E7"), (0.001, "0.001"), (0.0001, "1.0E-4"), (1.5e300, "1.5E300"), (-2.5, "-2.5"),
            (.infinity, "Infinity"), (-.infinity, "-Infinity"), (.nan, "NaN"), (3.14, "3.14"),
            (123456.789, "123456.789"),
            (0.00123, "0.00123"), (1e16, "1.0E16"), (1.0e-10, "1.0E-10"),
        ]
        for (number, text) in cases { #expect(JavaNumber.text(number) == text) }
        #expect(JavaNumber.text(Float(1.1)) == "1.1")
        #expect(JavaNumber.text(Float(3.4028235e38)) == "3.4028235E38")
    }

    @Test func `a decimal with an absurd scale or of absurd length is left as bytes`() {
        #expect(JavaLogical.decimal([1], scaleText: "1") == "0.1")
        #expect(JavaLogical.decimal([1], scaleText: "-2147483648") == "1E+2147483648")
        #expect(JavaLogical.decimal([1], scaleText: "2147483647") == "1E-2147483647")
        #expect(JavaLogical.decimal([1], scaleText: "-9223372036854775808") == nil)
        #expect(JavaLogical.decimal([UInt8](repeating: 1, count: 4097), scaleText: "1") == nil)
    }

    @Test func `decimals are spelled as Java's BigDecimal spells them`() {
        #expect(JavaLogical.decimal([0x04, 0xd2], scale: 2) == "12.34")
        #expect(JavaLogical.decimal([0x01], scale: 3) == "0.001")
        #expect(JavaLogical.decimal([0x01], scale: 7) == "1E-7")
        #expect(JavaLogical.decimal([0x0c], scale: 8) == "1.2E-7")
        #expect(JavaLogical.decimal([0x0c], scale: -3) == "1.2E+4")
        #expect(JavaLogical.decimal([0xff], scale: 0) == "-1")
        #expect(JavaLogical.decimal([0xfb, 0x2e], scale: 2) == "-12.34")
        #expect(
            JavaLogical.decimal([0x00, 0xde, 0x0b, 0x6b, 0x3a, 0x76, 0x40, 0x00, 0x00], scale: 0)
                == "16000000000000000000")
    }

    @Test func `dates are spelled as Java's Date spells them in UTC`() {
        #expect(JavaLogical.date(milliseconds: 0) == "Thu Jan 01 00:00:00 UTC 1970")
        #expect(JavaLogical.date(milliseconds: -1) == "Wed Dec 31 23:59:59 UTC 1969")
        #expect(JavaLogical.date(milliseconds: 1_709_210_096_789) == "Thu Feb 29 12:34:56 UTC 2024")
    }
}
