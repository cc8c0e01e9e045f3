extension UInt64 {
    /// The nanoseconds of a number of milliseconds; none for a negative one, the greatest number where they do not fit.
    init(milliseconds: Int64) {
        let (product, overflow) = UInt64(clamping: milliseconds).multipliedReportingOverflow(by: 1_000_000)
        self = overflow ? .max : product
    }

    /// The sum, or the greatest number where it does not fit.
    func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
