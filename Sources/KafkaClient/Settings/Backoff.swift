/// An exponential wait: `initial` × 2ⁿ up to `maximum`, spread by a fifth either way so that clients do not march in step.
public struct Backoff: Sendable, Hashable {
    /// The first wait, in nanoseconds.
    public var initial: UInt64
    /// The longest wait before spreading, in nanoseconds; never below `initial`.
    public var maximum: UInt64

    /// Makes a wait that grows from `initial` to `maximum`.
    public init(initial: UInt64, maximum: UInt64) {
        self.initial = initial
        self.maximum = max(initial, maximum)
    }

    /// The wait after so many failures in a row (0 for the first), spread by `random`, any 64 random bits.
    public func wait(failures: Int, random: UInt64) -> UInt64 {
        var wait = initial
        var doublings = min(max(failures, 0), 62)
        while doublings > 0, wait < maximum {
            let (doubled, overflow) = wait.multipliedReportingOverflow(by: 2)
            wait = overflow ? maximum : min(doubled, maximum)
            doublings -= 1
        }
        guard wait > 0, wait < 1 << 53 else { return wait }
        let fifth = wait / 5
        return wait - fifth + random % (2 * fifth + 1)
    }
}

/// Adds nanoseconds to a time, staying at "never" instead of running over.
@inline(__always)
func adding(_ span: UInt64, to time: UInt64) -> UInt64 {
    let (sum, overflow) = time.addingReportingOverflow(span)
    return overflow ? .max : sum
}
