import EventLoop
import Glibc
import Synchronization

/// Carries a lane's question to a loop and waits for the answer.
///
/// A loop never blocks, so the wait is that of a hand-off. Never called on a loop.
enum LoopCall {
    /// Runs `body` on the loop and returns what it returned.
    static func wait<Answer: Sendable>(on loop: EventLoop, _ body: @escaping @Sendable () -> Answer) -> Answer {
        let box = Box<Answer>()
        loop.execute { box.put(body()) }
        return box.take()
    }

    /// One answer, handed from one thread to another. The condition variable guards it.
    private final class Box<Answer: Sendable>: @unchecked Sendable {
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private var answer: Answer?

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func put(_ answer: Answer) {
            pthread_mutex_lock(mutex)
            self.answer = answer
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        func take() -> Answer {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while true {
                if let answer { return answer }
                pthread_cond_wait(condition, mutex)
            }
        }
    }
}
