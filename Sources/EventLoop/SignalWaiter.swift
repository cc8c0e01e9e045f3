import CLinux
import Glibc

/// Delivers signals such as SIGTERM as events of a loop. Confined to the loop.
public final class SignalWaiter {
    private let loop: EventLoop
    private let descriptor: Int32
    private let received: (Int32) -> Void

    /// Keeps `signals` from being delivered to the calling thread and to those it starts.
    ///
    /// To be called first thing in the main thread: a signal that any thread leaves open ends the process there.
    public static func block(_ signals: [Int32]) {
        var set = signalSet(signals)
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Calls `received` on the loop for each of `signals` that comes, blocked before by ``block(_:)``. The loop keeps
    /// the waiter until ``close()``.
    public init(
        _ signals: [Int32], loop: EventLoop, received: @escaping (Int32) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.received = received
        var set = Self.signalSet(signals)
        descriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError.last("signalfd") }
        do throws(SystemError) {
            try loop.register(descriptor, .read, self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Stops waiting; the signals stay blocked.
    public func close() {
        loop.deregister(descriptor)
    }

    deinit { Glibc.close(descriptor) }

    private static func signalSet(_ signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }
}

extension SignalWaiter: ReadinessHandler {
    /// Called by the loop.
    public func ready(_ readiness: Readiness) {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while read(descriptor, &info, size) == size { received(Int32(info.ssi_signo)) }
    }
}
