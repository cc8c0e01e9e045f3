import Glibc
import PluginKit

/// What an error number of the system means.
enum SystemError {
    /// The system's words.
    static func text(_ number: Int32) -> String { String(cString: strerror(number)) }

    /// Why a file could not be opened. The process, or the machine, being out of descriptors says nothing about the file: that may pass.
    static func opening(_ message: String, _ number: Int32) -> PluginError {
        let whole = "\(message): \(text(number))"
        return number == EMFILE || number == ENFILE ? .retriable(whole) : .fatal(whole)
    }
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
