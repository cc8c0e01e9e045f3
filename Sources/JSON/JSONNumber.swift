/// A number as it stands in the text: `1`, `1.0` and `1e0` are three different numbers until one asks for a value.
public struct JSONNumber: Sendable, Equatable, CustomStringConvertible {
    /// The spelling, which is written back unchanged.
    public let text: String

    /// Trusted spelling, for the parser and for integers.
    init(unchecked text: String) { self.text = text }

    /// An integer.
    public init(_ value: Int64) { text = String(value) }

    /// An integer.
    public init(_ value: Int) { text = String(value) }

    /// Java's spelling; nil for values that JSON has no number for (NaN and the infinities).
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = JavaDecimal.spelling(of: value)
    }

    /// True where neither a fraction nor an exponent is written.
    public var isIntegral: Bool { !text.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") } }

    /// The value, where it is written as an integer and fits.
    public var int64: Int64? { Int64(text) }

    /// The nearest double; infinite where the text is beyond its range.
    public var double: Double { Double(text) ?? .nan }

    /// The spelling.
    public var description: String { text }
}
