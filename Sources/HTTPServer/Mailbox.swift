import CMicrohttpd
import Glibc
import Synchronization

/// What other threads tell a listener's thread. Posting wakes it.
final class Mailbox: Sendable {
    /// An order to stop.
    struct StopOrder {
        var answer: HTTPResponse
        /// Monotonic nanoseconds after which connections are cut.
        var deadline: UInt64
    }

    /// When a waiting request is answered without its handler, and with what.
    struct Deadline {
        /// Monotonic nanoseconds.
        var time: UInt64
        var answer: HTTPResponder.LateAnswer
    }

    struct Letters {
        /// Answers by the number of their exchange.
        var answers: [(exchange: UInt64, response: HTTPResponse)] = []
        /// Deadlines by the number of their exchange.
        var deadlines: [(exchange: UInt64, deadline: Deadline)] = []
        var stop: StopOrder?

        var isEmpty: Bool { answers.isEmpty && deadlines.isEmpty && stop == nil }
    }

    /// Readable while there are letters.
    let descriptor: Int32
    private let letters = Mutex(Letters())

    /// - Returns: nil where the kernel has no descriptor left.
    init?() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func post(_ response: HTTPResponse, for exchange: UInt64) {
        post { $0.answers.append((exchange, response)) }
    }

    func post(_ deadline: Deadline, for exchange: UInt64) {
        post { $0.deadlines.append((exchange, deadline)) }
    }

    func post(_ order: StopOrder) {
        post { $0.stop = order }
    }

    func take() -> Letters {
        letters.withLock { letters in
            guard !letters.isEmpty else { return letters }
            var count: UInt64 = 0
            _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
            defer { letters = Letters() }
            return letters
        }
    }

    private func post(_ change: (inout Letters) -> Void) {
        letters.withLock { letters in
            let wakes = letters.isEmpty
            change(&letters)
            if wakes { wake() }
        }
    }

    private func wake() {
        var one: UInt64 = 1
        // Fails only when the counter is at its maximum, and then the thread is awake.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }
}
