import CLinux
import Glibc

/// Starts named POSIX threads that leave asynchronous signals to ``SignalWaiter``.
enum NativeThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread that runs `body`; it must be joined or detached by the caller.
    ///
    /// - Parameters:
    ///   - name: cut to the 15 bytes that Linux keeps.
    ///   - stackSize: bytes of address space; only what is touched becomes memory. Nil: the system's default.
    static func start(
        _ name: String, stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> pthread_t {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }

        // A new thread inherits the mask. Signals that a fault raises stay open, so that a crash still makes a report.
        var blocked = sigset_t()
        var previous = sigset_t()
        sigfillset(&blocked)
        for signal in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS] { sigdelset(&blocked, signal) }
        pthread_sigmask(SIG_SETMASK, &blocked, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

        let context = Unmanaged.passRetained(Body(name: name, run: body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                NativeThread.rename(pthread_self(), body.name)
                body.run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw SystemError("pthread_create", code: code)
        }
        return thread
    }

    /// Renames a thread that is known to be alive.
    static func rename(_ thread: pthread_t, _ name: String) {
        _ = kcl_set_thread_name(thread, String(decoding: name.utf8.prefix(15), as: UTF8.self))
    }

    /// The calling thread as a number that no other living thread has; never 0.
    static var currentID: UInt { UInt(pthread_self()) }
}
