import Glibc
import Synchronization

/// Writes one line an event to a descriptor.
///
/// A line goes out in one system call where the descriptor takes it whole; a lock keeps longer ones together. A
/// descriptor that fails, or does not block and is full, loses the rest of the line. One that blocks holds the caller up until
/// somebody reads: a worker has a ``QueuedSink`` before it.
public final class TextSink: LogSink {
    private let descriptor: Int32
    private let format: LogLineFormat
    private let turn = Mutex(())

    /// Standard error; where it is the journal, which keeps times of its own, with priorities in the place of times.
    public static let standardError = TextSink(
        descriptor: STDERR_FILENO, isJournal: JournalStream.isConnected(to: STDERR_FILENO))

    /// A sink for `descriptor`, which stays the caller's and must outlive the sink.
    ///
    /// - Parameter isJournal: lines begin with their priority, `<3>` say, and carry no time.
    public init(descriptor: Int32, isJournal: Bool = false) {
        self.descriptor = descriptor
        format = LogLineFormat(withTimes: !isJournal, withPriorities: isJournal)
    }

    /// Writes the line for `event`.
    public func write(_ event: LogEvent) {
        let line = format.line(for: event)
        turn.withLock { _ in
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
                    let written = Glibc.write(descriptor, base, rest.count)
                    if written > 0 {
                        rest = rest.dropFirst(written)
                    } else if written < 0, errno == EINTR {
                        continue
                    } else {
                        return
                    }
                }
            }
        }
    }
}
