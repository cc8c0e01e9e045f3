import Glibc

/// A moment of the clock that nobody sets.
struct MonotonicTime: Sendable, Comparable {
    private let nanoseconds: UInt64

    static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment after a time; a negative one is none.
    func advanced(by time: Duration) -> MonotonicTime {
        let (product, isLong) = UInt64(Self.milliseconds(time)).multipliedReportingOverflow(by: 1_000_000)
        let (sum, isFar) = nanoseconds.addingReportingOverflow(product)
        return MonotonicTime(nanoseconds: isLong || isFar ? .max : sum)
    }

    /// Milliseconds up to a later moment, rounded up so that a wait for them is not too short; 0 for an earlier one.
    func milliseconds(until later: MonotonicTime) -> Int {
        guard self < later else { return 0 }
        let (quotient, rest) = (later.nanoseconds - nanoseconds).quotientAndRemainder(dividingBy: 1_000_000)
        return Int(clamping: quotient + (rest > 0 ? 1 : 0))
    }

    /// Milliseconds of a time, rounded down, from 0 to a day's.
    static func milliseconds(_ time: Duration) -> Int {
        let (seconds, attoseconds) = min(max(time, .zero), .seconds(86_400)).components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
