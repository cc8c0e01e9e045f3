/// How long a poll is put off that had nothing and did not say for how long: 1 ms, doubled each time in a row, at most 100 ms. A
/// hint is obeyed, down to a millisecond. Pure.
struct IdlePause {
    static let shortest: UInt64 = 1_000_000
    private static let longest: UInt64 = 100_000_000
    private var next = shortest

    /// Nanoseconds to wait after one more poll without records.
    ///
    /// - Parameter hint: what the plugin asked for; 0 for nothing.
    mutating func take(_ hint: UInt64) -> UInt64 {
        guard hint == 0 else { return max(hint, Self.shortest) }
        defer { next = min(next * 2, Self.longest) }
        return next
    }

    /// Records came, or the plugin said that they have.
    mutating func reset() { next = Self.shortest }
}
