/// What a consumer does with a partition that has no position: none was committed, or the log does not hold it any more
/// (`auto.offset.reset`).
public enum OffsetReset: Sendable, Hashable {
    /// Start with the oldest record.
    case earliest
    /// Start with what comes from now on.
    case latest
    /// Report it; the application decides.
    case none
    /// Start with the first record that is younger than so many milliseconds, with what comes from now on where no
    /// record is (KIP-1106).
    case byDuration(milliseconds: Int64)
}

extension OffsetReset {
    /// Reads a value of `auto.offset.reset`; nil when it is none.
    public init?(setting: String) {
        switch setting.lowercased() {
        case "earliest": self = .earliest
        case "latest": self = .latest
        case "none": self = .none
        default:
            let prefix = "by_duration:"
            guard setting.lowercased().hasPrefix(prefix),
                let milliseconds = Self.milliseconds(ofISODuration: setting.dropFirst(prefix.count))
            else { return nil }
            self = .byDuration(milliseconds: milliseconds)
        }
    }

    /// Milliseconds of `PnDTnHnMn.nS` as `java.time.Duration` reads it; nil when it is not one or is negative.
    private static func milliseconds(ofISODuration text: Substring) -> Int64? {
        var rest = text.uppercased()[...]
        guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
        var units: [(Character, Int64)] = [("D", 86_400_000)]
        var total: Int64 = 0
        var isTime = false
        while let first = rest.first {
            if first == "T" {
                guard !isTime else { return nil }
                isTime = true
                units = [("H", 3_600_000), ("M", 60_000), ("S", 1_000)]
                rest.removeFirst()
                guard !rest.isEmpty else { return nil }
                continue
            }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest.removeFirst(digits.count)
            guard let whole = Int64(digits) else { return nil }
            var fraction: Int64 = 0
            if rest.first == "." {
                rest.removeFirst()
                let decimals = rest.prefix { $0.isASCII && $0.isNumber }
                rest.removeFirst(decimals.count)
                guard !decimals.isEmpty, decimals.count <= 9, rest.first == "S",
                    let value = Int64((String(decimals) + "00").prefix(3))
                else { return nil }
                fraction = value
            }
            guard let unit = rest.popFirst(), let at = units.firstIndex(where: { $0.0 == unit }) else { return nil }
            let (product, tooLarge) = whole.multipliedReportingOverflow(by: units[at].1)
            let (sum, overflow) = total.addingReportingOverflow(product)
            guard !tooLarge, !overflow else { return nil }
            total = sum &+ fraction
            units.removeFirst(at + 1)
        }
        return total
    }
}
