import CCurl
import Glibc

/// A thread of its own for a loop that blocks in the kernel.
struct ClientThread: Sendable {
    private let handle: pthread_t

    /// TLS handshakes and the completions run on it.
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
    static func start(name: String, _ body: @escaping @Sendable () -> Void) -> ClientThread? {
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
        return ClientThread(handle: handle)
    }

    /// Waits until the thread has ended; on the thread itself it only gives up the handle.
    func join() {
        if pthread_equal(handle, pthread_self()) != 0 {
            pthread_detach(handle)
        } else {
            pthread_join(handle, nil)
        }
    }

    private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        kc_curl_name_thread(start.name)
        start.body()
        return nil
    }
}
