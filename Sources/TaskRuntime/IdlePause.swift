/// How long a poll is put off that had nothing and did not say for how long: 1 ms, doubled each time in a row, at most 100 ms. A
/// hint is obeyed, down to a millisecond; without one, a poll that took as long itself has been the pause. Pure.
struct IdlePause {
    private static let shortest: UInt64 = 1_000_000
    private static let longest: UInt64 = 100_000_000
    private var next = shortest

    /// Nanoseconds to wait after one more poll without records.
    ///
    /// - Parameters:
    ///   - hint: what the plugin asked for; 0 for nothing.
    ///   - taken: how long the poll was.
    mutating func take(_ hint: UInt64, after taken: UInt64) -> UInt64 {
        guard hint == 0 else { return max(hint, Self.shortest) }
        defer { next = min(next * 2, Self.longest) }
        return taken < next ? next : 0
    }

    /// Records came, or the plugin said that they have.
    mutating func reset() { next = Self.shortest }
}
