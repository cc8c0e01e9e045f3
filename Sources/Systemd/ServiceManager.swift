import CSystemd
import Glibc
import Logging

/// What a service under `Type=notify` tells systemd, and what systemd asks of it.
///
/// Every call does nothing where the worker was not started by systemd. Any thread.
public enum ServiceManager {
    /// One thing to tell.
    public enum Notification: Sendable, Equatable {
        /// Start-up, or a reload, is done.
        case ready
        /// One line for `systemctl status`: what the worker does or waits for.
        case status(String)
        /// The worker is going down.
        case stopping
        /// The configuration is being read again; `ready` ends it.
        case reloading
        /// The worker makes progress.
        case watchdog
        /// What is under way, the end for one, may take so many nanoseconds from now on, whatever the unit says. Time that
        /// the unit gives beyond it stays.
        case extendTimeout(nanoseconds: UInt64)
    }

    private static let queue = NotificationQueue { message in _ = send(message) }

    /// Whether there is a systemd to be told.
    private static var isListening: Bool { getenv("NOTIFY_SOCKET") != nil }

    /// Has `notifications` sent as one message, behind those that were told before. Does not wait, whatever systemd does.
    public static func tell(_ notifications: Notification...) {
        if isListening { queue.put(notifications) }
    }

    /// Waits until systemd has what it was told, and no longer than that time.
    public static func flush(milliseconds: Int32) { queue.flush(milliseconds: milliseconds) }

    /// Sends `notifications` as one message, before what ``tell(_:)`` still keeps. Waits where systemd is slow to read.
    ///
    /// - Returns: false where systemd does not listen or could not be reached.
    @discardableResult
    public static func notify(_ notifications: Notification...) -> Bool {
        send(notifications)
    }

    private static func send(_ notifications: [Notification]) -> Bool {
        guard !notifications.isEmpty else { return false }
        return sd_notify(0, notifications.map(line).joined(separator: "\n")) > 0
    }

    /// Within how many nanoseconds systemd wants the next `watchdog`; nil where it watches nothing. Twice as often is
    /// the custom.
    public static var watchdogInterval: UInt64? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0, microseconds > 0 else { return nil }
        return microseconds.multipliedReportingOverflow(by: 1000).overflow ? nil : microseconds * 1000
    }

    private static func line(_ notification: Notification) -> String {
        switch notification {
        case .ready: "READY=1"
        case .status(let text): "STATUS=" + oneLine(LogSystem.redactor.redact(text))
        case .stopping: "STOPPING=1"
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(monotonicMicroseconds())"
        case .watchdog: "WATCHDOG=1"
        case .extendTimeout(let nanoseconds): "EXTEND_TIMEOUT_USEC=\(nanoseconds / 1000)"
        }
    }

    /// A line break in a status, from a connector's name say, would be read as another assignment.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    private static func monotonicMicroseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }
}
