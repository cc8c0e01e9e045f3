import Glibc

/// The system's words for an error number.
enum SystemError {
    static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}

/// The clocks that file tasks look at.
enum SystemClock {
    /// Milliseconds since 1970.
    static func wallMilliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Nanoseconds of a clock that never goes back.
    static func monotonicNanoseconds() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
