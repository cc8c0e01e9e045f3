import CLinux
import Glibc
import Synchronization

/// What systemd is still to be told. A thread of its own sends it: systemd's socket takes a handful of messages, and whoever sends
/// one more waits until systemd reads, which may be long while that is busy with its units.
///
/// Order is kept. Of what systemd has not taken yet, a newer status replaces an older one, and one watchdog is enough. Any thread.
final class NotificationQueue: Sendable {
    /// Sent as one message.
    typealias Message = [ServiceManager.Notification]

    private struct State {
        var waiting: [Message] = []
        var isSending = false
        var hasThread = false

        var isIdle: Bool { waiting.isEmpty && !isSending }
    }

    /// More messages than that do not wait; the oldest goes, since it is the last one that counts.
    static let limit = 64

    private let send: @Sendable (Message) -> Void
    private let state = Mutex(State())
    /// Eventfds: something waits, and nothing does any more. Negative where there was none to be had.
    private let work = eventfd(0, Int32(EFD_CLOEXEC))
    private let end = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

    /// - Parameter send: may block.
    init(send: @escaping @Sendable (Message) -> Void) { self.send = send }

    /// Does not wait, but where the system has no thread to give: then it is told from here.
    func put(_ message: Message) {
        let hasThread = state.withLock { state in
            if !state.hasThread { state.hasThread = startThread() }
            guard state.hasThread else { return false }
            NotificationQueue.add(message, to: &state.waiting)
            return true
        }
        if hasThread { eventfd_write(work, 1) } else { send(message) }
    }

    /// Waits until everything is told.
    ///
    /// - Returns: false where it was not within that time.
    @discardableResult
    func flush(milliseconds: Int32) -> Bool {
        var question = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
        while !state.withLock({ $0.isIdle }) {
            guard poll(&question, 1, milliseconds) > 0 else { return state.withLock { $0.isIdle } }
            var count: eventfd_t = 0
            eventfd_read(end, &count)
        }
        return true
    }

    private static func add(_ message: Message, to waiting: inout [Message]) {
        if message == [.watchdog], waiting.contains(message) { return }
        if message.count == 1, case .status = message[0] {
            waiting.removeAll { older in
                if older.count == 1, case .status = older[0] { true } else { false }
            }
        }
        if waiting.count >= limit { waiting.removeFirst() }
        waiting.append(message)
    }

    // MARK: - The thread

    /// It lives as long as the process.
    private func startThread() -> Bool {
        guard work >= 0, end >= 0 else { return false }
        let queue = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<NotificationQueue>.fromOpaque(context).takeRetainedValue().serve() }
                return nil
            }, queue.toOpaque())
        guard code == 0 else {
            queue.release()
            return false
        }
        _ = kcl_set_thread_name(thread, "kc-notify")
        pthread_detach(thread)
        return true
    }

    private func serve() {
        while true {
            var count: eventfd_t = 0
            guard eventfd_read(work, &count) == 0 || errno == EINTR else { return }
            while let message = next() { send(message) }
            eventfd_write(end, 1)
        }
    }

    private func next() -> Message? {
        state.withLock { state in
            state.isSending = !state.waiting.isEmpty
            return state.isSending ? state.waiting.removeFirst() : nil
        }
    }
}
