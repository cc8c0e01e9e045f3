import CMicrohttpd
import Glibc

/// A thread of its own for a loop that blocks in the kernel.
struct ServerThread: Sendable {
    private let handle: pthread_t

    /// The stack holds the parsing of a request's JSON, whose depth is limited.
    private static let stackBytes = 512 << 10

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts the thread with all signals blocked, so that they go to the threads that handle them.
    /// - Returns: nil where the kernel has no thread left.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) -> ServerThread? {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        let start = Unmanaged.passRetained(Start(name, body))
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var handle = pthread_t()
        guard pthread_create(&handle, &attributes, entry, start.toOpaque()) == 0 else {
            start.release()
            return nil
        }
        return ServerThread(handle: handle)
    }

    /// Waits until the thread has ended.
    func join() { pthread_join(handle, nil) }

    private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        kc_name_thread(start.name)
        start.body()
        return nil
    }
}

/// The clock of deadlines.
package enum MonotonicClock {
    /// Nanoseconds since some moment.
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

extension Duration {
    /// Whole nanoseconds, at least 0 and at most what fits.
    package var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000)).partialValue
    }
}
