/// How long a plugin's call that asked for "again later" waits: 100 ms, doubled each time in a row, at most 10 s, and never less
/// than the plugin asked for. Pure.
struct CallBackoff {
    private static let first: UInt64 = 100_000_000
    private static let maximum: UInt64 = 10_000_000_000
    private var failures: UInt64 = 0

    /// Nanoseconds to wait after one more failure.
    ///
    /// - Parameter wish: what the plugin asked for.
    mutating func next(atLeast wish: UInt64) -> UInt64 {
        let delay = min(Self.first << min(failures, 10), Self.maximum)
        failures += 1
        return max(delay, wish)
    }

    /// A call went well.
    mutating func reset() { failures = 0 }
}
