/// Apache's retry operator (`RetryWithToleranceOperator`) without its sleeping: when a failed step on one record is tried
/// again, and when no more. Pure.
struct RetryBackoff {
    /// `errors.retry.timeout` in nanoseconds; 0: never again, nil: without end.
    private let timeout: UInt64?
    /// `errors.retry.delay.max.ms` in nanoseconds.
    private let maximumDelay: UInt64
    private var startedAt: UInt64?
    private var attempt = 0

    private static let firstDelay: UInt64 = 300_000_000

    init(timeout: UInt64?, maximumDelay: UInt64) {
        self.timeout = timeout
        self.maximumDelay = maximumDelay
    }

    /// The step failed at `now`: how many nanoseconds to wait before the next attempt; nil where the time is over.
    ///
    /// - Parameter random: a uniform number, used where the delay has reached its maximum.
    mutating func delayAfterFailure(now: UInt64, random: UInt64) -> UInt64? {
        let start = startedAt ?? now
        startedAt = start
        if let timeout, now - start >= timeout { return nil }
        attempt += 1
        var delay = Self.firstDelay << UInt64(min(attempt - 1, 32))
        if delay > maximumDelay { delay = maximumDelay == 0 ? 0 : random % maximumDelay }
        if let timeout { delay = min(delay, timeout - (now - start)) }
        return delay
    }

    /// The step succeeded, or its record is given up.
    mutating func reset() {
        startedAt = nil
        attempt = 0
    }
}
