import Glibc
import Synchronization
import Testing

@testable import Systemd

struct NotificationQueueTests {
    /// A systemd that reads when the test lets it.
    private final class Manager: Sendable {
        private struct State {
            var isReading = false
            var asked = 0
            var messages: [NotificationQueue.Message] = []
        }

        private let state = Mutex(State())

        var messages: [NotificationQueue.Message] { state.withLock { $0.messages } }

        func take(_ message: NotificationQueue.Message) {
            state.withLock { $0.asked += 1 }
            while !state.withLock({ $0.isReading }) { usleep(200) }
            state.withLock { $0.messages.append(message) }
        }

        func read() { state.withLock { $0.isReading = true } }

        func isAsked() -> Bool {
            for _ in 0..<100_000 where state.withLock({ $0.asked }) == 0 { usleep(200) }
            return state.withLock { $0.asked } > 0
        }
    }

    private let manager = Manager()
    private let queue: NotificationQueue

    init() { queue = NotificationQueue { [manager] message in manager.take(message) } }

    @Test func `a manager that does not read holds up nobody, and hears the last of each afterwards`() {
        queue.put([.ready])
        #expect(manager.isAsked())
        for number in 0..<1000 {
            queue.put([.status("\(number)")])
            queue.put([.watchdog])
        }
        queue.put([.stopping, .status("the end")])
        queue.put([.status("1000")])
        #expect(!queue.flush(milliseconds: 1))
        #expect(manager.messages.isEmpty)
        manager.read()
        #expect(queue.flush(milliseconds: 60_000))
        #expect(manager.messages == [[.ready], [.watchdog], [.stopping, .status("the end")], [.status("1000")]])
    }

    @Test func `what waits is bounded, and the last of it is kept in order`() {
        queue.put([.ready])
        #expect(manager.isAsked())
        for _ in 0..<500 {
            queue.put([.reloading])
            queue.put([.ready])
        }
        manager.read()
        #expect(queue.flush(milliseconds: 60_000))
        let pairs = (0..<NotificationQueue.limit / 2).flatMap { _ in
            [[.reloading], [.ready]] as [NotificationQueue.Message]
        }
        #expect(manager.messages == [[.ready]] + pairs)
    }

    @Test func `nothing to tell is no reason to wait`() { #expect(queue.flush(milliseconds: 0)) }
}
