/// Times and sizes as somebody types them.
package enum Quantity {
    /// `500ms`, `5s`, `2m`, up to 24 hours, as nanoseconds; nil for anything else.
    package static func nanoseconds(_ text: String) -> UInt64? {
        guard
            let number = scaled(
                text, units: [("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)],
                most: 86_400_000_000_000)
        else { return nil }
        return UInt64(number)
    }

    /// `1048576`, `512KiB`, `64MiB`, `1GiB` (also `K`, `M`, `G`), up to 1 TiB; nil for anything else.
    package static func bytes(_ text: String) -> Int? {
        let units = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30),
            ("", 1),
        ]
        return scaled(text, units: units, most: 1 << 40)
    }

    private static func scaled(_ text: String, units: [(name: String, factor: Int)], most: Int) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), let unit = units.first(where: { $0.name == text[digits.endIndex...] }) else {
            return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
        return overflow || product > most ? nil : product
    }
}
